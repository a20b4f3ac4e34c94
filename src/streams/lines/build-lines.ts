import { EventStreamDecoder } from "../../protocol/decode.ts";
import { readLogLine } from "../line-data.ts";
import type { Channel } from "../../channel/channel.ts";
import type { LogLine } from "../line-data.ts";

/** The maximum length of the text of lines in one reply, in UTF-16 units. */
const MAX_TEXT = 1024 * 1024;

/** Consecutive lines of one step. */
export interface LogSection {
  /** `null`: lines about the whole build. */
  readonly step: string | null;
  /** The number of the first line. */
  readonly first: number;
}

/** A line that looks like an error. */
export interface LogMark {
  readonly line: number;
  readonly kind: "error" | "warning" | "stack";
}

/** A log without its lines. */
export interface LogOutline {
  readonly lineCount: number;
  /** The id of the last event that it includes. */
  readonly lastEventId: string;
  readonly sections: readonly LogSection[];
  /** The first line of each block of such lines. */
  readonly marks: readonly LogMark[];
  /** The number of other blocks. */
  readonly marksOmitted: number;
}

/** Some lines of a log. */
export interface LogLines {
  /** The number of the first of the lines. It is greater than the requested number if earlier lines are gone. */
  readonly from: number;
  /** In their last state, by number, without holes. */
  readonly lines: readonly LogLine[];
  readonly lineCount: number;
  /** The id of the last event that their state includes. */
  readonly lastEventId: string;
}

/** The lines of one build's log by number. */
export class BuildLines {
  readonly #channel: Channel;
  readonly #buildId: string;

  constructor(channel: Channel, buildId: string) {
    this.#channel = channel;
    this.#buildId = buildId;
  }

  /** Returns the outline of all lines that clients of the channel can see. */
  async outline(): Promise<LogOutline> {
    const sections: LogSection[] = [];
    let lineCount = 0;
    const lastEventId = await this.#scan(({ number, step }) => {
      if (number <= lineCount) return;
      lineCount = number;
      if (sections.length === 0 || sections.at(-1)?.step !== step) sections.push({ step, first: number });
    });
    return { lineCount, lastEventId, sections, marks: [], marksOmitted: 0 };
  }

  /** Returns at most `count` lines from the line `from` on, or fewer if they are long. */
  async lines(from: number, count: number): Promise<LogLines> {
    const states = new Map<number, LogLine>();
    let lineCount = 0;
    const lastEventId = await this.#scan((line) => {
      lineCount = Math.max(lineCount, line.number);
      if (line.number >= from && line.number < from + count) states.set(line.number, line);
    });
    return { ...withoutHoles(states, from, count), lineCount, lastEventId };
  }

  /** Reads all lines. Returns the id of the last event. */
  async #scan(onLine: (line: LogLine) => void): Promise<string> {
    const decoder = new EventStreamDecoder();
    for await (const bytes of this.#channel.read({ backlog: "all", until: "now" })) {
      for (const { type, data } of decoder.decode(bytes)) {
        const line = type === "line" ? readLogLine(data) : undefined;
        if (line !== undefined) onLine(line);
      }
    }
    return decoder.lastEventId === "" ? `${this.#buildId}-0` : decoder.lastEventId;
  }
}

/** Selects the first lines that follow each other. Lines before them are gone. */
function withoutHoles(
  states: ReadonlyMap<number, LogLine>,
  from: number,
  count: number,
): Pick<LogLines, "from" | "lines"> {
  const lines: LogLine[] = [];
  let length = 0;
  for (let number = from; number < from + count; number++) {
    const line = states.get(number);
    length += line?.text.length ?? 0;
    if (lines.length > 0 && (line === undefined || length > MAX_TEXT)) break;
    if (line !== undefined) lines.push(line);
  }
  return { from: lines[0]?.number ?? from, lines };
}
