// The types of the server's data. Types only, so that no server code reaches the browser.
export type { BuildInputs, InstallMode } from "../runner/planning/build-inputs.ts";
export type { BuildRecord as Build, BuildStatus, StepRecord as Step, StepStatus } from "../runner/record.ts";
export type { BuildPage } from "../web/build-query.ts";
export type { ListedProject as Project } from "../web/project-list.ts";
export type { SessionState } from "../web/session-state.ts";
import type { BuildInputs } from "../runner/planning/build-inputs.ts";
import type { BuildLineEvent } from "../runner/events.ts";

/** The choices in a request for a build. The server chooses those that are left out. */
export interface BuildChoices extends Partial<BuildInputs> {
  /** The variables of the build, by name. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether programs colour their output. */
  readonly color?: boolean;
}

/** The data of a `line` event: one line of a build's log. */
export type LogLine = Pick<BuildLineEvent, "step" | "stream" | "text" | "time" | "open"> & {
  /** The line's number in the build's log: 1, 2, 3, without holes. A later line with the same number replaces it. */
  readonly number: number;
};

/** The data of a `gap` event, which stands for events that the server can no longer send. */
export interface Gap {
  readonly lastEventId: string;
  readonly reason: string;
  /**
   * The number of missing events, not all of them lines; null if the server cannot know it. The server then sends
   * everything that it keeps again.
   */
  readonly missed: number | null;
}
