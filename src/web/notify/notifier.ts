import { settlesWithin } from "../../runner/process/waiting.ts";
import { Receiver } from "./receiver.ts";
import type { BuildRecord } from "../../runner/record.ts";
import type { NotifyTimes, ReceiverOptions } from "./receiver.ts";

/** The options of a {@link Notifier}. */
export interface NotifierOptions extends Pick<ReceiverOptions, "secret" | "report">, Partial<NotifyTimes> {
  readonly urls: readonly string[];
  /** How long {@link Notifier.close} waits for deliveries, in milliseconds. Default 5000. */
  readonly closeGrace?: number;
}

const SECOND = 1000;

/** Sends the records of ended builds to other servers. It holds back no build. */
export class Notifier {
  readonly #receivers: readonly Receiver[];
  readonly #closeGrace: number;

  constructor(options: NotifierOptions) {
    const { urls, secret, report, closeGrace = 5 * SECOND } = options;
    const { timeout = 10 * SECOND, pauses = [1, 5, 30, 120, 600].map((pause) => pause * SECOND) } = options;
    this.#receivers = urls.map((url) => new Receiver(url, { secret, report, timeout, pauses }));
    this.#closeGrace = closeGrace;
  }

  /** Queues a notification for each receiver. */
  add(build: BuildRecord): void {
    for (const receiver of this.#receivers) receiver.add(build);
  }

  /** Waits a moment for deliveries, and gives up the others. */
  async close(): Promise<void> {
    const idle = Promise.all(this.#receivers.map((receiver) => receiver.idle()));
    await settlesWithin(idle, this.#closeGrace);
    for (const receiver of this.#receivers) receiver.close();
    await Promise.all(this.#receivers.map((receiver) => receiver.idle()));
  }
}
