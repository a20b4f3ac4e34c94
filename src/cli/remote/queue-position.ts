import type { BuildRecord } from "../../runner/record.ts";

/** The time for which a build must wait until its position is worth a message, in milliseconds. */
const NOTABLE = 300;

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
    this.#timer = setTimeout(() => this.#say(`the build is queued, at position ${queuePosition}`), NOTABLE);
  }

  /** No message follows. */
  end(): void {
    clearTimeout(this.#timer);
  }
}
