/** How far a build has come. The last five are ends: such a build never changes again. */
export type BuildStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled" | "timed-out" | "lost";

/** How far one step of a build has come. */
export type StepStatus = "pending" | "running" | "succeeded" | "failed" | "cancelled" | "timed-out" | "skipped";

/** One command of a build, as the server describes it. Times are ISO 8601 in UTC. */
export interface Step {
  readonly name: string;
  /** As a person would type it: `npm ci`. */
  readonly command: string;
  readonly status: StepStatus;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** One build, as the server describes it. Times are ISO 8601 in UTC. */
export interface Build {
  readonly id: string;
  readonly projectPath: string;
  readonly projectName: string;
  readonly packageManager: string | null;
  readonly status: BuildStatus;
  /** One sentence about the end: "install failed with exit code 1". */
  readonly message: string | null;
  readonly steps: readonly Step[];
  readonly queuedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** The data of a `line` event: one line of a build's log. */
export interface LogLine {
  /** The step that wrote it; null for what concerns the whole build. */
  readonly step: string | null;
  readonly stream: "stdout" | "stderr" | "system";
  readonly text: string;
  readonly time: string;
}

/** The data of a `gap` event: what the server can no longer send. */
export interface Gap {
  readonly lastEventId: string | null;
  readonly reason: string;
  /** How many events are gone; null when the server cannot know. */
  readonly missed: number | null;
}

/** A directory below an allowed root that has a build script. */
export interface Project {
  readonly path: string;
  readonly name: string;
}
