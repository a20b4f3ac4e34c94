import type { Hint } from "./failure/hint.ts";
import type { BuildRecord } from "./record.ts";

/** The source of a line: stdout or stderr of the command, or `system` for the build runner itself. */
export type OutputStream = "stdout" | "stderr" | "system";

/** The build's state has changed: it was accepted or started, or a step started or ended. */
export interface BuildChangedEvent {
  readonly type: "build";
  readonly build: BuildRecord;
}

/**
 * One line of output, without its line end. It still contains colours as escape codes, and every other control
 * character.
 */
export interface BuildLineEvent {
  readonly type: "line";
  readonly buildId: string;
  /**
   * Its number in the build's log: 1, 2, 3, without gaps over all steps and streams. An event whose number was used
   * before replaces that line.
   */
  readonly number: number;
  /** The name of the step it belongs to; `null` for lines about the whole build. */
  readonly step: string | null;
  readonly stream: OutputStream;
  readonly text: string;
  /** The time at which it was read. ISO 8601, UTC. */
  readonly time: string;
  /** It has no line end yet, or is being redrawn: another event with its number follows unless the server dies. */
  readonly open?: true;
}

/** A step has failed for a known reason. At most one in a build, followed by the state that has the hint as well. */
export interface BuildHintEvent extends Hint {
  readonly type: "hint";
  readonly buildId: string;
  /** The name of the step. */
  readonly step: string;
}

/** The build has ended. Always its last event, and there is exactly one. */
export interface BuildEndEvent {
  readonly type: "end";
  readonly build: BuildRecord;
}

/** An event that carries the state of the build. */
export type BuildStateEvent = BuildChangedEvent | BuildEndEvent;

/** An event of a build. The page's streams, the feed and the log consume them in the order in which they happen. */
export type BuildEvent = BuildStateEvent | BuildLineEvent | BuildHintEvent;
