import { setImmediate as turn } from "node:timers/promises";
import { LineSplitter } from "./line-splitter.ts";
import type { Readable } from "node:stream";
import type { OutputStream } from "../events.ts";
import type { OutputSource } from "./output-pipes.ts";
import type { Mask } from "./mask.ts";

/** One line that a step printed, or that the runner says about it (`system`). */
export interface OutputLine {
  readonly stream: OutputStream;
  readonly text: string;
}

/**
 * Takes some lines of one pipe, in order. Nothing more is read from that pipe until a returned promise has resolved,
 * which in the end blocks the command: so a slow consumer costs time and no memory.
 */
export type OnLines = (lines: readonly OutputLine[]) => void | Promise<void>;

/**
 * How many lines of a step are given out before the event loop turns. One read can hold 65 536, and reads follow each
 * other without a turn: a build server would answer nobody for seconds. At about 2 µs a line, so many take a
 * millisecond; half as many cost 4 % more, since the log is written in smaller pieces.
 */
const LINES_PER_TURN = 512;

/**
 * Reads the pipes of a command, side by side, as lines. With two, their order of writing is unknown. A flood of lines is
 * emitted in slices, and meanwhile all pipes, and so the command, have to wait.
 */
export class StepOutput {
  /** Resolves when both pipes have ended and every line was taken. Never rejects. */
  readonly ended: Promise<void>;
  readonly #pipes: readonly Readable[];
  readonly #onLines: OnLines;
  readonly #mask: Mask | undefined;
  readonly #failure = new AbortController();
  /** How many lines of both pipes may still be given out before the event loop turns. */
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

  /** Aborts, with the error as its reason, when `onLines` throws or rejects. It is not called again then. */
  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  /** How many bytes were read. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** How long it has waited for the command to write, in milliseconds; while lines are given out, it does not. */
  get waitedMs(): number {
    return this.#waitedMs + this.silentMs;
  }

  /**
   * How long neither pipe has brought a single byte, in milliseconds. While lines are given out it is 0: the command may
   * be waiting, too.
   */
  get silentMs(): number {
    return this.#busyPipes === 0 ? performance.now() - this.#waitingSince : 0;
  }

  /** Tells the consumer something about the step, at once. */
  say(text: string): void {
    void this.#give([{ stream: "system", text }]);
  }

  /** Stops reading. What was read already is still delivered, a last line without its end too. */
  stop(): void {
    for (const pipe of this.#pipes) pipe.destroy();
  }

  /** From now on the consumer gets nothing, even if it was slow to take what it had. */
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
      // The pipe was destroyed by stop(), or reading it failed: either way nothing more comes.
    }
    await this.#deliver(stream, splitter.end().concat(splitter.takeRedrawn()));
  }

  async #deliver(stream: OutputStream, texts: readonly string[]): Promise<void> {
    this.#waitedMs = this.waitedMs;
    this.#busyPipes += 1;
    for (let start = 0, end = 0; start < texts.length && !this.#isOver; start = end) {
      // Not once only: whoever waited longer may have used up the new room.
      while (this.#room === 0) await this.#makeRoom();
      end = Math.min(start + this.#room, texts.length);
      this.#room -= end - start;
      await this.#give(texts.slice(start, end).map((text) => ({ stream, text })));
    }
    this.#busyPipes -= 1;
    this.#waitingSince = performance.now();
  }

  /** Waits for the next turn of the event loop; all that wait share it. */
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

  async #give(lines: readonly OutputLine[]): Promise<void> {
    if (this.#isOver) return;
    try {
      await this.#onLines(lines);
    } catch (error) {
      this.#failure.abort(error);
    }
  }
}
