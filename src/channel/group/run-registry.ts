import { TailcastError, invalidOption } from "../../error.ts";
import { showsSharedLog } from "../channel.ts";
import { publishRun } from "./channel-run.ts";
import type { Channel } from "../channel.ts";
import type { ChannelRun, RunSettings, RunSource } from "./channel-run.ts";

/** A run that has not ended. */
interface Run<Data> {
  readonly controller: AbortController;
  /** `undefined` while the channel is being opened. */
  channel: Channel<Data> | undefined;
}

/** The runs of a group that have not ended, at most one for each topic. */
export class RunRegistry<Data> {
  readonly #runs = new Map<string, Run<Data>>();

  /** Returns whether a topic has a run whose channel is open, or is being opened. */
  has(topic: string): boolean {
    this.stopEnded(topic);
    return this.#runs.has(topic);
  }

  /** Stops the run of a topic if its channel was ended or closed. */
  stopEnded(topic: string): void {
    const run = this.#runs.get(topic);
    if (run?.channel === undefined || run.channel.state === "open") return;
    this.#runs.delete(topic);
    run.controller.abort();
  }

  /** Stops the run of a topic. Returns whether it had one. */
  stop(topic: string): boolean {
    const run = this.#runs.get(topic);
    run?.controller.abort();
    return run !== undefined;
  }

  /**
   * Starts a run when `open` has resolved with the channel of the topic.
   *
   * @throws {TailcastError} (as a rejection) `RUN_IN_PROGRESS`; `INVALID_OPTION` for a channel with a log; the error of
   * `open`. The source is not started then.
   */
  async start(
    topic: string,
    source: RunSource,
    { endEvent, signal }: RunSettings,
    open: () => Promise<Channel<Data>>,
  ): Promise<ChannelRun<Data>> {
    if (this.has(topic)) {
      const message = `Cannot start the run: the topic "${topic}" has a run that has not ended`;
      throw new TailcastError("RUN_IN_PROGRESS", message);
    }
    const run: Run<Data> = { controller: new AbortController(), channel: undefined };
    this.#runs.set(topic, run);
    const unfollow = follow(signal, run.controller);
    const onEnd = (): void => {
      unfollow();
      if (this.#runs.get(topic) === run) this.#runs.delete(topic);
    };
    try {
      const channel = await open();
      if (showsSharedLog(channel)) {
        throw invalidOption("channel", "a channel with a log cannot have a run; publish the source to the log");
      }
      run.channel = channel;
      // The group may have been closed meanwhile.
      if (channel.state !== "open") run.controller.abort();
      return { channel, ended: publishRun(channel, source, run.controller.signal, endEvent).finally(onEnd) };
    } catch (error) {
      onEnd();
      throw error;
    }
  }
}

/**
 * Aborts `controller` when `signal` is aborted. On Node 20, `AbortSignal.any` does not: it loses an
 * `AbortSignal.timeout()` that nothing else refers to.
 *
 * @returns A function that ends this.
 */
function follow(signal: AbortSignal | undefined, controller: AbortController): () => void {
  const abort = (): void => controller.abort(signal?.reason);
  if (signal?.aborted === true) abort();
  signal?.addEventListener("abort", abort, { once: true });
  return () => signal?.removeEventListener("abort", abort);
}
