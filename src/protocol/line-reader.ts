const LF = 0x0a;
const CR = 0x0d;
const NO_BYTES = new Uint8Array(0);

/**
 * Cuts the bytes of an event stream into lines (HTML 9.2.5: a line ends with CRLF, a lone LF or a lone CR), wherever
 * the chunks were cut. Works on bytes because CR and LF never occur inside a UTF-8 sequence: a line that is complete in
 * bytes can be decoded on its own.
 */
export class LineReader {
  // The start of the line whose end has not arrived, copied: a source may use its chunk's memory again.
  #unfinished: Uint8Array = NO_BYTES;
  #unfinishedBytes = 0;
  #afterCarriageReturn = false;

  /** The number of bytes kept of a line whose end has not arrived. */
  get unfinishedBytes(): number {
    return this.#unfinishedBytes;
  }

  /**
   * Yields each line that ends in this chunk, without its line end; keeps the rest for the next chunk.
   *
   * A CR ends its line at once: to wait and see whether an LF follows would hold back the event until the next chunk,
   * which may be minutes away. The LF is skipped when it comes.
   *
   * @returns Lines that may be views of the chunk: use them before the next step.
   */
  *read(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    // Both positions are kept until they are passed. To look for the next CR again at each LF, or the other way round,
    // would take quadratic time in a stream that has only one of them.
    let lineFeed = -1;
    let carriageReturn = -1;
    let start = 0;
    while (start < chunk.length) {
      if (this.#afterCarriageReturn) {
        this.#afterCarriageReturn = false;
        if (chunk[start] === LF) {
          start += 1;
          continue;
        }
      }
      if (lineFeed < start) {
        lineFeed = indexOrEnd(chunk, LF, start);
      }
      if (carriageReturn < start) {
        carriageReturn = indexOrEnd(chunk, CR, start);
      }
      const end = Math.min(lineFeed, carriageReturn);
      if (end === chunk.length) {
        this.#keep(chunk.subarray(start));
        return;
      }
      this.#afterCarriageReturn = end === carriageReturn;
      yield this.#finish(chunk.subarray(start, end));
      start = end + 1;
    }
  }

  /** Discards the unfinished line and a pending CR: the next chunk starts another stream. */
  reset(): void {
    this.#unfinished = NO_BYTES;
    this.#unfinishedBytes = 0;
    this.#afterCarriageReturn = false;
  }

  #finish(rest: Uint8Array): Uint8Array {
    if (this.#unfinishedBytes === 0) {
      return rest;
    }
    this.#keep(rest);
    const line = this.#unfinished.subarray(0, this.#unfinishedBytes);
    this.#unfinished = NO_BYTES;
    this.#unfinishedBytes = 0;
    return line;
  }

  // Doubling the room copies each byte a constant number of times, however many chunks a line comes in, and costs at
  // most twice the line: a list of one-byte chunks would cost a hundred times as much.
  #keep(bytes: Uint8Array): void {
    const length = this.#unfinishedBytes + bytes.length;
    if (length > this.#unfinished.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#unfinished.length));
      larger.set(this.#unfinished);
      this.#unfinished = larger;
    }
    this.#unfinished.set(bytes, this.#unfinishedBytes);
    this.#unfinishedBytes = length;
  }
}

function indexOrEnd(chunk: Uint8Array, byte: number, from: number): number {
  const index = chunk.indexOf(byte, from);
  return index === -1 ? chunk.length : index;
}
