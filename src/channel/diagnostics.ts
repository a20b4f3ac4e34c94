import { channel } from "node:diagnostics_channel";
import type { Channel as Diagnostics } from "node:diagnostics_channel";
import type { Channel } from "./channel.ts";
import type { ChannelClient, CloseReason } from "./clients/client.ts";
import type { Gap } from "./log/gap.ts";

/**
 * Reports about the clients of every channel of the process, for logs and metrics: subscribe with
 * `node:diagnostics_channel`. No message is made for a name without subscribers.
 */
export interface DiagnosticsMessages {
  /** A client was accepted. */
  "tailcast:connect": { readonly channel: Channel; readonly client: ChannelClient };
  /** The connection of a client is over. */
  "tailcast:disconnect": { readonly channel: Channel; readonly client: ChannelClient; readonly reason: CloseReason };
  /** A client received a `gap` event. */
  "tailcast:gap": { readonly channel: Channel; readonly client: ChannelClient; readonly gap: Gap };
  /** A client did not read for `stallTimeout`, and is dropped. */
  "tailcast:stall": { readonly channel: Channel; readonly client: ChannelClient };
  /** The history of a channel failed. */
  "tailcast:history": {
    readonly channel: Channel;
    readonly action: "append" | "read" | "close";
    readonly error: unknown;
  };
  /** A hook of the application failed. */
  "tailcast:error": {
    readonly channel: Channel;
    readonly hook: "onConnect" | "onDisconnect" | "onGap";
    readonly error: unknown;
  };
}

type DiagnosticsName = keyof DiagnosticsMessages extends `tailcast:${infer Name}` ? Name : never;

/** The channels of `node:diagnostics_channel`; {@link DiagnosticsMessages} describes their messages. */
export const diagnostics: Readonly<Record<DiagnosticsName, Diagnostics>> = {
  connect: channel("tailcast:connect"),
  disconnect: channel("tailcast:disconnect"),
  gap: channel("tailcast:gap"),
  stall: channel("tailcast:stall"),
  history: channel("tailcast:history"),
  error: channel("tailcast:error"),
};
