import { formatSequenceId } from "../../protocol/sequence-id.ts";
import { isUnavailable, openReader } from "../history/open-reader.ts";
import { Backoff } from "./backoff.ts";
import { encodeGap, epochGap, gapBefore, skipGap } from "./gap.ts";
import type { EventStore, HistoryPiece, HistoryReader } from "../history/history.ts";
import type { EventLog, Position } from "./event-log.ts";
import type { Gap } from "./gap.ts";
import type { LocatedPosition } from "./unseen-ids.ts";

/** The part of a channel that a reader needs. */
export interface ReaderSource {
  readonly log: EventLog;
  /** The history, or the shared log. */
  readonly store: EventStore | undefined;
  /** Whether the log is complete or closed, so that no events follow. */
  isOver(): boolean;
  /** Whether the channel is closed, so that readers do not wait for its store. */
  isClosed(): boolean;
  /** Called when the store cannot be read, or one of its readers cannot be closed. */
  onStoreFailure(error: unknown): void;
  /** Resolves when the log has grown or is over, or when `signal` is aborted. */
  grown(signal: AbortSignal): Promise<void>;
  /** Resolves with the position of an unseen id; `undefined` when the channel is closed or `signal` is aborted. */
  located(lastEventId: string, signal: AbortSignal): Promise<LocatedPosition | undefined>;
}

/** Where a reader starts and ends. */
export interface ReaderRange {
  readonly lastEventId: string;
  readonly position: Position;
  /** The epoch of the log to which the position and the end belong. */
  readonly epoch: string;
  /** The reader ends before the event with this sequence number; `Infinity` to follow the log. */
  readonly end: number;
}

/** Reads a log with a cursor, as a client does, but at the request of its consumer. See {@link Channel.read}. */
async function* readLog(
  source: ReaderSource,
  range: ReaderRange,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { log, store } = source;
  const { lastEventId } = range;
  let { position, epoch, end } = range;
  if (signal.aborted) return;
  /** The end of a reader that does not follow the log, in another epoch, or after a position in it was found. */
  const newEnd = (): number => (end === Infinity ? Infinity : log.published + 1);
  const gapBytes = (gap: Gap): Uint8Array => Buffer.from(encodeGap(log.epoch, gap, next));
  if (position.kind === "unseen") {
    const located = await source.located(lastEventId, signal);
    if (located === undefined) return;
    ({ position, epoch } = located);
    end = newEnd();
  }
  let next = position.kind === "exact" ? position.next : log.oldest;
  if (position.kind === "gap") {
    // The log may have changed after the call of `read`.
    const gap = { lastEventId, reason: position.reason, missed: position.missed };
    const isCurrent = epoch === log.epoch;
    epoch = log.epoch;
    if (!isCurrent) end = newEnd();
    yield gapBytes(isCurrent ? gapBefore(next, gap) : epochGap(lastEventId));
  }
  while (!signal.aborted && (next < end || epoch !== log.epoch)) {
    if (epoch !== log.epoch) {
      const gap = epochGap(formatSequenceId(epoch, next - 1));
      epoch = log.epoch;
      next = log.oldest;
      end = newEnd();
      yield gapBytes(gap);
    } else if (next < log.start && store !== undefined && !log.isOutdated) {
      const reader = openReader(store, next, (error) => source.onStoreFailure(error));
      const part = yield* readStore(source, reader, { next, end, epoch }, signal);
      if (part.outcome === "closed") return;
      next = part.next;
      if (part.outcome === "lost" && epoch === log.epoch && !log.isOutdated) {
        const { gap, to } = skipGap(log, next, "evicted");
        next = to;
        yield gapBytes(gap);
      }
    } else if (next < log.start && log.isOutdated && !source.isClosed()) {
      // The change of the epoch will be reported.
      await source.grown(signal);
    } else if (next < log.start) {
      const { gap, to } = skipGap(log, next, "lagged");
      // More events may be removed before the consumer requests the next part. The next iteration then reports them.
      next = to;
      yield gapBytes(gap);
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
 * Reads events that are no longer in memory. While the store does not answer, it waits, unless the channel is closed.
 * Returns the next sequence number, and whether the store has lost that event.
 */
async function* readStore(
  source: ReaderSource,
  reader: HistoryReader,
  { next, end, epoch }: { next: number; end: number; epoch: string },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, { next: number; outcome: "read" | "lost" | "closed" }, undefined> {
  const { log } = source;
  const backoff = new Backoff();
  try {
    while (epoch === log.epoch && next < log.start && next < end && !signal.aborted) {
      let piece: HistoryPiece;
      try {
        piece = await reader.next();
      } catch (error) {
        const isLost = !isUnavailable(error);
        if (isLost || backoff.isReset) source.onStoreFailure(error);
        if (isLost) return { next, outcome: "lost" };
        if (source.isClosed()) return { next, outcome: "closed" };
        await pause(backoff.next(), signal);
        continue;
      }
      backoff.reset();
      next = piece.next;
      yield piece.bytes;
    }
    return { next, outcome: "read" };
  } finally {
    reader.close();
  }
}

/** Resolves after a delay, or when `signal` is aborted. */
function pause(delay: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(wake, delay);
    function wake(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    }
    signal.addEventListener("abort", wake);
  });
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
