import { logEntry } from "./log-entry.ts";
import type { BuildEvent } from "../../runner/events.ts";
import type { BuildRecord } from "../../runner/record.ts";
import type { LogEntry } from "./log-entry.ts";

/** Logs that builds are accepted, start and end. */
export class BuildMonitor {
  readonly #onLog: (entry: LogEntry) => void;
  /** The builds that have not ended, and whether they have started. */
  readonly #started = new Map<string, boolean>();

  constructor(onLog: (entry: LogEntry) => void) {
    this.#onLog = onLog;
  }

  /** Notes an event of a build. */
  note(event: BuildEvent): void {
    if (event.type === "line") return;
    const { build } = event;
    const common = { build: build.id, project: build.projectName };
    if (event.type === "end") {
      this.#started.delete(build.id);
      const { status, message } = build;
      this.#onLog(logEntry("info", "build ended", { ...common, status, message, ms: durationOf(build) }));
      return;
    }
    if (!this.#started.has(build.id)) this.#onLog(logEntry("info", "build accepted", common));
    const isRunning = build.status === "running";
    if (isRunning && this.#started.get(build.id) !== true) {
      this.#onLog(logEntry("info", "build started", { ...common, ms: waitOf(build) }));
    }
    this.#started.set(build.id, isRunning);
  }
}

/** How long a build ran, in milliseconds; `null` when it never started. */
export function durationOf({ startedAt, finishedAt }: BuildRecord): number | null {
  return startedAt === null || finishedAt === null ? null : between(startedAt, finishedAt);
}

/** How long a build was queued, in milliseconds; `null` when it never started. */
export function waitOf({ queuedAt, startedAt }: BuildRecord): number | null {
  return startedAt === null ? null : between(queuedAt, startedAt);
}

function between(start: string, end: string): number {
  // The clock may have been set back.
  return Math.max(0, Date.parse(end) - Date.parse(start));
}
