import { MAX_DELAY, checkInteger, checkNames, checkValue, kinds } from "../../check-options.ts";
import { invalidOption } from "../../error.ts";
import { channelSettings } from "../settings.ts";
import type { OptionNames } from "../../check-options.ts";
import type { CorsOptions } from "../connections/cors.ts";
import type { ChannelOptions } from "../options.ts";

/** Returns the options for the channel of a topic. */
export type OptionsOf<Data> = (topic: string) => ChannelOptions<Data> | Promise<ChannelOptions<Data>>;

/** The options of a `ChannelGroup`. */
export interface ChannelGroupOptions<Data = unknown> {
  /**
   * The options of every channel, or a function that returns the options for a topic, for example after it has opened a
   * history or a log. Each topic needs its own. Default: `{}`.
   */
  channel?: ChannelOptions<Data> | OptionsOf<Data> | undefined;
  /** The maximum number of channels. Default 10 000. */
  maxChannels?: number | undefined;
  /**
   * The idle time after which a channel is closed, in milliseconds: the time without clients and without use. It may
   * take up to twice this time. A reader of `read()` that waits for the next event counts as a client. Choose a longer
   * time than clients need to reconnect. Default 60 000; 0: never.
   */
  idleTimeout?: number | undefined;
  /**
   * Whether a request opens the channel of its topic. With `false`, only `get` and `run` open channels, and the reply
   * for a topic without one is 204: a browser does not reconnect. Default true.
   */
  openOnRequest?: boolean | undefined;
}

/** Statistics of a group. `opened`, `dropped` and `refused` only increase; the others are current values. */
export interface ChannelGroupStatistics {
  /** The channels that are open, opening or closing. */
  readonly channels: number;
  /** The clients of all channels. */
  readonly clients: number;
  /** Channels opened so far, and idle channels closed so far. */
  readonly opened: number;
  readonly dropped: number;
  /** Requests for a channel that failed because of `maxChannels`. */
  readonly refused: number;
}

/** The options with every default filled in. */
export interface ChannelGroupSettings<Data> {
  readonly optionsOf: OptionsOf<Data>;
  /** The option `cors` of every channel, if it is the same for all topics. */
  readonly cors: CorsOptions | undefined;
  /** The option `methods` of every channel, if it is the same for all topics. */
  readonly methods: readonly string[];
  readonly maxChannels: number;
  readonly idleTimeout: number;
  readonly openOnRequest: boolean;
}

const optionNames: OptionNames<ChannelGroupOptions> = {
  channel: true, maxChannels: true, idleTimeout: true, openOnRequest: true,
};

/** Checks every option and fills in the defaults. @throws {TailcastError} `INVALID_OPTION`, naming the option. */
export function channelGroupSettings<Data>(options: ChannelGroupOptions<Data>): ChannelGroupSettings<Data> {
  checkNames(options, optionNames);
  const { channel = {}, maxChannels = 10_000, idleTimeout = 60_000, openOnRequest = true } = options;
  return {
    ...(typeof channel === "function" ? { optionsOf: channel, cors: undefined, methods: [] } : sharedOptions(channel)),
    maxChannels: checkInteger("maxChannels", maxChannels, { min: 1, orInfinity: true }),
    idleTimeout: checkInteger("idleTimeout", idleTimeout, { min: 0, max: MAX_DELAY }),
    openOnRequest: checkValue("openOnRequest", openOnRequest, kinds.boolean),
  };
}

/**
 * Returns `options` when it can be the options of a channel. In plain JavaScript, a caller may pass a channel or a
 * history.
 *
 * @throws {TailcastError} `INVALID_OPTION`
 */
export function checkChannelOptions<Data>(options: ChannelOptions<Data>): ChannelOptions<Data> {
  checkValue("channel", options, kinds.object);
  if ("publish" in options) throw invalidOption("channel", "it must be the options of a channel, not a channel");
  if ("read" in options) throw invalidOption("channel", "it must be the options of a channel; pass { history }");
  return options;
}

/** Checks the options that all channels share. */
function sharedOptions<Data>(
  channel: ChannelOptions<Data>,
): Pick<ChannelGroupSettings<Data>, "optionsOf" | "cors" | "methods"> {
  refuseUniqueEpoch(checkChannelOptions(channel));
  const store = channel.history === undefined ? channel.log && "log" : "history";
  if (store !== undefined) {
    const reason = `several topics cannot share a ${store}; pass a function that opens one for each topic`;
    throw invalidOption("channel", reason);
  }
  return { optionsOf: () => channel, cors: channel.cors, methods: channelSettings(channel).methods };
}

/**
 * Refuses a fixed epoch, which a later channel of the same topic would repeat.
 *
 * @throws {TailcastError} `INVALID_OPTION`
 */
export function refuseUniqueEpoch({ uniqueEpoch }: Pick<ChannelOptions, "uniqueEpoch">): void {
  if (uniqueEpoch === undefined) return;
  const reason = "a topic's channel may open again, and its epoch must then be a new one; leave it out";
  throw invalidOption("uniqueEpoch", reason);
}
