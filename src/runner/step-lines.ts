import { now } from "./build-emitter.ts";
import { formatBytes } from "./format.ts";
import { LogLimit } from "./output/log-limit.ts";
import { RowNumbers } from "./output/row-numbers.ts";
import type { BuildEmitter } from "./build-emitter.ts";
import type { OutputLine } from "./output/step-output.ts";

/** Emits the output of the steps of one build, as far as the limit of its log allows. */
export class StepLines {
  readonly #emitter: BuildEmitter;
  readonly #limit: LogLimit;
  readonly #rows = new RowNumbers();
  readonly #logLimit: number;

  /** @param logLimit - The size of the log in bytes: see {@link LogLimit}. */
  constructor(emitter: BuildEmitter, logLimit: number) {
    this.#emitter = emitter;
    this.#limit = new LogLimit(logLimit);
    this.#logLimit = logLimit;
  }

  /**
   * Emits lines of a step, each after the consumer has accepted the one before.
   *
   * @param isRunning - Returns whether the step is running. When it has ended, the remaining lines are dropped.
   */
  async emit(step: string, lines: readonly OutputLine[], isRunning: () => boolean): Promise<void> {
    const time = now();
    let open: void | Promise<void> = undefined;
    for (const line of lines) {
      if (this.#emitter.hasFailed || !isRunning()) return;
      const delivery = this.#emitOne(step, line, time);
      // Open lines do not wait for each other: otherwise the end of one could overtake it.
      if (line.isOpen) open = delivery;
      else if (delivery !== undefined) await delivery;
    }
    await open;
  }

  /** Emits the end of a step that did not fit into the log. It is small, so nothing waits for the consumer. */
  emitTail(step: string): void {
    const { lostLines, lostBytes, tail } = this.#limit.endStep();
    if (lostLines > 0) {
      const lost = `${lostLines} lines (${formatBytes(lostBytes)}) were left out here`;
      void this.#emitter.emitLine({ step, text: `${lost}; the last ${tail.length} lines of this step follow` });
    }
    for (const { stream, text, time } of tail) void this.#emitter.emitLine({ step, stream, text, time });
    this.#rows.clear();
  }

  #emitOne(step: string, { stream, text, row, isOpen }: OutputLine, time: string): void | Promise<void> {
    const number = row === undefined ? undefined : this.#rows.get(stream, row);
    const isNew = number === undefined;
    const { isOverflowing } = this.#limit;
    const fits = isNew && !isOpen ? this.#limit.fits({ stream, text, row, time }) : this.#limit.fitsAgain(text);
    // A line that was emitted as open gets its end, even beyond the limit.
    if (fits || (!isNew && !isOpen)) {
      if (isNew && row !== undefined) this.#rows.set(stream, row, this.#emitter.nextNumber);
      return this.#emitter.emitLine({ step, stream, text, time, number, isOpen });
    }
    if (isOpen || isOverflowing) return undefined;
    const size = formatBytes(this.#logLimit);
    const notice = `the log has reached its limit of ${size}; only the end of this step is kept`;
    return void this.#emitter.emitLine({ step, text: notice, time });
  }
}
