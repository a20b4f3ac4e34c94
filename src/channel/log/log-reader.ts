import { openReader } from "../history/open-reader.ts";
import { encodeGap, skipGap } from "./gap.ts";
import type { ChannelHistory, HistoryPiece, HistoryReader } from "../history/history.ts";
import type { EventLog, Position } from "./event-log.ts";

/** The part of a channel that a reader needs. */
export interface ReaderSource {
  readonly log: EventLog;
  readonly history: ChannelHistory | undefined;
  /** Whether the log is complete or closed, so that no events follow. */
  isOver(): boolean;
  /** Called when the history cannot be read, or one of its readers cannot be closed. */
  onHistoryFailure(error: unknown): void;
  /** Resolves when the log has grown or is over, or when `signal` is aborted. */
  grown(signal: AbortSignal): Promise<void>;
}

/** Where a reader starts and ends. */
export interface ReaderRange {
  readonly lastEventId: string;
  readonly position: Position;
  /** The reader ends before the event with this sequence number; `Infinity` to follow the log. */
  readonly end: number;
}

/** Reads a log with a cursor, as a client does, but at the request of its consumer. See {@link Channel.read}. */
async function* readLog(
  source: ReaderSource,
  { lastEventId, position, end }: ReaderRange,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { log } = source;
  if (signal.aborted) return;
  let next: number;
  if (position.kind === "exact") {
    next = position.next;
  } else {
    const { reason, missed } = position;
    next = log.oldest;
    yield Buffer.from(encodeGap(log.epoch, { lastEventId, reason, missed }, next));
  }
  while (!signal.aborted && next < end) {
    if (next < log.start && source.history !== undefined) {
      const reader = openReader(source.history, next, (error) => source.onHistoryFailure(error));
      const part = yield* readHistory(source, reader, { next, end }, signal);
      if (part.isLost) {
        const { gap, to } = skipGap(log, part.next, "evicted");
        next = to;
        yield Buffer.from(encodeGap(log.epoch, gap, next));
      } else {
        next = part.next;
      }
    } else if (next < log.start) {
      const { gap, to } = skipGap(log, next, "lagged");
      // More events may be removed before the consumer requests the next part. The next iteration then reports them.
      next = to;
      yield Buffer.from(encodeGap(log.epoch, gap, next));
    } else if (next < log.end) {
      const segment = log.segmentAt(next);
      const bytes = segment.bytesFrom(next).plain.payload;
      next = segment.next;
      yield bytes;
    } else if (source.isOver()) {
      return;
    } else {
      await source.grown(signal);
    }
  }
}

/**
 * Reads events that are no longer in memory. Returns the next sequence number, and whether reading the history failed.
 */
async function* readHistory(
  source: ReaderSource,
  reader: HistoryReader,
  { next, end }: { next: number; end: number },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, { next: number; isLost: boolean }, undefined> {
  try {
    while (next < source.log.start && next < end && !signal.aborted) {
      let piece: HistoryPiece;
      try {
        piece = await reader.next();
      } catch (error) {
        source.onHistoryFailure(error);
        return { next, isLost: true };
      }
      next = piece.next;
      yield piece.bytes;
    }
    return { next, isLost: false };
  } finally {
    reader.close();
  }
}

/** Does the same until `signal` is aborted. `AbortSignal.any` does not accept signals of other classes. */
async function* readUntilAborted(
  source: ReaderSource,
  range: ReaderRange,
  stop: AbortController,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const onAbort = (): void => stop.abort();
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener("abort", onAbort);
  try {
    yield* readLog(source, range, stop.signal);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/**
 * Does the same for a consumer that may stop at any time. Without this wrapper, a generator that waits for new events
 * would stop only when the log grows.
 */
export function followLog(
  source: ReaderSource,
  range: ReaderRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stop = new AbortController();
  const bytes = readUntilAborted(source, range, stop, signal);
  const leave = bytes.return.bind(bytes);
  bytes.return = (value) => {
    stop.abort();
    return leave(value);
  };
  return bytes;
}

/** The readers that wait for the next change. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  /** Resolves at the next `wake`, or when `signal` is aborted. */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener("abort", wake);
    });
  }

  /** The number of waiting readers. */
  get size(): number {
    return this.#waiting.size;
  }

  wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
