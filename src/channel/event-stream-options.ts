import { MAX_DELAY, checkInteger, checkNames, checkValue, kinds } from "../check-options.ts";
import { DEFAULT_HEARTBEAT } from "./settings.ts";
import type { OptionNames } from "../check-options.ts";
import type { SupervisorLimits } from "./clients/supervisor.ts";

/** The options of a per-request stream. Times are in milliseconds. */
export interface EventStreamOptions {
  /** The longest silence before a comment is sent, so that proxies keep the connection open. Default 7000; 0: never. */
  heartbeat?: number | undefined;
  /** The reconnection time that the stream sends. Default: none, so that the client uses its own. */
  retry?: number | undefined;
  /** A client is disconnected when it reads none of its waiting bytes for this time. Default 60 000; 0: never. */
  stallTimeout?: number | undefined;
  /** The maximum age of the stream, which ends after 80 to 100 % of this time, at random. Default 0: no limit. */
  maxConnectionAge?: number | undefined;
  /** Whether the stream is compressed with gzip for clients that accept it. Default false. */
  compress?: boolean | undefined;
}

/** The options with every default filled in. */
export interface EventStreamSettings extends SupervisorLimits {
  readonly retry: number | undefined;
  readonly compress: boolean;
}

const optionNames: OptionNames<EventStreamOptions> = {
  heartbeat: true, retry: true, stallTimeout: true, maxConnectionAge: true, compress: true,
};

/** Checks every option and fills in the defaults. @throws {TailcastError} `INVALID_OPTION`, naming the option. */
export function eventStreamSettings(options: EventStreamOptions): EventStreamSettings {
  checkNames(options, optionNames);
  const delay = { min: 0, max: MAX_DELAY };
  const { heartbeat = DEFAULT_HEARTBEAT, stallTimeout = 60_000, maxConnectionAge = 0 } = options;
  const { compress = false, retry } = options;
  return {
    heartbeat: checkInteger("heartbeat", heartbeat, delay),
    stallTimeout: checkInteger("stallTimeout", stallTimeout, delay),
    maxConnectionAge: checkInteger("maxConnectionAge", maxConnectionAge, delay),
    compress: checkValue("compress", compress, kinds.boolean),
    retry: retry === undefined ? undefined : checkInteger("retry", retry, delay),
  };
}
