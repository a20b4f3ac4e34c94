import { formatSequenceId } from "../../protocol/sequence-id.ts";
import { readLogLine } from "../line-data.ts";
import { EventCursor } from "./event-cursor.ts";
import { BLOCK_LINES } from "./line-index.ts";
import type { Channel } from "../../channel/channel.ts";
import type { LineReader } from "../build-streams.ts";
import type { LogLine } from "../line-data.ts";
import type { LogMark } from "./error-marks.ts";
import type { LineIndex, LinePlace, LogSection } from "./line-index.ts";

/** The maximum length of the text of lines in one reply, in UTF-16 units. */
const MAX_TEXT = 1024 * 1024;

/** The maximum number of states in one reply that are outside of the near events of their blocks. */
const MAX_LATE = 128;

/** The maximum number of searches for the first line that is not gone. */
const MAX_ATTEMPTS = 8;

/** The content of a log without the text of its lines. */
export interface LogOutline {
  readonly lineCount: number;
  /** The id of the last event that it includes. */
  readonly lastEventId: string;
  readonly sections: readonly LogSection[];
  /** The marks of lines that look like errors, by line. */
  readonly marks: readonly LogMark[];
  /** The number of marks that are left out. */
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

/** The lines of one build's log by number, as far as clients of its channel can see them. */
export class BuildLines implements LineReader {
  readonly #channel: Channel;
  readonly #epoch: string;
  readonly #index: LineIndex;

  /**
   * @param epoch - The epoch of the channel's event ids.
   * @param index - The index of all events of the channel.
   */
  constructor(channel: Channel, epoch: string, index: LineIndex) {
    this.#channel = channel;
    this.#epoch = epoch;
    this.#index = index;
  }

  /** Returns the outline of all lines. */
  async outline(): Promise<LogOutline> {
    const { lineCount, end, sections, marks: found } = this.#index;
    const marks = { marks: [...found.marks], marksOmitted: found.omitted };
    const outline = { lineCount, lastEventId: this.#idBefore(end), sections: [...sections], ...marks };
    await this.#stored();
    return outline;
  }

  /** Returns at most `count` lines from the line `from` on: fewer if they are long, or their states are far apart. */
  async lines(from: number, count: number): Promise<LogLines> {
    let at = from;
    for (let attempts = 1; ; attempts++) {
      // Lines that are gone are skipped in larger steps.
      const step = attempts === 1 ? count : Math.max(count, BLOCK_LINES);
      const { oldest, ...found } = await this.#read(at, at + step - 1);
      if (found.lines.length > 0) return { ...found, lines: found.lines.slice(0, count) };
      const near = this.#index.firstNear(oldest);
      const next = near > at ? near : at + step;
      if (next > found.lineCount || attempts === MAX_ATTEMPTS) return found;
      at = next;
    }
  }

  /** Reads the first of the lines from `from` to `to` that exist and fit into one reply. */
  async #read(from: number, to: number): Promise<LogLines & { readonly oldest: number }> {
    const { lineCount, end } = this.#index;
    const places = this.#index.locate(from, to);
    // The index can change from here on.
    await this.#stored();
    const cursor = new EventCursor(this.#channel, this.#epoch);
    const page = new LinePage(cursor, end);
    try {
      for (const place of places) if (!(await page.add(place))) break;
      const { lines } = page;
      const lastEventId = this.#idBefore(end);
      return { from: lines[0]?.number ?? from, lines, lineCount, lastEventId, oldest: cursor.oldest };
    } finally {
      await cursor.close();
    }
  }

  #idBefore(sequence: number): string {
    return formatSequenceId(this.#epoch, sequence - 1);
  }

  /** Resolves when clients can see all events of the index. If the log cannot be stored, they see them from memory. */
  async #stored(): Promise<void> {
    await this.#channel.flushed().catch(() => undefined);
  }
}

/** The lines of one reply. */
class LinePage {
  readonly lines: LogLine[] = [];
  readonly #cursor: EventCursor;
  readonly #end: number;
  #length = 0;
  #lateCount = 0;

  /** @param end - The sequence number that follows the last event that counts. */
  constructor(cursor: EventCursor, end: number) {
    this.#cursor = cursor;
    this.#end = end;
  }

  /** Adds the lines of a place. Returns whether the lines of the next place can follow. */
  async add({ first, last, start, end, late }: LinePlace): Promise<boolean> {
    const allowed = late.slice(0, MAX_LATE - this.#lateCount);
    const stop = (late[allowed.length]?.number ?? last + 1) - 1;
    const states = new Map<number, LogLine>();
    const note = (line: LogLine): void => {
      if (line.number >= first && line.number <= stop) states.set(line.number, line);
    };
    await this.#read(start, Math.min(end, this.#end), note);
    const sequences = allowed.map(({ sequence }) => sequence).sort((a, b) => a - b);
    for (const sequence of sequences) await this.#read(sequence, sequence + 1, note);
    this.#lateCount += allowed.length;
    for (let number = first; number <= stop; number++) {
      const line = states.get(number);
      this.#length += line?.text.length ?? 0;
      if (this.lines.length > 0 && (line === undefined || this.#length > MAX_TEXT)) return false;
      if (line !== undefined) this.lines.push(line);
    }
    // Do not search the next places for lines that are gone as well.
    return stop === last && (this.lines.length > 0 || this.#cursor.oldest <= end);
  }

  async #read(start: number, end: number, onLine: (line: LogLine) => void): Promise<void> {
    for await (const { type, data } of this.#cursor.read(start, end)) {
      const line = type === "line" ? readLogLine(data) : undefined;
      if (line !== undefined) onLine(line);
    }
  }
}
