import { inspect } from "node:util";
import { publishReport } from "../diagnostics.ts";
import type { Channel } from "../channel.ts";

/** The options of a channel that are called when something happens to a client. */
export type HookName = "onConnect" | "onDisconnect" | "onGap";

/**
 * Calls a function of the application. It runs in the middle of work for other clients, so an error that it throws, or
 * a promise of it that rejects (any thenable), is reported and stops nothing: on `node:diagnostics_channel` as
 * `tailcast:error`, or as a warning of the process when nothing subscribes to that.
 */
export function callHook<Data>(channel: Channel<Data>, hook: HookName, call: () => unknown): void {
  try {
    // The rejection of an `async` function would end the process.
    Promise.resolve(call()).catch((error: unknown) => report(channel, hook, error));
  } catch (error) {
    report(channel, hook, error);
  }
}

function report<Data>(channel: Channel<Data>, hook: HookName, error: unknown): void {
  if (publishReport("tailcast:error", channel, { hook, error })) return;
  const detail = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
  const message = `The channel's option ${hook} failed`;
  process.emitWarning(message, { type: "TailcastWarning", code: "TAILCAST_HOOK", detail });
}
