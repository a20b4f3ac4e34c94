import { LineSplitter } from "./line-splitter.ts";
import type { Readable } from "node:stream";
import type { OutputStream } from "./events.ts";

/** One line that a step printed, or that the runner says about it (`system`). */
export interface OutputLine {
  readonly stream: OutputStream;
  readonly text: string;
}

/**
 * Takes the lines of one read, in order. Nothing more is read from that pipe until a returned promise has resolved,
 * which in the end blocks the command: so a slow consumer costs time and no memory.
 */
export type OnLines = (lines: readonly OutputLine[]) => void | Promise<void>;

/** Reads the two pipes of a command, side by side, as lines. In what order the two were written cannot be known. */
export class StepOutput {
  /** Resolves when both pipes have ended and every line was taken. Never rejects. */
  readonly ended: Promise<void>;
  readonly #pipes: readonly Readable[];
  readonly #onLines: OnLines;
  readonly #failure = new AbortController();
  #isClosed = false;

  constructor(stdout: Readable, stderr: Readable, onLines: OnLines) {
    this.#pipes = [stdout, stderr];
    this.#onLines = onLines;
    this.ended = Promise.all([this.#read(stdout, "stdout"), this.#read(stderr, "stderr")]).then(() => undefined);
  }

  /** Aborts, with the error as its reason, when `onLines` throws or rejects. It is not called again then. */
  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  /** Tells the consumer something about the step. */
  say(text: string): void {
    void this.#deliver("system", [text]);
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

  async #read(pipe: Readable, stream: OutputStream): Promise<void> {
    const splitter = new LineSplitter();
    try {
      for await (const chunk of pipe) await this.#deliver(stream, splitter.push(chunk));
    } catch {
      // The pipe was destroyed by stop(), or reading it failed: either way nothing more comes.
    }
    await this.#deliver(stream, splitter.end());
  }

  async #deliver(stream: OutputStream, texts: readonly string[]): Promise<void> {
    if (texts.length === 0 || this.#isClosed || this.failure.aborted) return;
    try {
      await this.#onLines(texts.map((text) => ({ stream, text })));
    } catch (error) {
      this.#failure.abort(error);
    }
  }
}
