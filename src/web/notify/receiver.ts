import { setTimeout as wait } from "node:timers/promises";
import { postJson } from "./post.ts";
import { signatureHeaders } from "./sign-notification.ts";
import type { BuildRecord } from "../../runner/record.ts";

/** The times of the attempts, in milliseconds. */
export interface NotifyTimes {
  /** The limit of one request. */
  readonly timeout: number;
  /** The pauses between attempts. There is one attempt more than pauses. */
  readonly pauses: readonly number[];
}

/** The options of a {@link Receiver}. */
export interface ReceiverOptions extends NotifyTimes {
  readonly secret: string;
  /** Called with a sentence about each notification that was not delivered. */
  readonly report: (build: BuildRecord, problem: string) => void;
}

/** The maximum number of notifications that wait for one receiver. */
const QUEUE_LIMIT = 100;

/** Statuses of refusals after which another attempt can succeed. */
const TEMPORARY: ReadonlySet<number> = new Set([408, 425, 429]);

/** Delivers notifications to one URL, one after the other, in the order of their builds. */
export class Receiver {
  readonly #url: URL;
  readonly #options: ReceiverOptions;
  readonly #queue: BuildRecord[] = [];
  readonly #stop = new AbortController();
  #work: Promise<void> | undefined;

  constructor(url: string, options: ReceiverOptions) {
    this.#url = new URL(url);
    this.#options = options;
  }

  /** Queues the notification of a build. If the queue is full, its oldest one is dropped. */
  add(build: BuildRecord): void {
    this.#queue.push(build);
    // The first one is being delivered.
    const dropped = this.#queue.length > QUEUE_LIMIT ? this.#queue.splice(1, 1)[0] : undefined;
    if (dropped !== undefined) this.#report(dropped, `${QUEUE_LIMIT} others wait for this receiver`);
    this.#work ??= this.#deliverAll().finally(() => (this.#work = undefined));
  }

  /** Resolves when no notification waits. */
  async idle(): Promise<void> {
    await this.#work;
  }

  /** Gives up what was not delivered, and says so. */
  close(): void {
    this.#stop.abort();
  }

  async #deliverAll(): Promise<void> {
    for (let build = this.#queue[0]; build !== undefined; build = this.#queue[0]) {
      const problem = this.#stop.signal.aborted ? "the server ends" : await this.#deliver(build);
      if (problem !== undefined) this.#report(build, problem);
      this.#queue.splice(this.#queue.indexOf(build), 1);
    }
  }

  /** @returns The reason why it was not delivered. */
  async #deliver(build: BuildRecord): Promise<string | undefined> {
    const { secret, pauses, timeout } = this.#options;
    const { signal } = this.#stop;
    const body = JSON.stringify(build);
    for (let attempt = 0; ; attempt++) {
      const headers = signatureHeaders(secret, build.id, Date.now(), body);
      const result = await postJson(this.#url, body, headers, { timeout, signal }).catch((error: Error) => error);
      if (typeof result === "number" && result >= 200 && result < 300) return undefined;
      const reason = typeof result === "number" ? `the receiver answered ${result}` : result.message;
      if (typeof result === "number" && result < 500 && !TEMPORARY.has(result)) return reason;
      const pause = pauses[attempt];
      if (pause === undefined) return `${reason}, at the last of ${attempt + 1} attempts`;
      await wait(pause, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return `the server ends; before that, ${reason}`;
    }
  }

  #report(build: BuildRecord, problem: string): void {
    // The path and the query can be secret.
    this.#options.report(build, `${this.#url.origin} was not notified: ${problem}`);
  }
}
