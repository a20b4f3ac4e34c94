import { TailcastError } from "../../error.ts";
import { EventCursor } from "./event-cursor.ts";
import { decodeIndex, encodeIndex } from "./index-file.ts";
import { LineIndex } from "./line-index.ts";
import type { Channel } from "../../channel/channel.ts";
import type { LogSize } from "./index-file.ts";

/** Indexes of smaller logs are not stored: making them takes less time than reading a file. In bytes. */
const SMALL_LOG = 1024 * 1024;

/** The maximum number of indexes in memory. */
const MAX_INDEXES = 32;

/** Where indexes are stored. */
export interface IndexFiles {
  /** `undefined` when it cannot be read. */
  readIndex(buildId: string): Promise<string | undefined>;
  saveIndex(buildId: string, index: string): Promise<void>;
}

/** A log that is complete. */
export interface CompleteLog extends LogSize {
  readonly channel: Channel;
}

/** The indexes of logs that are complete: reads them from their files, or makes them again from the logs. */
export class LineIndexes {
  readonly #files: IndexFiles;
  /** The index that was used last is the last one. */
  readonly #indexes = new Map<string, LineIndex>();
  readonly #loading = new Map<string, Promise<LineIndex>>();
  readonly #closing = new AbortController();
  /** Settles when no index of a large log is being made. */
  #idle: Promise<unknown> = Promise.resolve();

  constructor(files: IndexFiles) {
    this.#files = files;
  }

  /** Returns the index of a log. Requests at the same time share the work. */
  async of(buildId: string, log: CompleteLog): Promise<LineIndex> {
    const known = this.#indexes.get(buildId);
    if (known !== undefined) {
      this.#keep(buildId, known);
      return known;
    }
    let loading = this.#loading.get(buildId);
    if (loading === undefined) {
      loading = this.#load(buildId, log).finally(() => this.#loading.delete(buildId));
      this.#loading.set(buildId, loading);
    }
    return loading;
  }

  /** Returns the index of a log if it is in memory. */
  known(buildId: string): LineIndex | undefined {
    return this.#indexes.get(buildId);
  }

  /** Keeps the index of a log that has ended, and stores it. */
  async save(buildId: string, index: LineIndex, size: LogSize): Promise<void> {
    this.#keep(buildId, index);
    if (size.bytes < SMALL_LOG || index.end !== size.end) return;
    await this.#files.saveIndex(buildId, encodeIndex(index, size));
  }

  /** Forgets the index of a build that is being removed. */
  forget(buildId: string): void {
    this.#indexes.delete(buildId);
  }

  /** Stops making indexes. */
  close(): void {
    this.#closing.abort();
  }

  async #load(buildId: string, log: CompleteLog): Promise<LineIndex> {
    const isSmall = log.bytes < SMALL_LOG;
    const stored = isSmall ? undefined : await this.#files.readIndex(buildId);
    let index = stored === undefined ? undefined : decodeIndex(stored, log);
    if (index === undefined) {
      index = await (isSmall ? this.#make(buildId, log) : this.#makeNext(buildId, log));
      void this.save(buildId, index, log);
    } else this.#keep(buildId, index);
    return index;
  }

  /** Makes one index at a time: it takes seconds if a log has millions of lines. */
  #makeNext(buildId: string, log: CompleteLog): Promise<LineIndex> {
    const made = this.#idle.then(() => this.#make(buildId, log));
    this.#idle = made.catch(() => undefined);
    return made;
  }

  async #make(buildId: string, { channel, end }: CompleteLog): Promise<LineIndex> {
    const index = new LineIndex();
    const cursor = new EventCursor(channel, buildId, this.#closing.signal);
    try {
      for await (const { sequence, type, data } of cursor.read(1, end)) {
        // A damaged log can lack events.
        while (index.end < sequence) index.skip();
        index.addEvent(type, data);
      }
    } finally {
      await cursor.close();
    }
    if (this.#closing.signal.aborted) {
      throw new TailcastError("SHUTTING_DOWN", "Cannot read the lines: the server is shutting down");
    }
    return index;
  }

  #keep(buildId: string, index: LineIndex): void {
    this.#indexes.delete(buildId);
    this.#indexes.set(buildId, index);
    const [oldest] = this.#indexes.keys();
    if (this.#indexes.size > MAX_INDEXES && oldest !== undefined) this.#indexes.delete(oldest);
  }
}
