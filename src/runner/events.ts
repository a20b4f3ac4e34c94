import type { BuildRecord } from "./record.ts";

/** Where a line comes from: stdout or stderr of the command, or `system`: the build runner itself. */
export type OutputStream = "stdout" | "stderr" | "system";

/** The build's state has changed: it was accepted or started, or a step started or ended. */
export interface BuildChangedEvent {
  readonly type: "build";
  readonly build: BuildRecord;
}

/**
 * One line of output, without its line end. Colours are still in it as escape codes, and so is every other control
 * character.
 */
export interface BuildLineEvent {
  readonly type: "line";
  readonly buildId: string;
  /** Its number in the build's log: 1, 2, 3, without holes over all steps and streams. */
  readonly number: number;
  /** The name of the step it belongs to; `null` for lines about the whole build. */
  readonly step: string | null;
  readonly stream: OutputStream;
  readonly text: string;
  /** When it was read. ISO 8601, UTC. */
  readonly time: string;
}

/** The build has ended. Always its last event, and there is exactly one. */
export interface BuildEndEvent {
  readonly type: "end";
  readonly build: BuildRecord;
}

/** An event that carries the state of the build. */
export type BuildStateEvent = BuildChangedEvent | BuildEndEvent;

/** The events of a build, in the order in which they happen. Their consumers are the page's streams, the feed and the log. */
export type BuildEvent = BuildStateEvent | BuildLineEvent;
