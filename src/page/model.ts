// The types of the server's data. Types only, so that no server code reaches the browser.
export type { BuildInputs, InstallMode } from "../runner/planning/build-inputs.ts";
export type { BuildRecord as Build, BuildStatus, StepRecord as Step, StepStatus } from "../runner/record.ts";
export type { BuildPage } from "../web/build-query.ts";
export type { SearchReport } from "../streams/search/search-report.ts";
export type { LineQuery } from "../terminal/line-pattern.ts";
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

/** A log without its lines. */
export interface Outline {
  /** The number of the last line. */
  readonly lineCount: number;
  /** The id of the last event that it includes. */
  readonly lastEventId: string;
  /** Consecutive lines of one step (null: of the whole build), in order, by the number of the first line. */
  readonly sections: readonly { readonly step: string | null; readonly first: number }[];
  /** The first line of each block that looks like an error. */
  readonly marks: readonly { readonly line: number; readonly kind: "error" | "warning" | "stack" }[];
  /** The number of blocks that `marks` does not have. */
  readonly marksOmitted: number;
}
