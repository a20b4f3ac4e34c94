import { Readable } from "node:stream";
import type { Output } from "../../output.ts";

/** Copies a stream to an output, byte for byte, and makes the same bytes available as {@link reader}. */
export class Copy {
  /** The bytes, each after it was written. It waits for the output, and the source waits for both. */
  readonly reader: Readable;
  readonly #source: Readable;
  readonly #output: Output;
  #isBlocked = false;

  constructor(source: Readable, output: Output) {
    this.#source = source;
    this.#output = output;
    this.reader = Readable.from(this.#copy(), { objectMode: false, highWaterMark: 1 });
  }

  /** Whether the output does not accept bytes now. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** Stops reading. A program that writes to the source then receives SIGPIPE. */
  stop(): void {
    this.#source.destroy();
  }

  async *#copy(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of this.#source as AsyncIterable<Uint8Array>) {
        this.#isBlocked = true;
        await this.#output.write(chunk);
        this.#isBlocked = false;
        yield chunk;
      }
    } catch {
      // stop() was called, or reading failed: either way the source has ended.
    }
  }
}
