import { setImmediate as turn } from "node:timers/promises";
import { LineSplitter } from "./line-splitter.ts";
import type { Readable } from "node:stream";
import type { OutputStream } from "../events.ts";
import type { OutputSource } from "./output-pipes.ts";
import type { Mask } from "./mask.ts";

/** One line that a step printed, or that the runner emits about it (`system`). */
export interface OutputLine {
  readonly stream: OutputStream;
  readonly text: string;
}

/**
 * Receives lines of one pipe, in order. No more is read from that pipe until a returned promise has resolved, which
 * blocks the command when the pipe is full: a slow consumer costs time, but no memory.
 */
export type OnLines = (lines: readonly OutputLine[]) => void | Promise<void>;

/**
 * How many lines of a step are emitted before the event loop turns. One read can hold 65 536 lines, and reads follow
 * each other without a turn: a build server would answer no request for seconds. At about 2 µs a line, this number
 * takes a millisecond; half of it costs 4 % more, since the log is written in smaller pieces.
 */
const LINES_PER_TURN = 512;

/**
 * Reads the pipes of a command in parallel, as lines. The order of lines of two pipes is unknown. A flood of lines is
 * emitted in slices; until then no pipe is read, and the command blocks.
 */
export class StepOutput {
  /** Resolves when all pipes have ended and the consumer has accepted every line. Never rejects. */
  readonly ended: Promise<void>;
  readonly #pipes: readonly Readable[];
  readonly #onLines: OnLines;
  readonly #mask: Mask | undefined;
  readonly #failure = new AbortController();
  /** How many lines of all pipes may still be emitted before the event loop turns. */
  #room = LINES_PER_TURN;
  #nextTurn: Promise<void> | undefined;
  #bytesRead = 0;
  /** How many pipes wait for the consumer, or for the next turn. */
  #busyPipes = 0;
  #waitedMs = 0;
  #waitingSince = performance.now();
  #isClosed = false;

  constructor(sources: readonly OutputSource[], onLines: OnLines, mask?: Mask) {
    this.#pipes = sources.map(({ reader }) => reader);
    this.#onLines = onLines;
    this.#mask = mask;
    this.ended = Promise.all(sources.map((source) => this.#read(source))).then(() => undefined);
  }

  /**
   * Aborts, with the error as its reason, when `onLines` throws or rejects. `onLines` is not called again after that.
   */
  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  /** How many bytes were read. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** How long this has waited for the command to write, in milliseconds. The time of emitting lines does not count. */
  get waitedMs(): number {
    return this.#waitedMs + this.silentMs;
  }

  /**
   * How long no pipe has delivered a byte, in milliseconds. It is 0 while lines are emitted: the command may be blocked
   * then.
   */
  get silentMs(): number {
    return this.#busyPipes === 0 ? performance.now() - this.#waitingSince : 0;
  }

  /** Emits a line of the runner about the step, at once. */
  say(text: string): void {
    void this.#emit([{ stream: "system", text }]);
  }

  /** Stops reading. Text that was read already is still delivered, including a last line without a line end. */
  stop(): void {
    for (const pipe of this.#pipes) pipe.destroy();
  }

  /** Stops reading and delivering, even if the consumer has not yet accepted earlier lines. */
  close(): void {
    this.#isClosed = true;
    this.stop();
  }

  async #read({ reader: pipe, stream }: OutputSource): Promise<void> {
    const splitter = new LineSplitter({ mask: this.#mask?.stream() });
    try {
      for await (const chunk of pipe as AsyncIterable<Uint8Array>) {
        this.#bytesRead += chunk.length;
        await this.#deliver(stream, splitter.push(chunk).concat(splitter.takeRedrawn()));
      }
    } catch {
      // The pipe was destroyed by stop(), or reading it failed: either way it has ended.
    }
    await this.#deliver(stream, splitter.end().concat(splitter.takeRedrawn()));
  }

  async #deliver(stream: OutputStream, texts: readonly string[]): Promise<void> {
    this.#waitedMs = this.waitedMs;
    this.#busyPipes += 1;
    for (let start = 0, end = 0; start < texts.length && !this.#isOver; start = end) {
      // In a loop, since a pipe that has waited longer may have used up the new room.
      while (this.#room === 0) await this.#makeRoom();
      end = Math.min(start + this.#room, texts.length);
      this.#room -= end - start;
      await this.#emit(texts.slice(start, end).map((text) => ({ stream, text })));
    }
    this.#busyPipes -= 1;
    this.#waitingSince = performance.now();
  }

  /** Waits for the next turn of the event loop, which all pipes share. */
  #makeRoom(): Promise<void> {
    this.#nextTurn ??= turn().then(() => {
      this.#nextTurn = undefined;
      this.#room = LINES_PER_TURN;
    });
    return this.#nextTurn;
  }

  get #isOver(): boolean {
    return this.#isClosed || this.failure.aborted;
  }

  async #emit(lines: readonly OutputLine[]): Promise<void> {
    if (this.#isOver) return;
    try {
      await this.#onLines(lines);
    } catch (error) {
      this.#failure.abort(error);
    }
  }
}
