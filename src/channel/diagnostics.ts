import { channel as subject } from "node:diagnostics_channel";
import type { Channel as Subject } from "node:diagnostics_channel";
import type { Channel } from "./channel.ts";
import type { ChannelClient, CloseReason } from "./clients/client.ts";
import type { Gap } from "./log/gap.ts";

/**
 * Reports about the clients of every channel of the process, for logs and metrics: subscribe with
 * `node:diagnostics_channel`. A name without subscribers has no cost.
 */
export interface DiagnosticsMessages {
  /** The channel accepted a client. */
  "tailcast:connect": { readonly channel: Channel; readonly client: ChannelClient };
  /** The connection of a client is over. */
  "tailcast:disconnect": { readonly channel: Channel; readonly client: ChannelClient; readonly reason: CloseReason };
  /** A client received a `gap` event. */
  "tailcast:gap": { readonly channel: Channel; readonly client: ChannelClient; readonly gap: Gap };
  /** A client did not read for `stallTimeout`, and was dropped. */
  "tailcast:stall": { readonly channel: Channel; readonly client: ChannelClient };
  /** The history of a channel failed, or its shared log does not answer (`follow`, or `read` by a client). */
  "tailcast:history": {
    readonly channel: Channel;
    readonly action: "append" | "read" | "close" | "follow";
    readonly error: unknown;
  };
  /** A hook of the application, its function `clientAddress`, or the source of a run failed. */
  "tailcast:error": {
    readonly channel: Channel;
    readonly hook: "onConnect" | "onDisconnect" | "onGap" | "clientAddress" | "run";
    readonly error: unknown;
  };
}

type Name = keyof DiagnosticsMessages;

/** The channels of `node:diagnostics_channel`. Node keeps a named channel only while it is referenced. */
const subjects: Readonly<Record<Name, Subject>> = {
  "tailcast:connect": subject("tailcast:connect"),
  "tailcast:disconnect": subject("tailcast:disconnect"),
  "tailcast:gap": subject("tailcast:gap"),
  "tailcast:stall": subject("tailcast:stall"),
  "tailcast:history": subject("tailcast:history"),
  "tailcast:error": subject("tailcast:error"),
};

/** Publishes a report of a channel. Returns whether the name has subscribers. */
export function publishReport<Subject extends Name, Data>(
  name: Subject,
  channel: Channel<Data>,
  report: Omit<DiagnosticsMessages[Subject], "channel">,
): boolean {
  if (!subjects[name].hasSubscribers) return false;
  subjects[name].publish({ channel, ...report });
  return true;
}
