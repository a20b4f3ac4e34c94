import { inspect } from "node:util";
import { checkValue, kinds } from "../../check-options.ts";
import { publishReport } from "../diagnostics.ts";
import type { IncomingMessage } from "node:http";
import type { Channel } from "../channel.ts";

/** The options that the channel calls when a client connects, disconnects or receives a gap. */
export type HookName = "onConnect" | "onDisconnect" | "onGap";

/** The options whose errors the channel reports, and `run` for the source of a run. */
type ReportedName = HookName | "clientAddress" | "run";

/**
 * Calls a function of the application. If it throws, or returns a promise (or other thenable) that rejects, the error
 * is reported, and the work for other clients continues. The error is published on `node:diagnostics_channel` as
 * `tailcast:error`; without subscribers, it is emitted as a process warning.
 */
export function callHook<Data>(channel: Channel<Data>, hook: ReportedName, call: () => unknown): void {
  try {
    // The rejection of an `async` function would end the process.
    Promise.resolve(call()).catch((error: unknown) => reportError(channel, hook, error));
  } catch (error) {
    reportError(channel, hook, error);
  }
}

/**
 * Calls the option `clientAddress`. If it throws or returns anything but a string, the error is reported like that of a
 * hook, and the result is the address of the socket. The limit still applies; behind a proxy it is stricter.
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

/** Publishes an error of the application as `tailcast:error`; without subscribers, emits it as a process warning. */
export function reportError<Data>(channel: Channel<Data>, hook: ReportedName, error: unknown): void {
  if (publishReport("tailcast:error", channel, { hook, error })) return;
  const detail = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
  const message = hook === "run" ? "The source of a run failed" : `The channel's option ${hook} failed`;
  process.emitWarning(message, { type: "TailcastWarning", code: "TAILCAST_HOOK", detail });
}
