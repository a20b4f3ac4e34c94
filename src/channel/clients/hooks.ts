import { inspect } from "node:util";
import { checkValue, kinds } from "../../check-options.ts";
import { publishReport } from "../diagnostics.ts";
import type { IncomingMessage } from "node:http";
import type { Channel } from "../channel.ts";

/** The options of a channel that are called when something happens to a client. */
export type HookName = "onConnect" | "onDisconnect" | "onGap";

/** The options whose errors are reported. */
type ReportedName = HookName | "clientAddress";

/**
 * Calls a function of the application. It runs in the middle of work for other clients, so an error that it throws, or
 * a promise of it that rejects (any thenable), is reported and stops nothing: on `node:diagnostics_channel` as
 * `tailcast:error`, or as a warning of the process when nothing subscribes to that.
 */
export function callHook<Data>(channel: Channel<Data>, hook: ReportedName, call: () => unknown): void {
  try {
    // The rejection of an `async` function would end the process.
    Promise.resolve(call()).catch((error: unknown) => report(channel, hook, error));
  } catch (error) {
    report(channel, hook, error);
  }
}

/**
 * Calls the option `clientAddress`. If it throws or returns anything but a string, the error is reported as that of a
 * hook, and the result is the address of the socket: the limit still holds, and behind a proxy it is stricter.
 */
export function callClientAddress<Data>(
  channel: Channel<Data>,
  clientAddress: (request: IncomingMessage) => unknown,
  request: IncomingMessage,
): string {
  let address = socketAddress(request);
  callHook(channel, "clientAddress", () => {
    const returned = clientAddress(request);
    // The rejection of an `async` function would end the process.
    if (typeof returned !== "string") Promise.resolve(returned).catch(() => undefined);
    address = checkValue("clientAddress(request)", returned as string, kinds.text);
  });
  return address;
}

/** The default of the option `clientAddress`. */
export function socketAddress(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? "";
}

function report<Data>(channel: Channel<Data>, hook: ReportedName, error: unknown): void {
  if (publishReport("tailcast:error", channel, { hook, error })) return;
  const detail = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
  const message = `The channel's option ${hook} failed`;
  process.emitWarning(message, { type: "TailcastWarning", code: "TAILCAST_HOOK", detail });
}
