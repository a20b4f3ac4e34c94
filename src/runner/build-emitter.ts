import type { BuildHintEvent, BuildLineEvent, BuildStateEvent, OutputStream } from "./events.ts";
import type { Hint } from "./failure/hint.ts";
import type { Mask } from "./output/mask.ts";

type Delivery = void | Promise<void>;

/** The options of a {@link BuildEmitter}. */
export interface BuildEmitterOptions {
  readonly buildId: string;
  /** How many lines an earlier process emitted. */
  readonly lineCount: number;
  /** Returns what hides the secrets in the runner's own lines: an argument, a name or an error can contain one. */
  readonly mask: () => Mask | undefined;
  readonly onLine: (event: BuildLineEvent) => Delivery;
  readonly onState: (event: BuildStateEvent) => Delivery;
  readonly onHint: (event: BuildHintEvent) => Delivery;
  /** Called with everything that the functions above throw or reject with. */
  readonly onFailure: (error: unknown) => void;
}

/** A line before it has a number. */
export interface LineFields {
  /** Default: `null`, the line is about the whole build. */
  readonly step?: string | null;
  /** Default: `system`. */
  readonly stream?: OutputStream;
  readonly text: string;
  /** Default: now. */
  readonly time?: string;
  /** The number of the line that it replaces. Default: it is a new line. */
  readonly number?: number | undefined;
  /** It will be replaced. */
  readonly isOpen?: boolean | undefined;
}

/** Delivers the events of one build to their consumer, in order, and numbers the lines. */
export class BuildEmitter {
  readonly #options: BuildEmitterOptions;
  #lineCount: number;
  #delivered: Promise<unknown> = Promise.resolve();
  #hasFailed = false;

  constructor(options: BuildEmitterOptions) {
    this.#options = options;
    this.#lineCount = options.lineCount;
  }

  /** Resolves when the consumer has accepted everything but lines of output, or has failed. Never rejects. */
  get delivered(): Promise<unknown> {
    return this.#delivered;
  }

  /** Whether the consumer has rejected an event. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** The number of the next new line. */
  get nextNumber(): number {
    return this.#lineCount + 1;
  }

  /** Emits a change of state. The consumer is called before this returns. The promise never rejects. */
  emit(event: BuildStateEvent): Promise<void> {
    return this.#track(this.#deliver(() => this.#options.onState(event)));
  }

  /** Emits the cause of a failure. The consumer is called before this returns. */
  emitHint(step: string, hint: Hint): void {
    const { buildId, onHint } = this.#options;
    void this.#track(this.#deliver(() => onHint({ type: "hint", buildId, step, ...hint })));
  }

  /**
   * Emits a line. The consumer is called before this returns.
   *
   * @returns A promise when the consumer holds the line back. It never rejects.
   */
  emitLine({ step = null, stream = "system", text, time = now(), number, isOpen = false }: LineFields): Delivery {
    const { buildId, onLine } = this.#options;
    const shown = stream === "system" ? this.masked(text) : text;
    const known = number ?? ++this.#lineCount;
    const event: BuildLineEvent = { type: "line", buildId, number: known, step, stream, text: shown, time };
    const delivery = this.#deliver(() => onLine(isOpen ? { ...event, open: true } : event));
    // A step waits for its own output, so only the runner's lines are counted here.
    return stream === "system" ? this.#track(delivery) : delivery;
  }

  /** Replaces the secrets in a text of the runner. */
  masked(text: string): string {
    return this.#options.mask()?.text(text) ?? text;
  }

  #deliver(call: () => Delivery): Delivery {
    try {
      const delivery = call();
      // For every line of output an unneeded promise would cost a turn of the microtask queue.
      if (delivery !== undefined) return Promise.resolve(delivery).catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #track(delivery: Delivery): Promise<void> {
    const tracked = Promise.resolve(delivery);
    this.#delivered = Promise.all([this.#delivered, tracked]);
    return tracked;
  }

  #fail(error: unknown): void {
    this.#hasFailed = true;
    this.#options.onFailure(error);
  }
}

/** The time of an event: ISO 8601, UTC. */
export function now(): string {
  return new Date().toISOString();
}
