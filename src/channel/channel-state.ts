import { TailcastError } from "../error.ts";

/**
 * The life of a channel:
 * - `open`: events can be published;
 * - `ending`: the log is complete; clients receive the rest of it, and their streams end. If the store of a shared log
 *   starts another epoch, the channel is `open` again;
 * - `closing`: published events are still stored and sent; new clients receive a `retry:`;
 * - `closed`: every stream was ended; each connection closes when its client has read the rest.
 */
export type ChannelState = "open" | "ending" | "closing" | "closed";

/** The methods that change the log of a channel, and what they do. With a shared log, its methods do the same. */
const changes = {
  publish: { action: "publish the event", remedy: "log.publish()" },
  skip: { action: "skip events", remedy: "log.publish()" },
  end: { action: "end the log", remedy: "log.complete()" },
} as const;

/**
 * Checks that the log of a channel can be changed.
 *
 * @param isShared - Whether the channel has the option `log`.
 * @throws {TailcastError} `INVALID_OPTION` when the log is shared; `CHANNEL_CLOSED`.
 */
export function assertChangeable(method: keyof typeof changes, isShared: boolean, state: ChannelState): void {
  const { action, remedy } = changes[method];
  if (isShared) {
    const message = `Cannot ${action} on the channel: it shows a shared log; use ${remedy} instead`;
    throw new TailcastError("INVALID_OPTION", message);
  }
  if (state === "open") return;
  const reason = state === "ending" ? "its log was ended" : "it was closed";
  throw new TailcastError("CHANNEL_CLOSED", `Cannot ${action} on the channel: ${reason}`);
}
