import type { InstallMode } from "./planning/build-inputs.ts";

/** All that a {@link BuildStatus} can be. */
export const buildStatuses = ["queued", "running", "succeeded", "failed", "cancelled", "timed-out", "lost"] as const;

/**
 * Where a build stands. `queued` and `running` pass; the others are ends. `lost` is the end of a build whose server
 * died while it ran: only a later process, reading the log that was left, can say so.
 */
export type BuildStatus = (typeof buildStatuses)[number];

/**
 * Where a step stands. `skipped`: it never started, because an earlier step failed or the build was stopped. `lost`: its
 * server died.
 */
export type StepStatus =
  "pending" | "running" | "succeeded" | "failed" | "cancelled" | "timed-out" | "lost" | "skipped";

/** One step of a build, as clients see it. */
export interface StepRecord {
  readonly name: string;
  /** The command as a person would type it, e.g. `npm ci`. Never parsed again. */
  readonly command: string;
  readonly status: StepStatus;
  /** `null` while it runs, when it never ran, and when a signal ended it. */
  readonly exitCode: number | null;
  /** The signal that ended the command, e.g. `SIGTERM`, or `null`. */
  readonly signal: string | null;
  /** ISO 8601, UTC. */
  readonly startedAt: string | null;
  /** ISO 8601, UTC. */
  readonly finishedAt: string | null;
}

/** One build, as clients see it: plain JSON. A record never changes; a change of the build makes a new one. */
export interface BuildRecord {
  /** 16 characters out of `0-9a-z`; ids sort by age. */
  readonly id: string;
  /** The project's directory: absolute, without symbolic links. */
  readonly projectPath: string;
  readonly projectName: string;
  /** `npm`, `pnpm`, `yarn` (1), `yarn berry` (2 and later), `bun`, or `null` when the plan came from none of them. */
  readonly packageManager: string | null;
  /** The script that was asked for, and what was to be done about the dependencies; `null` when there was no choice. */
  readonly script: string | null;
  readonly install: InstallMode | null;
  readonly status: BuildStatus;
  /** One sentence about the end, e.g. `install failed with exit code 1`; `null` until then. */
  readonly message: string | null;
  readonly steps: readonly StepRecord[];
  /**
   * How long it will probably take from its start to its end, in milliseconds, by former builds; `null` when none is
   * known. It stays as it was when the build was accepted.
   */
  readonly estimatedMs: number | null;
  /** Its position among those that wait: 1 is the first. `null` when it does not wait. */
  readonly queuePosition: number | null;
  /** ISO 8601, UTC. */
  readonly queuedAt: string;
  /** ISO 8601, UTC; `null` while it waits, and for ever when it was cancelled before it started. */
  readonly startedAt: string | null;
  /** ISO 8601, UTC; `null` until it ends. */
  readonly finishedAt: string | null;
}

/** The record of a step that has not started. */
export function pendingStep(name: string, command: string): StepRecord {
  return { name, command, status: "pending", exitCode: null, signal: null, startedAt: null, finishedAt: null };
}

/** Freezes a record and everything in it. */
export function freezeRecord(record: BuildRecord): BuildRecord {
  for (const step of record.steps) Object.freeze(step);
  Object.freeze(record.steps);
  return Object.freeze(record);
}
