import { constants, fstatSync, openSync, readSync } from "node:fs";
import { highestNumber } from "./line-scanner.ts";

/** The log of a build at one moment. */
export type LogSource = LogInFile | LogInMemory;

interface LogInFile {
  readonly path: string;
  /** The epoch of its event ids. */
  readonly epoch: string;
  /** The number of bytes to read. */
  readonly size: number;
  /** The sequence number of an event that the search need not look before. Default: the first event. */
  readonly start?: number | undefined;
}

interface LogInMemory {
  /** Whole events. The thread of the search takes the memory over. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A log that is open for reading. */
export interface OpenLog {
  /** The log from the start of the search, whole events in each piece. A piece is valid until the next one is read. */
  readonly pieces: Iterable<Buffer>;
  /** The number of its lines. */
  readonly lineCount: number;
}

/** Fills a buffer with the bytes of a log at a position. */
type Reader = (target: Buffer, position: number) => void;

/** The size of a piece in bytes. A larger event has a larger piece. */
const PIECE_BYTES = 256 * 1024;
const MAX_PIECE_BYTES = 32 * 1024 * 1024;

/** The maximum number of bytes before the id of the first event. */
const HEAD_BYTES = 1024;

const BLANK_LINE = "\n\n";

/**
 * Opens a log for a thread that reads it synchronously. Node closes the file when the thread ends.
 *
 * @throws When the log cannot be read, or is the log of another build.
 */
export function openLog(source: LogSource): OpenLog {
  const isFile = "path" in source;
  const size = isFile ? source.size : source.bytes.length;
  const read = isFile ? fileReader(source) : memoryReader(source);
  const tail = Buffer.alloc(Math.min(PIECE_BYTES, size));
  read(tail, size - tail.length);
  // A redraw of an earlier line can follow the last line.
  const start = isFile ? findEvent(source, read) : 0;
  return { pieces: readPieces(start, size, read), lineCount: highestNumber(tail) };
}

/** Returns the position of an event before `start` and near it, or of the first event. */
function findEvent({ epoch, size, start = 1 }: LogInFile, read: Reader): number {
  const idLine = `\nid: ${epoch}-`;
  let low = 0;
  for (let high = start > 1 ? size : 0; high - low > PIECE_BYTES;) {
    const middle = Math.floor((low + high) / 2);
    const bytes = Buffer.alloc(Math.min(PIECE_BYTES, size - middle));
    read(bytes, middle);
    // The bytes begin within an event.
    const event = bytes.indexOf(BLANK_LINE) + BLANK_LINE.length;
    const id = event < BLANK_LINE.length ? -1 : bytes.indexOf(idLine, event);
    // An event that is longer than these bytes: look before it.
    const digits = bytes.toString("latin1", id + idLine.length, id + HEAD_BYTES);
    const sequence = id === -1 ? Infinity : Number.parseInt(digits, 10);
    if (sequence <= start) low = middle + event;
    else high = middle;
  }
  return low;
}

function memoryReader({ bytes }: LogInMemory): Reader {
  return (target, position) => target.set(bytes.subarray(position, position + target.length));
}

function fileReader({ path, epoch, size }: LogInFile): Reader {
  // Do not follow a link, which could lead to any file, and do not wait for the writer of a named pipe.
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if (!fstatSync(file).isFile()) throw new Error(`Cannot search ${path}: it is not a file`);
  const read: Reader = (target, position) => {
    for (let length = 0; length < target.length;) {
      const bytesRead = readSync(file, target, length, target.length - length, position + length);
      if (bytesRead === 0) throw new Error(`Cannot search ${path}: it was cut short`);
      length += bytesRead;
    }
  };
  const head = Buffer.alloc(Math.min(HEAD_BYTES, size));
  read(head, 0);
  if (size > 0 && !head.includes(`id: ${epoch}-`)) {
    throw new Error(`Cannot search ${path}: it is not the log "${epoch}"`);
  }
  return read;
}

function* readPieces(start: number, size: number, read: Reader): Generator<Buffer, void, undefined> {
  let buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
  for (let position = start; position < size;) {
    const bytes = buffer.subarray(0, size - position);
    read(bytes, position);
    const end = bytes.lastIndexOf(BLANK_LINE) + BLANK_LINE.length;
    if (end >= BLANK_LINE.length) {
      yield bytes.subarray(0, end);
      position += end;
    } else if (position + bytes.length === size) {
      // The last event is incomplete.
      return;
    } else if (buffer.length >= MAX_PIECE_BYTES) {
      throw new Error("Cannot search the log: an event in it is too long");
    } else buffer = Buffer.allocUnsafeSlow(buffer.length * 2);
  }
}
