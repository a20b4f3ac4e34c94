import { rawClient, startChannel, until } from "../../support/channel.js";
import type { TestContext } from "node:test";
import type { Channel } from "../../../dist/channel/channel.js";
import type { HistoryPiece, HistoryReader } from "../../../dist/channel/history/history.js";
import type { LogFollower, SharedLog } from "../../../dist/channel/history/shared-log.js";
import type { ChannelOptions } from "../../../dist/channel/options.js";
import type { RawClient } from "../../support/http.js";

/** The error of a store that does not answer. */
export const UNAVAILABLE: Error = Object.assign(new Error("no answer"), { code: "LOG_UNAVAILABLE" });

/** The encoded event of a scripted log. */
export const textOf = (epoch: string, sequence: number): string => `id: ${epoch}-${sequence}\ndata: ${sequence}\n\n`;

/** The encoded events from one sequence number to another, including both. */
export function textsOf(epoch: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => textOf(epoch, first + index));
}

/** A shared log that answers and reports when the test says so. Each reader returns one event in a piece. */
export class ScriptedLog implements SharedLog {
  epoch = "e";
  start = 1;
  end = 1;
  isComplete = false;
  readonly followers = new Set<LogFollower>();
  /** The readers that are open. */
  readonly open = new Set<HistoryReader>();
  /** The error of each read, if any. */
  readFailure: Error | undefined = undefined;
  reads = 0;
  refreshes = 0;
  readonly #waiting: ((failure: Error | undefined) => void)[] = [];
  #isAnswering = false;

  publish(): Promise<string> {
    return Promise.reject(UNAVAILABLE);
  }

  complete(): Promise<void> {
    return Promise.reject(UNAVAILABLE);
  }

  close(): Promise<void> {
    return Promise.reject(new Error("a channel must not close its log"));
  }

  follow(follower: LogFollower): () => void {
    this.followers.add(follower);
    return () => void this.followers.delete(follower);
  }

  refresh(): Promise<void> {
    this.refreshes++;
    if (this.#isAnswering) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push((failure) => (failure === undefined ? resolve() : reject(failure)));
    });
  }

  read(sequence: number): HistoryReader {
    const { epoch } = this;
    let next = sequence;
    const reader = {
      next: async (): Promise<HistoryPiece> => {
        this.reads++;
        await new Promise(setImmediate);
        if (this.readFailure !== undefined) throw this.readFailure;
        if (epoch !== this.epoch || next < this.start) throw new Error("removed");
        next++;
        return { bytes: Buffer.from(textOf(epoch, next - 1)), next };
      },
      close: () => void this.open.delete(reader),
    };
    this.open.add(reader);
    return reader;
  }

  /** The log has grown to `end`. The report contains the events from `first` on. */
  grow(end: number, first: number = this.end): void {
    this.end = end;
    this.report((follower) => follower.onEvents({ first, texts: textsOf(this.epoch, first, end - 1) }));
  }

  /** Another epoch has started. */
  reset(epoch: string, start: number, end: number): void {
    Object.assign(this, { epoch, start, end, isComplete: false });
    this.report((follower) => follower.onReset());
  }

  finish(): void {
    this.isComplete = true;
    this.report((follower) => follower.onComplete());
  }

  report(call: (follower: LogFollower) => void): void {
    for (const follower of this.followers) call(follower);
  }

  /** Answers all refreshes, also later ones. */
  answerAll(): void {
    this.#isAnswering = true;
    for (const settle of this.#waiting.splice(0)) settle(undefined);
  }

  /** Answers the oldest refresh, as soon as there is one. */
  async answer(failure?: Error): Promise<void> {
    await until(() => this.#waiting.length > 0);
    this.#waiting.shift()?.(failure);
  }
}

/** Makes a scripted log with a state. */
export const scripted = (state: Partial<ScriptedLog>): ScriptedLog => Object.assign(new ScriptedLog(), state);

/** The text of a `gap` event. */
export function gapText(id: string, lastEventId: string, reason: string, missed: number | null = null): string {
  return `event: gap\nid: ${id}\ndata: ${JSON.stringify({ lastEventId, reason, missed })}\n\n`;
}

/** A channel in front of a scripted log, and a function that opens a client without chunk framing. */
export async function startFollowing(
  t: TestContext,
  log: ScriptedLog,
  options: ChannelOptions = {},
): Promise<{ channel: Channel; port: number; open: (lastEventId?: string) => Promise<RawClient> }> {
  const { channel, port } = await startChannel(t, { log, retry: null, heartbeat: 0, ...options });
  const open = async (lastEventId = ""): Promise<RawClient> => {
    const headers = lastEventId === "" ? [] : [`Last-Event-ID: ${lastEventId}`];
    const client = rawClient(t, port).get("/", headers, "1.0");
    await client.until(":\n");
    return client;
  };
  return { channel, port, open };
}
