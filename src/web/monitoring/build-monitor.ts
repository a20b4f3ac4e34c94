import { buildStatuses } from "../../runner/record.ts";
import { Histogram } from "./histogram.ts";
import { logEntry } from "./log-entry.ts";
import type { BuildEvent } from "../../runner/events.ts";
import type { BuildRecord, BuildStatus } from "../../runner/record.ts";
import type { LogEntry } from "./log-entry.ts";

const finalStatuses = buildStatuses.filter((status) => status !== "queued" && status !== "running");

/**
 * The statuses with a known duration. Only the next process detects a lost build, so the duration of a lost build is
 * unknown.
 */
const measured = finalStatuses.filter((status) => status !== "lost");

/** Counts and measures builds, and logs when they are accepted, start and end. */
export class BuildMonitor {
  readonly #onLog: (entry: LogEntry) => void;
  /** The builds that have not ended, and whether they have started. */
  readonly #started = new Map<string, boolean>();
  #running = 0;
  /** The number of builds that have ended so far, by status. */
  readonly outcomes: Map<BuildStatus, number> = new Map(finalStatuses.map((status) => [status, 0]));
  /** The durations of the builds that have ended, by status, without lost builds. */
  readonly durations: Map<BuildStatus, Histogram> = new Map(measured.map((status) => [status, new Histogram()]));
  /** The queueing times of the builds that have started. */
  readonly waits: Histogram = new Histogram();

  constructor(onLog: (entry: LogEntry) => void) {
    this.#onLog = onLog;
  }

  /** The number of running builds. */
  get running(): number {
    return this.#running;
  }

  /** The number of queued builds. */
  get queued(): number {
    return this.#started.size - this.#running;
  }

  /** Records an event of a build. */
  note(event: BuildEvent): void {
    if (event.type === "line" || event.type === "hint") return;
    const { build } = event;
    const common = { build: build.id, project: build.projectName };
    if (event.type === "end") {
      if (this.#started.get(build.id) === true) this.#running--;
      this.#started.delete(build.id);
      const { status, message } = build;
      const ms = durationOf(build);
      this.outcomes.set(status, (this.outcomes.get(status) ?? 0) + 1);
      if (ms !== null) this.durations.get(status)?.add(ms / 1000);
      this.#onLog(logEntry("info", "build ended", { ...common, status, message, ms }));
      return;
    }
    if (!this.#started.has(build.id)) this.#onLog(logEntry("info", "build accepted", common));
    const isRunning = build.status === "running";
    if (isRunning && this.#started.get(build.id) !== true) {
      const ms = waitOf(build);
      this.#running++;
      if (ms !== null) this.waits.add(ms / 1000);
      this.#onLog(logEntry("info", "build started", { ...common, ms }));
    }
    this.#started.set(build.id, isRunning);
  }

  /**
   * Logs that an event of a build could not be delivered or stored.
   *
   * @param file - The log of the build, if it is stored. The error may name another file.
   */
  noteFailure({ id, projectName }: BuildRecord, error: unknown, file: string | null = null): void {
    const { message, path = file } = error as NodeJS.ErrnoException;
    const fields = { build: id, project: projectName, file: path, message };
    this.#onLog(logEntry("error", "build not stored", fields));
  }
}

/** Returns the duration of a build, in milliseconds; `null` when it never started. */
function durationOf({ startedAt, finishedAt }: BuildRecord): number | null {
  return startedAt === null || finishedAt === null ? null : between(startedAt, finishedAt);
}

/** Returns the queueing time of a build, in milliseconds; `null` when it never started. */
function waitOf({ queuedAt, startedAt }: BuildRecord): number | null {
  return startedAt === null ? null : between(queuedAt, startedAt);
}

function between(start: string, end: string): number {
  // The system clock may have been set back.
  return Math.max(0, Date.parse(end) - Date.parse(start));
}
