import { setImmediate as turn } from "node:timers/promises";
import { LineSplitter } from "./line-splitter.ts";
import type { OutputStream } from "../events.ts";
import type { RowChange } from "../../terminal/screen.ts";
import type { Mask } from "./mask.ts";
import type { OutputSource } from "./output-pipes.ts";

/** One line that a step printed, or that the runner emits about it (`system`). */
export interface OutputLine {
  readonly stream: OutputStream;
  readonly text: string;
  /** The row of its stream's screen. A later line with the same row replaces it. `undefined`: it is never replaced. */
  readonly row?: number | undefined;
  /** It has no line end yet, or was redrawn and may be again. Another line with the same row follows. */
  readonly isOpen?: boolean | undefined;
}

/**
 * Receives lines of one pipe, in order. No more is read from that pipe until a returned promise has resolved, which
 * blocks the command when the pipe is full: a slow consumer costs time, but no memory.
 */
export type OnLines = (lines: readonly OutputLine[]) => void | Promise<void>;

/**
 * How many lines of a step are emitted before the event loop turns. One read can hold 65 536 lines, which would delay
 * all requests to a build server. At about 2 µs a line, this number takes a millisecond. Half of it costs 4 % more,
 * because the log is written in smaller pieces.
 */
const LINES_PER_TURN = 512;

/**
 * How many bytes are divided into lines before the event loop turns. A pipe can deliver two megabytes in one turn, and
 * dividing 64 KiB takes up to 60 ms: a control function of a few bytes makes a line of 256 characters.
 */
const BYTES_PER_TURN = 16 * 1024;

/** How long a line without a line end waits for it before it is emitted as it is, in milliseconds. */
const OPEN_INTERVAL = 500;

/** One pipe of the command. */
interface Source extends OutputSource {
  readonly splitter: LineSplitter;
  /** The number of the read in which its unfinished line began, for a comparison with the other pipe. */
  beganAt: number;
  /** Its lines are being emitted, so a line that follows them must wait. */
  isDelivering: boolean;
  /** Settles when its unfinished lines were emitted; `undefined` when none are being emitted. */
  showing: Promise<void> | undefined;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Reads the pipes of a command in parallel, as lines. The order of lines of two pipes is unknown. A flood of lines is
 * emitted in slices; until then no pipe is read, and the command blocks.
 *
 * A line that gets no line end for {@link OPEN_INTERVAL}, or after which another pipe brings lines, is emitted as open.
 */
export class StepOutput {
  /** Resolves when all pipes have ended and the consumer has accepted every line. Never rejects. */
  readonly ended: Promise<void>;
  readonly #sources: readonly Source[];
  readonly #onLines: OnLines;
  readonly #onRead: (() => void) | undefined;
  readonly #failure = new AbortController();
  /** How many lines of all pipes may still be emitted before the event loop turns. */
  #room = LINES_PER_TURN;
  /** How many bytes of all pipes may still be divided into lines before the event loop turns. */
  #bytesLeft = BYTES_PER_TURN;
  #nextTurn: Promise<void> | undefined;
  /** Settles when the lines of both pipes were emitted that were read so far. */
  #lastDelivery: Promise<void> = Promise.resolve();
  #bytesRead = 0;
  #reads = 0;
  /** How many pipes wait for the consumer, or for the next turn of the event loop. */
  #busyPipes = 0;
  #waitingTime = 0;
  #waitingSince = performance.now();
  #isClosed = false;

  /** @param onRead - Called whenever output was read. Default: nothing. */
  constructor(sources: readonly OutputSource[], onLines: OnLines, mask?: Mask, onRead?: () => void) {
    this.#onLines = onLines;
    this.#onRead = onRead;
    this.#sources = sources.map((source) => {
      const splitter = new LineSplitter({ mask });
      return { ...source, splitter, beganAt: 0, isDelivering: false, showing: undefined, timer: undefined };
    });
    this.ended = Promise.all(this.#sources.map((source) => this.#read(source))).then(() => undefined);
  }

  /**
   * Aborts, with the error as its reason, when `onLines` throws or rejects. `onLines` is not called again after that.
   */
  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  /** How many bytes were read. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** How long this has waited for the command to write, in milliseconds. The time of emitting lines does not count. */
  get waitingTime(): number {
    return this.#waitingTime + this.silentTime;
  }

  /**
   * How long no pipe has delivered a byte, in milliseconds. It is 0 while lines are emitted: the command may be blocked
   * then.
   */
  get silentTime(): number {
    return this.#busyPipes === 0 ? performance.now() - this.#waitingSince : 0;
  }

  /** Emits a line of the runner about the step immediately. */
  say(text: string): void {
    for (const source of this.#sources) void this.#show(source);
    void this.#emit([{ stream: "system", text }]);
  }

  /** Stops reading. Text that was read already is still delivered, including a last line without a line end. */
  stop(): void {
    for (const { reader } of this.#sources) reader.destroy();
  }

  /** Stops reading and delivering, even if the consumer has not yet accepted earlier lines. */
  close(): void {
    this.#isClosed = true;
    this.stop();
  }

  async #read(source: Source): Promise<void> {
    const { splitter, reader } = source;
    try {
      for await (const chunk of reader as AsyncIterable<Uint8Array>) {
        this.#bytesRead += chunk.length;
        this.#onRead?.();
        this.#showBeforeOthers(source);
        this.#reads += 1;
        for (let start = 0; start < chunk.length; start += BYTES_PER_TURN) {
          while (this.#bytesLeft <= 0) await this.#makeRoom();
          const slice = chunk.subarray(start, start + BYTES_PER_TURN);
          this.#bytesLeft -= slice.length;
          if (!splitter.hasUnshownLine) source.beganAt = this.#reads;
          const row = splitter.nextRow;
          await this.#deliver(source, row, splitter.push(slice), splitter.takeRedrawn());
        }
        source.timer ??= this.#showLater(source);
      }
    } catch {
      // The pipe was destroyed by stop(), or reading it failed: either way it has ended.
    }
    clearTimeout(source.timer);
    this.#showBeforeOthers(source);
    const row = splitter.nextRow;
    await this.#deliver(source, row, splitter.end(), splitter.takeRedrawn());
  }

  /**
   * @param row - The row of the first text.
   * @param redrawn - Rows that were redrawn, and have their last state.
   */
  async #deliver(source: Source, row: number, texts: string[], redrawn: readonly RowChange[]): Promise<void> {
    const { stream } = source;
    this.#waitingTime = this.waitingTime;
    this.#busyPipes += 1;
    source.isDelivering = true;
    // It may contain lines that are finished, which wait for the consumer.
    await source.showing;
    const release = texts.length === 0 ? () => undefined : await this.#awaitTurn(source);
    const older = redrawn.filter((change) => change.row < row);
    if (older.length > 0) await this.#emit(older.map((change) => ({ stream, ...change })));
    // Rows of these texts that were already redrawn get their last state now.
    for (const change of redrawn) if (change.row >= row) texts[change.row - row] = change.text;
    for (let start = 0, end = 0; start < texts.length && !this.#isOver; start = end) {
      // In a loop, since a pipe that has waited longer may have used up the new room.
      while (this.#room === 0) await this.#makeRoom();
      end = Math.min(start + this.#room, texts.length);
      this.#room -= end - start;
      const first = row + start;
      await this.#emit(texts.slice(start, end).map((text, at) => ({ stream, text, row: first + at, isOpen: false })));
    }
    release();
    source.isDelivering = false;
    this.#busyPipes -= 1;
    this.#waitingSince = performance.now();
  }

  /**
   * Waits until the lines that were read before are emitted, among them an unfinished line of the other pipe.
   *
   * @returns A function that lets the lines of the other pipe follow.
   */
  async #awaitTurn(source: Source): Promise<() => void> {
    const others = this.#sources.filter((other) => other !== source);
    if (others.length === 0) return () => undefined;
    const before = this.#lastDelivery;
    let release: () => void = () => undefined;
    this.#lastDelivery = new Promise((resolve) => (release = resolve));
    for (const other of others) void this.#show(other);
    await before;
    for (const other of others) {
      await other.showing;
      void this.#show(other);
    }
    return release;
  }

  /**
   * Shows the line without a line end, unless a newer one replaces it meanwhile: a flood of lines is not
   * interrupted.
   */
  #showLater(source: Source): NodeJS.Timeout {
    const { splitter } = source;
    const row = splitter.nextRow;
    return setTimeout(() => {
      source.timer = undefined;
      if (splitter.nextRow === row) void this.#show(source);
      else source.timer = this.#showLater(source);
    }, OPEN_INTERVAL);
  }

  /**
   * Shows a line without a line end that began before such a line of another pipe. The end of the line will show the
   * other one, which must not come first.
   */
  #showBeforeOthers(source: Source): void {
    const isFirst = ({ splitter, beganAt }: Source): boolean => splitter.hasUnshownLine && beganAt > source.beganAt;
    if (source.splitter.hasUnshownLine && this.#sources.some(isFirst)) void this.#show(source);
  }

  /** Emits the lines of a pipe that are not finished, if they have changed, after older ones of the other pipe. */
  async #show(source: Source): Promise<void> {
    const { stream, splitter, beganAt, isDelivering, showing } = source;
    for (const other of this.#sources) {
      if (other.splitter.hasUnshownLine && other.beganAt < beganAt) void this.#show(other);
    }
    // Numbers are given in order, so lines that are being delivered come first.
    if (isDelivering || showing !== undefined || this.#isOver) return;
    const changes = splitter.takeChanges();
    if (changes.length === 0) return;
    source.showing = this.#emit(changes.map((change) => ({ stream, ...change })));
    await source.showing;
    source.showing = undefined;
  }

  /** Waits for the next turn of the event loop, which all pipes share. */
  #makeRoom(): Promise<void> {
    this.#nextTurn ??= turn().then(() => {
      this.#nextTurn = undefined;
      this.#room = LINES_PER_TURN;
      this.#bytesLeft = BYTES_PER_TURN;
    });
    return this.#nextTurn;
  }

  get #isOver(): boolean {
    return this.#isClosed || this.failure.aborted;
  }

  async #emit(lines: readonly OutputLine[]): Promise<void> {
    if (this.#isOver) return;
    try {
      await this.#onLines(lines);
    } catch (error) {
      this.#failure.abort(error);
    }
  }
}
