import type { BuildRecord } from "../../runner/record.ts";

/** How long a build must be queued before its position is reported, in milliseconds. */
const REPORT_DELAY = 300;

/** Reports the position of a build in the queue, if it must wait. */
export class QueuePosition {
  readonly #say: (text: string) => void;
  #position: number | null = null;
  #timer: NodeJS.Timeout | undefined;

  /** @param say - Prints a message. */
  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  /** Receives each state of the build. */
  note({ queuePosition }: BuildRecord): void {
    if (queuePosition === this.#position) return;
    this.#position = queuePosition;
    this.end();
    if (queuePosition === null) return;
    this.#timer = setTimeout(() => this.#say(`the build is queued, at position ${queuePosition}`), REPORT_DELAY);
  }

  /** Prevents a message that has not been printed yet. */
  end(): void {
    clearTimeout(this.#timer);
  }
}
