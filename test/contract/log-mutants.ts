import type { HistoryPiece, HistoryReader } from "../../dist/channel/history/history.js";
import type { LogFollower, StoredEvents } from "../../dist/channel/history/shared-log.js";
import type { MemoryLog } from "../../dist/channel/history/memory-log.js";
import type { PublishedEvent } from "../../dist/channel/log/published-event.js";
import type { Change } from "./memory-logs.js";

const turn = (): Promise<void> => new Promise(setImmediate);

function fieldsOf(event: PublishedEvent | string): PublishedEvent {
  return typeof event === "string" ? { data: event } : event;
}

/** Changes the events before they are stored. */
const storing = (change: (event: PublishedEvent) => PublishedEvent): Change => (log) => ({
  publish: async (event) => log.publish(typeof event === "object" && event !== null ? change(event) : event),
});

/** Changes what followers are called with. */
const reporting = (change: (follower: LogFollower, log: MemoryLog) => Partial<LogFollower>): Change => (log) => ({
  follow: (follower) =>
    log.follow({
      onEvents: (events) => follower.onEvents(events),
      onReset: () => follower.onReset(),
      onComplete: () => follower.onComplete(),
      onFailure: (error) => follower.onFailure(error),
      ...change(follower, log),
    }),
});

/** Changes what readers return. */
const reading = (change: (reader: HistoryReader, log: MemoryLog) => Partial<HistoryReader>): Change => (log) => ({
  read: (sequence) => {
    const reader = log.read(sequence);
    return { next: () => reader.next(), close: () => reader.close(), ...change(reader, log) };
  },
});

const rejectWith = (code: string | undefined) => (error: unknown): never => {
  throw Object.assign(new Error("changed", { cause: error }), { code });
};

/** Answers the first event of a log that was opened again with the last id before. */
function remembering(): Change {
  let last: string | undefined;
  return (log) => {
    let answer = last;
    return {
      publish: async (event) => {
        const id = answer ?? (await log.publish(event));
        answer = undefined;
        return (last = id);
      },
    };
  };
}

/** Broken logs, by the title of the check that must reject them. */
export const logMutants: Readonly<Record<string, readonly Change[]>> = {
  "is empty when it is new": [
    () => ({ start: 0 }),
    () => ({ end: 0 }),
    () => ({ epoch: "" }),
    () => ({ isComplete: true }),
  ],
  "gives ids without holes, in the order of the calls": [
    (log) => {
      let calls = 0;
      return {
        publish: async (event) => {
          if (++calls % 2 === 0) await turn();
          return log.publish(event);
        },
      };
    },
    (log) => ({ publish: async (event) => (await log.publish("extra"), log.publish(event)) }),
  ],
  "gives each event of several processes its own id, and all of them one order": [
    (log) => {
      let own = 0;
      return { publish: async (event) => (await log.publish(event), `${log.epoch}-${++own}`) };
    },
    (log) => ({ follow: (follower) => (follower.onEvents({ first: log.end, texts: ["early"] }), () => undefined) }),
  ],
  "stores every event as each channel encodes it": [
    storing((event) => ({ ...event, retry: event.retry || undefined })),
    storing(({ comment: _, ...event }) => event),
    (log) => ({ publish: (event) => log.publish({ ...fieldsOf(event), data: fieldsOf(event).data.trim() }) }),
    (log) => ({ publish: (event) => log.publish({ ...fieldsOf(event), data: fieldsOf(event).data.slice(0, 1000) }) }),
    reporting((follower) => ({
      onEvents: ({ first, texts }) => follower.onEvents({ first, texts: texts.map((text) => text.slice(0, 100_000)) }),
    })),
  ],
  "refuses events that a client could not read unchanged, and stores nothing": [
    storing((event) => ({ ...event, id: undefined })),
    storing((event) => ({ ...event, event: event.event?.replace("\n", "") })),
    (log) => ({ publish: (event) => log.publish(typeof event === "string" ? event.slice(0, 9000) : event) }),
    (log) => ({
      publish: (event) =>
        log.publish(event).catch(async (error: unknown) => {
          await log.publish("the event was refused");
          throw error;
        }),
    }),
  ],
  "completes once, for all processes, after all events": [
    () => ({ complete: async () => undefined }),
    reporting((follower) => ({ onComplete: () => (follower.onComplete(), follower.onComplete()) })),
    reporting(() => ({ onComplete: () => undefined })),
    (log) => ({ publish: (event) => log.publish(event).catch(rejectWith("LOG_UNAVAILABLE")) }),
    () => ({ isComplete: false }),
  ],
  "does nothing after it was closed, and does not affect other processes": [
    () => ({ close: async () => undefined }),
    (log) => ({ close: async () => (await log.complete().catch(() => undefined), log.close()) }),
    (log) => ({ publish: (event) => log.publish(event).catch(rejectWith("LOG_UNAVAILABLE")) }),
  ],
  "appends to the log when one process closes it and opens it again": [
    remembering(),
    // A log that was opened again ignores `complete`.
    (() => {
      let opened = 0;
      return () => (++opened > 1 ? { complete: async () => undefined } : {});
    })(),
  ],
  "keeps the other logs of its process open when it is closed": [
    (() => {
      const logs: MemoryLog[] = [];
      return (log) => {
        logs.push(log);
        return { close: async () => void (await Promise.all(logs.map((each) => each.close()))) };
      };
    })(),
    () => ({ close: async () => undefined }),
  ],
  "reports only later events to a new follower, and all of them": [
    (log) => ({
      follow: (follower) => {
        queueMicrotask(() => follower.onEvents({ first: 1, texts: Array<string>(log.end - 1).fill("again") }));
        return log.follow(follower);
      },
    }),
    reporting((follower) => ({
      onEvents: ({ first, texts }) => follower.onEvents({ first, texts: texts.slice(1) }),
    })),
  ],
  "reports to a follower what happened while the log had none": [
    reporting((follower) => {
      let isFirst = true;
      return {
        onEvents: (events: StoredEvents) => {
          if (!isFirst) follower.onEvents(events);
          isFirst = false;
        },
      };
    }),
  ],
  "stops its reports to a follower that has left": [
    (log) => ({ follow: (follower) => (log.follow(follower), () => undefined) }),
  ],
  "reports to all followers although one of them throws": [
    (log) => {
      let isBroken = false;
      const guard = (report: () => void): void => {
        if (isBroken) return;
        isBroken = true;
        report();
        isBroken = false;
      };
      return reporting((follower) => ({ onEvents: (events) => guard(() => follower.onEvents(events)) }))(log);
    },
  ],
  "catches up with everything that was stored before the call of refresh": [
    (log) => {
      let running: Promise<void> | undefined;
      const refresh = async (): Promise<void> => {
        await log.refresh();
        await turn();
        running = undefined;
      };
      return { refresh: () => (running ??= refresh()) };
    },
    () => ({ refresh: turn }),
  ],
  "reports changes before a refresh resolves": [
    (log) => ({
      ...reporting((follower) => ({
        onEvents: (events) => void setTimeout(() => follower.onEvents(events), 20),
      }))(log),
      refresh: turn,
    }),
    reporting((follower) => ({ onComplete: () => void setTimeout(() => follower.onComplete(), 20) })),
  ],
  "knows the state of its store when it is opened": [
    (log) => ({ end: Math.min(log.end, 3) }),
  ],
  "reads from every event to the end, in whole events": [
    (log) => ({ read: (sequence) => log.read(Math.max(1, sequence - 1)) }),
    reading((reader) => ({
      next: async () => {
        const { bytes, next } = await reader.next();
        return { bytes: bytes.subarray(0, -1), next };
      },
    })),
    reading((reader) => ({
      next: async () => {
        const { bytes, next } = await reader.next();
        return { bytes, next: next - 1 };
      },
    })),
  ],
  "divides long logs into pieces of about 64 KiB, which many readers read at once": [
    reading((reader, log) => ({
      next: async () => {
        const pieces: HistoryPiece[] = [];
        while ((pieces.at(-1)?.next ?? 0) < log.end) pieces.push(await reader.next());
        return { bytes: Buffer.concat(pieces.map(({ bytes }) => bytes)), next: log.end };
      },
    })),
    (log) => {
      let shared: HistoryReader | undefined;
      return { read: (sequence) => (shared ??= log.read(sequence)) };
    },
  ],
  "continues a reader with events that were stored after it was opened": [
    (log) => ({
      read: (sequence) => {
        const { end } = log;
        const reader = log.read(sequence);
        let isOver = false;
        const next = async (): Promise<HistoryPiece> => {
          if (isOver) throw new Error("the reader was opened before");
          const piece = await reader.next();
          isOver = piece.next >= end;
          return piece;
        };
        return { next, close: () => reader.close() };
      },
    }),
  ],
  "lets a reader leave at any time": [
    reading(() => ({
      close: () => {
        throw new Error("the reader has not finished");
      },
    })),
  ],
  "rejects a read of removed events, knows its start then, and reads from there": [
    (log) => ({
      read: (sequence) => {
        return { next: async () => log.read(Math.max(sequence, log.start)).next(), close: () => undefined };
      },
    }),
    reading((reader) => ({ next: () => reader.next().catch(rejectWith("LOG_UNAVAILABLE")) })),
    () => ({ start: 1 }),
  ],
  "starts another epoch for all processes when the store has lost events": [
    (log) => ({ epoch: log.epoch }),
    reporting(() => ({ onReset: () => undefined })),
    reporting((follower) => ({ onReset: () => (follower.onReset(), follower.onReset()) })),
  ],
  "does not continue a reader in another epoch": [
    (log) => ({
      read: (sequence) => {
        return { next: () => log.refresh().then(() => log.read(sequence).next()), close: () => undefined };
      },
    }),
    reading((reader) => ({ next: () => reader.next().catch(rejectWith("LOG_UNAVAILABLE")) })),
  ],
  "is open again after the loss of a complete log": [
    reporting(() => ({ onReset: () => undefined })),
    (log) => {
      let wasComplete = false;
      return {
        get isComplete() {
          return (wasComplete ||= log.isComplete);
        },
      };
    },
  ],
  "rejects in bounded time while the store does not answer, and then continues automatically": [
    (log) => ({ publish: (event) => log.publish(event).catch(() => new Promise(() => undefined)) }),
    (log) => ({ publish: (event) => log.publish(event).catch(rejectWith(undefined)) }),
    (log) => ({ refresh: () => log.refresh().catch(() => undefined) }),
    reading((reader) => ({ next: () => reader.next().catch(rejectWith(undefined)) })),
    reporting((follower) => ({ onFailure: (error) => (follower.onFailure(error), follower.onFailure(error)) })),
    reporting(() => ({ onFailure: () => undefined })),
    reporting((follower, log) => ({ onFailure: (error) => (log.reset(), follower.onFailure(error)) })),
  ],
  "gives channels of two processes the same bytes, live and after every id": [
    reporting((follower) => ({
      onEvents: ({ first, texts }) =>
        follower.onEvents({ first, texts: texts.map((text) => text.replace("data: plain", "data:plain")) }),
    })),
    reading((reader) => ({
      next: async () => {
        const { bytes, next } = await reader.next();
        return { bytes: Buffer.from(bytes.toString().replace("data: plain", "data:plain")), next };
      },
    })),
  ],
};
