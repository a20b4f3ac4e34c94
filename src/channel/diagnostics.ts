import { channel } from "node:diagnostics_channel";
import type { Channel as Diagnostics } from "node:diagnostics_channel";

type DiagnosticsName = "connect" | "disconnect" | "gap" | "stall" | "history" | "error";

/**
 * Reports about the clients of every channel of the process, for logs and metrics: subscribe with
 * `node:diagnostics_channel`. No message is made for a name without subscribers.
 *
 * | name | message |
 * |---|---|
 * | `tailcast:connect` | `{ channel, client }`: a client was accepted |
 * | `tailcast:disconnect` | `{ channel, client, reason }`: its connection is over; see `CloseReason` |
 * | `tailcast:gap` | `{ channel, client, gap }`: it received a gap: `{ lastEventId, reason, missed }` |
 * | `tailcast:stall` | `{ channel, client }`: it did not read for `stallTimeout`, and is dropped |
 * | `tailcast:history` | `{ channel, action, error }`: the history failed to `append`, `read` or `close` |
 * | `tailcast:error` | `{ channel, hook, error }`: the application's `onConnect`, `onDisconnect` or `onGap` failed |
 */
export const diagnostics: Readonly<Record<DiagnosticsName, Diagnostics>> = {
  connect: channel("tailcast:connect"),
  disconnect: channel("tailcast:disconnect"),
  gap: channel("tailcast:gap"),
  stall: channel("tailcast:stall"),
  history: channel("tailcast:history"),
  error: channel("tailcast:error"),
};
