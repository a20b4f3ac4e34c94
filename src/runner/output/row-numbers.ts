import type { OutputStream } from "../events.ts";

/** More rows than a program can redraw. A power of two. */
const SIZE = 128;

/** Which line of the log each of the last rows of a step's output is. */
export class RowNumbers {
  readonly #streams = new Map<OutputStream, { readonly rows: Float64Array; readonly numbers: Float64Array }>();

  /** The number of a row's line; `undefined` when it has no line, or is too old to change. */
  get(stream: OutputStream, row: number): number | undefined {
    const known = this.#streams.get(stream);
    const index = row % SIZE;
    return known?.rows[index] === row ? known.numbers[index] : undefined;
  }

  /** Gives a row the number of its line. */
  set(stream: OutputStream, row: number, number: number): void {
    let known = this.#streams.get(stream);
    if (known === undefined) {
      known = { rows: new Float64Array(SIZE).fill(-1), numbers: new Float64Array(SIZE) };
      this.#streams.set(stream, known);
    }
    known.rows[row % SIZE] = row;
    known.numbers[row % SIZE] = number;
  }

  /** Forgets all rows: another step begins. */
  clear(): void {
    this.#streams.clear();
  }
}
