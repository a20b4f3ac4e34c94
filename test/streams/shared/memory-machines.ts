import assert from "node:assert/strict";
import { MemoryLog } from "../../../dist/channel/history/memory-log.js";
import { TailcastError } from "../../../dist/error.js";
import type { BuildJob, BuildJobs, LogFollower, LogStore, SharedBuilder, SharedLog } from "../../../dist/index.js";

/** The logs of one machine. All machines made from one share the events. */
export class MemoryLogs implements LogStore {
  readonly #roots: Map<string, MemoryLog>;
  readonly #open = new Set<MemoryLog>();
  #isInterrupted = false;
  /** Topics that report changes on this machine only after `refresh`. */
  readonly late: ReadonlySet<string>;

  constructor(other?: MemoryLogs, late: readonly string[] = []) {
    this.#roots = other === undefined ? new Map() : other.#roots;
    this.late = new Set(late);
  }

  /** The number of logs that are open on this machine. */
  get openCount(): number {
    return this.#open.size;
  }

  async open(topic: string): Promise<SharedLog> {
    await new Promise(setImmediate);
    if (this.#isInterrupted) throw new TailcastError("LOG_UNAVAILABLE", "Cannot open the log: no answer");
    const log = this.root(topic).fork();
    if (this.late.has(topic)) reportLate(log);
    this.#open.add(log);
    const close = log.close.bind(log);
    log.close = async () => {
      this.#open.delete(log);
      await close();
    };
    return log;
  }

  /** The log of a topic, which no machine interrupts. */
  root(topic: string): MemoryLog {
    let log = this.#roots.get(topic);
    if (log === undefined) {
      log = new MemoryLog({ capacity: 100_000, capacityBytes: 256 * 1024 * 1024 });
      this.#roots.set(topic, log);
    }
    return log;
  }

  /** Removes the log of a topic, as a store does with old logs. */
  remove(topic: string): void {
    this.#roots.delete(topic);
  }

  /** Makes the store unavailable to this machine. */
  interrupt(): void {
    this.#isInterrupted = true;
    for (const log of this.#open) log.interrupt();
  }

  restore(): void {
    this.#isInterrupted = false;
    for (const log of this.#open) log.restore();
  }
}

/** Lets a log report its events only after a call of `refresh`, as if all other reports were slow. */
function reportLate(log: MemoryLog): void {
  const followers = new Set<LogFollower>();
  log.follow = (follower) => {
    followers.add(follower);
    return () => void followers.delete(follower);
  };
  const refresh = log.refresh.bind(log);
  log.refresh = async () => {
    await refresh();
    for (const follower of followers) follower.onEvents({ first: log.end, texts: [] });
  };
}

/** A queue of jobs in memory. A builder takes a job when it has room. */
export class MemoryJobs implements BuildJobs {
  readonly #builders = new Set<SharedBuilder>();
  readonly #busy = new Map<SharedBuilder, BuildJob>();
  readonly #waiting: BuildJob[] = [];
  /** Errors of runs. */
  readonly errors: unknown[] = [];
  /** Called in `add`. */
  onAdd: (job: BuildJob) => void = () => undefined;
  /** Called when a builder has run a job, before the queue removes it. */
  onRun: (job: BuildJob) => Promise<void> | void = () => undefined;

  /** The jobs that wait. */
  get waiting(): readonly BuildJob[] {
    return this.#waiting;
  }

  async add(job: BuildJob): Promise<string> {
    await new Promise(setImmediate);
    this.onAdd(job);
    // As a queue of jobs in a database: values that are not JSON are lost.
    const stored = JSON.parse(JSON.stringify(job)) as BuildJob;
    const known = [...this.#waiting, ...this.#busy.values()];
    const twin = known.find(({ build }) => build.projectPath === stored.build.projectPath);
    if (twin !== undefined) return twin.build.id;
    this.#waiting.push(stored);
    this.#next();
    return stored.build.id;
  }

  async remove(buildId: string): Promise<boolean> {
    const at = this.#waiting.findIndex(({ build }) => build.id === buildId);
    if (at === -1) return false;
    this.#waiting.splice(at, 1);
    return true;
  }

  async find(buildId: string): Promise<BuildJob | undefined> {
    return [...this.#waiting, ...this.#busy.values()].find(({ build }) => build.id === buildId);
  }

  /** Lets a builder take jobs, one at a time. */
  attach(builder: SharedBuilder): void {
    this.#builders.add(builder);
    this.#next();
  }

  /** Gives the job of a builder whose process has ended to another one. */
  abandon(builder: SharedBuilder): void {
    const job = this.#busy.get(builder) ?? assert.fail();
    this.#builders.delete(builder);
    this.#busy.delete(builder);
    this.#waiting.unshift(job);
    this.#next();
  }

  #next(): void {
    for (const builder of this.#builders) {
      const job = this.#busy.has(builder) ? undefined : this.#waiting.shift();
      if (job === undefined) continue;
      this.#busy.set(builder, job);
      void builder
        .run(job)
        .catch((error: unknown) => this.errors.push(error))
        .then(() => this.onRun(job))
        .finally(() => {
          if (this.#busy.get(builder) === job) this.#busy.delete(builder);
          this.#next();
        });
    }
  }
}

/** The whole text of a shared log, as a client from its first event receives it. */
export async function textOf(log: SharedLog): Promise<string> {
  const pieces: Buffer[] = [];
  await log.refresh();
  if (log.start === log.end) return "";
  const reader = log.read(log.start);
  for (let next = log.start; next < log.end;) {
    const piece = await reader.next();
    pieces.push(piece.bytes);
    next = piece.next;
  }
  reader.close();
  return Buffer.concat(pieces).toString();
}
