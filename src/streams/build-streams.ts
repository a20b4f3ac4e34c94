import type { Channel } from "../channel/channel.ts";
import type { CloseOptions } from "../channel/options.ts";
import type { BuildRecord } from "../runner/record.ts";
import type { LogLines, LogOutline } from "./lines/build-lines.ts";
import type { ClientSearch } from "./search/log-search.ts";
import type { StreamNumbers } from "./stream-totals.ts";

/** The lines of one build's log by number. */
export interface LineReader {
  /** Returns the outline of all lines. */
  outline(): Promise<LogOutline>;
  /** Returns at most `count` lines from the line `from` on: fewer if they are long, or their states are far apart. */
  lines(from: number, count: number): Promise<LogLines>;
}

/** A search in the log of a build. The streams open the log. */
export type BuildSearch = Omit<ClientSearch, "openLog">;

/** The streams of builds that the HTTP API serves. `StreamRegistry` is the default. */
export interface BuildStreams {
  /** The statistics of the feed, and the sum of those of all builds' streams. */
  readonly numbers: { readonly feed: StreamNumbers; readonly build: StreamNumbers };
  /** Resolves with the feed of all builds. Clients without a last event id receive only new events. */
  feed(): Promise<Channel>;
  /** Resolves with the stream of one build from its first line; with `undefined` when the build has no log. */
  of(build: BuildRecord): Promise<Channel | undefined>;
  /** Resolves with the lines of one build by number; with `undefined` when the build has no log. */
  linesOf(build: BuildRecord): Promise<LineReader | undefined>;
  /**
   * Searches the lines of one build that are stored now. Resolves after the last report.
   *
   * @throws {TailcastError} `BUILD_NOT_FOUND` when the build has no log.
   */
  search(build: BuildRecord, search: BuildSearch): Promise<void>;
  /** Ends every stream with a time to reconnect. */
  close(options?: CloseOptions): Promise<void>;
}
