import { channel } from "node:diagnostics_channel";
import type { Channel as Diagnostics } from "node:diagnostics_channel";

/**
 * What happens to the clients of every channel of the process, for logs and metrics: subscribe with
 * `node:diagnostics_channel`. Nothing is built for a message that nobody subscribed to.
 *
 * | name | message |
 * |---|---|
 * | `tailcast:connect` | `{ channel, client }`: a client was accepted |
 * | `tailcast:disconnect` | `{ channel, client, reason }`: its connection is over; see `CloseReason` |
 * | `tailcast:gap` | `{ channel, client, gap }`: it was told of a gap: `{ lastEventId, reason, missed }` |
 * | `tailcast:stall` | `{ channel, client }`: it took nothing for `stallTimeout`, and is dropped |
 * | `tailcast:history` | `{ channel, error }`: the channel's history could not be read |
 */
export const diagnostics: Readonly<Record<"connect" | "disconnect" | "gap" | "stall" | "history", Diagnostics>> = {
  connect: channel("tailcast:connect"),
  disconnect: channel("tailcast:disconnect"),
  gap: channel("tailcast:gap"),
  stall: channel("tailcast:stall"),
  history: channel("tailcast:history"),
};
