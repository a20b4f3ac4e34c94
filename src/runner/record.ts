import type { GitState } from "./git/git-state.ts";
import type { Hint } from "./failure/hint.ts";
import type { InstallMode } from "./planning/build-inputs.ts";
import type { BuildResult } from "./result/build-result.ts";

/** Each possible {@link BuildStatus}. */
export const buildStatuses = ["queued", "running", "succeeded", "failed", "cancelled", "timed-out", "lost"] as const;

/**
 * The status of a build. `queued` and `running` are temporary, all others are final. `lost`: the server died while the
 * build was running. Only a later process, which reads the log that was left, sets it.
 */
export type BuildStatus = (typeof buildStatuses)[number];

/**
 * The status of a step. `skipped`: it never started, because an earlier step failed or the build was stopped. `lost`:
 * the server died while the step was running.
 */
export type StepStatus =
  "pending" | "running" | "succeeded" | "failed" | "cancelled" | "timed-out" | "lost" | "skipped";

/** One step of a build, as clients see it. */
export interface StepRecord {
  readonly name: string;
  /** The command as a person would type it, e.g. `npm ci`. For display only. Empty for `plan`, which is no command. */
  readonly command: string;
  readonly status: StepStatus;
  /** `null` while the step runs, if it never ran, if a signal ended it, and for `plan`. */
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
  /** The `name` of a row of `managers`, e.g. `npm`; `null` when a plan of another kind built the project. */
  readonly packageManager: string | null;
  /** The version of Node.js that runs the build, e.g. `24.1.0`; `null` until it was planned, and when it is unknown. */
  readonly nodeVersion: string | null;
  /** The requested script, and how the dependencies are installed; `null` when the plan offered no choice. */
  readonly script: string | null;
  readonly install: InstallMode | null;
  /** The names of the variables in the request. Their values are stored nowhere. */
  readonly variables: readonly string[];
  /** The colour switch of the request; `null` when the request has none. */
  readonly color: boolean | null;
  readonly status: BuildStatus;
  /** One sentence about the end, e.g. `install failed with exit code 1`; `null` until then. */
  readonly message: string | null;
  /** Why it failed and what to do about it; `null` when that is unknown, and for a build that did not fail. */
  readonly hint: Hint | null;
  readonly steps: readonly StepRecord[];
  /** The git repository of the project when the build was planned; `null` until then, and without a repository. */
  readonly git: GitState | null;
  /** The folders that the build has changed; `null` until it has succeeded, and when the project has no directory. */
  readonly result: BuildResult | null;
  /**
   * The expected time from its start to its end, in milliseconds, by earlier builds; `null` when it is unknown. It is
   * calculated once, when the build is accepted.
   */
  readonly estimatedDuration: number | null;
  /** Its position in the queue: 1 is the next build to start. `null` when it is not queued. */
  readonly queuePosition: number | null;
  /** ISO 8601, UTC. */
  readonly queuedAt: string;
  /** ISO 8601, UTC; `null` while it is queued, and when it was cancelled before it started. */
  readonly startedAt: string | null;
  /** ISO 8601, UTC; `null` until it ends. */
  readonly finishedAt: string | null;
  /**
   * When a command last printed a byte, even one that changes no line. ISO 8601, UTC; `null` before the first. It
   * changes without an event, at most once a second.
   */
  readonly lastOutputAt: string | null;
}

/** Adds the fields that an earlier version did not store. */
export function completeRecord(record: BuildRecord): BuildRecord {
  const { nodeVersion = null, variables = [], color = null, hint = null, git = null, result = null } = record;
  const { estimatedDuration = null, lastOutputAt = null } = record;
  return { ...record, nodeVersion, variables, color, hint, git, result, estimatedDuration, lastOutputAt };
}

/** The fields of a plan that the record of its build has. The page uses this file, so it imports no type of Node.js. */
interface QueuedSource extends Pick<BuildRecord, "projectPath" | "projectName" | "packageManager"> {
  readonly nodeVersion?: string | null | undefined;
  readonly script?: string | null | undefined;
  readonly install?: InstallMode | null | undefined;
  readonly variables?: Readonly<Record<string, string>> | undefined;
  readonly color?: boolean | undefined;
}

/**
 * The record of a build that was accepted.
 *
 * @param source - The plan, or its draft.
 * @param known - The fields that the plan does not have.
 */
export function queuedRecord(
  source: QueuedSource,
  { id, steps, estimatedDuration, queuedAt }: Pick<BuildRecord, "id" | "steps" | "estimatedDuration" | "queuedAt">,
): BuildRecord {
  return freezeRecord({
    id,
    projectPath: source.projectPath,
    projectName: source.projectName,
    packageManager: source.packageManager,
    nodeVersion: source.nodeVersion ?? null,
    script: source.script ?? null,
    install: source.install ?? null,
    variables: Object.keys(source.variables ?? {}),
    color: source.color ?? null,
    status: "queued",
    message: null,
    hint: null,
    git: null,
    result: null,
    steps,
    estimatedDuration,
    queuePosition: null,
    queuedAt,
    startedAt: null,
    finishedAt: null,
    lastOutputAt: null,
  });
}

/** The record of a step that has not started. */
export function pendingStep(name: string, command: string): StepRecord {
  return { name, command, status: "pending", exitCode: null, signal: null, startedAt: null, finishedAt: null };
}

/** Freezes a record and everything in it. */
export function freezeRecord(record: BuildRecord): BuildRecord {
  for (const step of record.steps) Object.freeze(step);
  Object.freeze(record.steps);
  for (const part of [record.hint, record.git, record.result, record.result?.folders]) Object.freeze(part);
  return Object.freeze(record);
}
