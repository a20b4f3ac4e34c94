import { randomInt } from "node:crypto";
import type { InstallMode } from "./build-inputs.ts";

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
  /** See {@link createBuildId}. */
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

const TIME_LENGTH = 9;
const RANDOM_LENGTH = 7;

/** Two builds of one moment sort in the order in which they came, too. */
let lastTime = 0;

/**
 * Makes the id of a new build: 16 characters out of `0-9a-z`, fit for file names and addresses. The first 9 are the
 * time in base-36 milliseconds, so that ids sort by age; the last 7 are random, so that nobody guesses the id of a
 * build by its time.
 */
export function createBuildId(): string {
  lastTime = Math.max(Date.now(), lastTime + 1);
  const time = lastTime.toString(36).padStart(TIME_LENGTH, "0");
  const random = randomInt(36 ** RANDOM_LENGTH)
    .toString(36)
    .padStart(RANDOM_LENGTH, "0");
  return time + random;
}

/** Whether `text` has the form of a build's id. To be asked before an id from outside becomes part of a file name. */
export function isBuildId(text: string): boolean {
  return /^[0-9a-z]{16}$/.test(text);
}
