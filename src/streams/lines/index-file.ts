import { crc32 } from "node:zlib";
import { markKinds } from "./error-lines.ts";
import { ErrorMarks, MAX_MARKS } from "./error-marks.ts";
import { BLOCK_LINES, LineIndex, NEAR_EVENTS } from "./line-index.ts";
import type { LogMark } from "./error-marks.ts";
import type { LineBlock, LogSection } from "./line-index.ts";

/** The version of the format and of the patterns of errors. An index of another version is made again. */
const VERSION = 1;

/** Identifies the content of a log that an index belongs to. */
export interface LogSize {
  /** The sequence number that follows its last event. */
  readonly end: number;
  /** The size of its file. */
  readonly bytes: number;
}

/** The content of a file. Numbers that grow are stored as differences, which are shorter. */
interface IndexFile extends LogSize {
  readonly version: number;
  readonly lineCount: number;
  /** Three numbers for each block: its first line and start, each minus that of the block before, and its length. */
  readonly blocks: readonly number[];
  /** Two numbers for each state that is not in near events: the number of its line, and its sequence number. */
  readonly late: readonly number[];
  readonly sections: readonly LogSection[];
  readonly marks: readonly LogMark[];
  readonly marksOmitted: number;
}

/** Returns the text of an index, with a checksum. */
export function encodeIndex(index: LineIndex, { end, bytes }: LogSize): string {
  const blocks: number[] = [];
  const late: number[] = [];
  let before = { first: 0, start: 0 };
  for (const block of index.blocks) {
    blocks.push(block.first - before.first, block.start - before.start, block.end - block.start);
    for (const [number, sequence] of block.late) late.push(number, sequence);
    before = block;
  }
  const { lineCount, sections } = index;
  const { marks, omitted: marksOmitted } = index.marks;
  const file: IndexFile = { version: VERSION, end, bytes, lineCount, blocks, late, sections, marks, marksOmitted };
  const text = JSON.stringify(file);
  return `${crc32(text)} ${text}\n`;
}

/**
 * Reads the text of an index. It returns `undefined` for any text that is not the index of this log: another program
 * can have changed the file.
 */
export function decodeIndex(text: string, log: LogSize): LineIndex | undefined {
  const [, sum, json] = /^(\d+) (.*)\n$/.exec(text) ?? [];
  if (json === undefined || crc32(json) !== Number(sum)) return undefined;
  try {
    return readIndex(JSON.parse(json) as IndexFile, log);
  } catch {
    return undefined;
  }
}

/** @throws For any other content than that of an index. */
function readIndex(file: IndexFile, log: LogSize): LineIndex | undefined {
  const { version, end, bytes, late } = file;
  if (version !== VERSION || end !== log.end || bytes !== log.bytes) return undefined;
  // Each line has an event.
  const lineCount = integer(file.lineCount, 0, end - 1);
  const blocks: LineBlock[] = [];
  let first = 0;
  let start = 0;
  for (let at = 0; at < file.blocks.length; at += 3) {
    first += integer(file.blocks[at], 1, at === 0 ? 1 : BLOCK_LINES);
    start += integer(file.blocks[at + 1], 1, end);
    const length = integer(file.blocks[at + 2], 1, NEAR_EVENTS);
    integer(first, 1, lineCount);
    blocks.push({ first, start, end: integer(start + length, 2, end), late: new Map(), lengthBefore: 0 });
  }
  // Blocks without holes, up to the last line: a request for any line reads the log.
  integer(lineCount, first, blocks.length === 0 ? 0 : first + BLOCK_LINES - 1);
  const omitted = integer(file.marksOmitted, 0, end);
  const found = file.marks.slice(0, MAX_MARKS).map((mark) => readMark(mark, lineCount));
  const marks = new ErrorMarks({ marks: found, omitted });
  const sections = file.sections.map((section) => readSection(section, lineCount));
  const index = new LineIndex({ blocks, sections, marks, end, lineCount });
  for (let at = 0; at < late.length; at += 2) {
    index.setLate(integer(late[at], 1, lineCount), integer(late[at + 1], 1, end - 1));
  }
  return index;
}

function readSection({ step, first }: LogSection, lineCount: number): LogSection {
  if (step !== null && typeof step !== "string") throw new TypeError("Not the name of a step");
  return { step, first: integer(first, 1, lineCount) };
}

function readMark({ line, kind }: LogMark, lineCount: number): LogMark {
  if (!markKinds.includes(kind)) throw new TypeError("Not the kind of a mark");
  return { line: integer(line, 1, lineCount), kind };
}

function integer(value: unknown, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || Number(value) < least || Number(value) > most) {
    throw new RangeError(`Not a number from ${least} to ${most}: ${String(value)}`);
  }
  return Number(value);
}
