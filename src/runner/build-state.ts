import { freezeRecord } from "./record.ts";
import { OutputTime } from "./output/output-time.ts";
import type { BuildEmitter } from "./build-emitter.ts";
import type { BuildRecord, StepRecord } from "./record.ts";

/** The state of one build: its current record, and the events about its changes. */
export class BuildState {
  readonly #emitter: BuildEmitter;
  readonly #outputTime = new OutputTime();
  /** Records that a command has printed. */
  readonly noteOutput: () => void = this.#outputTime.note;
  #record: BuildRecord;
  #isPositionEmitted = false;

  constructor(record: BuildRecord, emitter: BuildEmitter) {
    this.#record = record;
    this.#emitter = emitter;
  }

  /** The current record. It never changes; a change of the build makes a new one. */
  get record(): BuildRecord {
    const lastOutputAt = this.#outputTime.since(this.#record.lastOutputAt);
    if (lastOutputAt !== this.#record.lastOutputAt) this.#record = freezeRecord({ ...this.#record, lastOutputAt });
    return this.#record;
  }

  /** The same without the time of the last output, for calls that are frequent. */
  get steps(): readonly StepRecord[] {
    return this.#record.steps;
  }

  get isQueued(): boolean {
    return this.#record.status === "queued";
  }

  /** The index of the step that starts next; -1 when no step is left. */
  get nextStep(): number {
    return this.#record.steps.findIndex(({ status }) => status === "pending");
  }

  /** Sets the position in the queue, 1 for the next build, without an event. */
  setPosition(queuePosition: number): void {
    if (this.#record.queuePosition === queuePosition) return;
    this.change({ queuePosition });
    this.#isPositionEmitted = false;
  }

  /** Emits the state of a queued build, unless its position is the one that was emitted last. */
  emitPosition(): void {
    if (this.#isPositionEmitted || !this.isQueued) return;
    this.#isPositionEmitted = true;
    void this.#emitter.emit({ type: "build", build: this.#record });
  }

  /** Changes the record without an event. */
  change(change: Partial<BuildRecord>): void {
    this.#record = freezeRecord({ ...this.record, ...change });
  }

  /** Changes the record, and emits it. */
  update(change: Partial<BuildRecord>): void {
    this.change(change);
    void this.#emitter.emit({ type: "build", build: this.#record });
  }

  /** Changes one step, and emits the record. */
  updateStep(index: number, change: Partial<StepRecord>): void {
    this.update({ steps: this.steps.map((step, at) => (at === index ? { ...step, ...change } : step)) });
  }
}
