import { encodeGap, skipGap } from "./gap.ts";
import type { ChannelHistory } from "../history/history.ts";
import type { EventLog } from "./event-log.ts";

/** What a reader needs of its channel. */
export interface ReaderSource {
  readonly log: EventLog;
  readonly history: ChannelHistory | undefined;
  /** Makes what was published visible. */
  flush(): void;
  /** Whether nothing more will come. */
  isOver(): boolean;
  /** Resolves when the log has grown, or nothing more will come, or `signal` is aborted. */
  grown(signal: AbortSignal): Promise<void>;
}

/** Follows a log from a last event id: a cursor as a client's, but pulled by its consumer. See {@link Channel.read}. */
async function* readLog(
  source: ReaderSource,
  lastEventId: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { log, history } = source;
  source.flush();
  const position = lastEventId === "" ? log.positionFromStart() : log.locate(lastEventId);
  let next: number;
  if (position.outcome === "resumed") {
    next = position.next;
  } else {
    next = log.oldest;
    yield Buffer.from(encodeGap(log.epoch, { lastEventId, ...position }, next));
  }
  while (!signal.aborted) {
    if (next < log.start && history !== undefined) {
      const end = yield* readHistory(history, log, next, signal);
      if (end.isLost) {
        const { gap, to } = skipGap(log, end.next, "evicted");
        next = to;
        yield Buffer.from(encodeGap(log.epoch, gap, next));
      } else {
        next = end.next;
      }
    } else if (next < log.start) {
      const { gap, to } = skipGap(log, next, "lagged");
      // The log may move on while the consumer holds this: then the next round tells the rest.
      next = to;
      yield Buffer.from(encodeGap(log.epoch, gap, next));
    } else if (next < log.end) {
      const segment = log.segmentAt(next);
      const bytes = segment.chunkFrom(next).plain.payload;
      next = segment.next;
      yield bytes;
    } else if (source.isOver()) {
      return;
    } else {
      await source.grown(signal);
    }
  }
}

/** What is no longer in memory. Returns where to go on, and whether what is there cannot be read. */
async function* readHistory(
  history: ChannelHistory,
  log: EventLog,
  first: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, { next: number; isLost: boolean }, undefined> {
  const reader = history.read(first);
  let next = first;
  try {
    while (next < log.start && !signal.aborted) {
      const piece = await reader.next().catch(() => undefined);
      if (piece === undefined) return { next, isLost: true };
      next = piece.next;
      yield piece.bytes;
    }
    return { next, isLost: false };
  } finally {
    reader.close();
  }
}

/**
 * The same, for a consumer that may stop at any time: a generator that waits for the log to grow would take notice only
 * when it does.
 */
export function followLog(
  source: ReaderSource,
  lastEventId: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stop = new AbortController();
  const signals = signal === undefined ? [stop.signal] : [stop.signal, signal];
  const bytes = readLog(source, lastEventId, AbortSignal.any(signals));
  const leave = bytes.return.bind(bytes);
  bytes.return = (value) => {
    stop.abort();
    return leave(value);
  };
  return bytes;
}

/** Those who wait for the next change. */
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

  wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
