import { NodeConnection } from "../channel/connections/node-connection.ts";
import { EncodedBytes } from "../channel/log/encoded-bytes.ts";
import { LineOrder, MAX_WAITING } from "./line-order.ts";
import { missingLines } from "./log-text.ts";
import type { ServerResponse } from "node:http";
import type { Connection, ConnectionListener, EndScope } from "../channel/connections/connection.ts";
import type { LogTexts } from "./log-text.ts";

/** The headers of a log as text. */
export const LOG_HEADERS: Readonly<Record<string, string>> = {
  "Content-Type": "text/plain; charset=utf-8",
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
};

/**
 * The minimum time for which the lines of a running build wait for a redraw, in milliseconds. The runner reports a
 * redraw within half a second, and most programs redraw several times a second.
 */
const LIVE_DELAY = 1000;

/** Lines with only one state. Clients share their text. */
interface PlainPiece {
  readonly events: EncodedBytes;
  readonly bytes: EncodedBytes;
  /** The expected number of the first line. */
  readonly before: number;
  readonly first: number;
  readonly length: number;
  /** The time when it arrived, by `performance.now()`. */
  readonly since: number;
}

/**
 * A client of a build's channel that receives the lines as text instead of events.
 *
 * Each line is sent once, with its last state. So the last lines wait until they can no longer be redrawn; while the
 * build runs, they wait for about a second.
 */
export class LogConnection implements Connection {
  readonly #connection: NodeConnection;
  readonly #texts: LogTexts;
  readonly #isOver: () => boolean;
  readonly #order = new LineOrder();
  /** The waiting lines while each of them has only one state. Otherwise the waiting lines are in `#order`. */
  #pieces: PlainPiece[] = [];
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param isOver - Returns whether the build has ended. Lines then wait only for the lines after them, not for a
   * redraw.
   */
  constructor(response: ServerResponse, texts: LogTexts, listener: ConnectionListener, isOver: () => boolean) {
    this.#texts = texts;
    this.#isOver = isOver;
    const onClose = (): void => {
      clearTimeout(this.#timer);
      listener.onClose();
    };
    const own = { onDrain: () => listener.onDrain(), onClose };
    this.#connection = new NodeConnection(response, false, undefined, own, LOG_HEADERS);
  }

  get isBlocked(): boolean {
    return this.#connection.isBlocked;
  }

  get blockedSince(): number {
    return this.#connection.blockedSince;
  }

  get isEnded(): boolean {
    return this.#connection.isEnded;
  }

  /** Writes the text of the `line` events. Heartbeats and other events have no text. */
  write(events: EncodedBytes): void {
    const order = this.#order;
    const { bytes, lines, first = order.next, length } = this.#texts.of(events);
    if (bytes === undefined && lines === undefined) return;
    const since = performance.now();
    // In nearly all cases, each line has only one state.
    if (bytes !== undefined && first >= order.next && this.#mayShare(length)) {
      this.#writeText(order.end());
      this.#pieces.push({ events, bytes, before: order.next, first, length, since });
      order.next = first + length;
      let waiting = this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
      this.#writePieces((piece) => (waiting -= piece.length) >= MAX_WAITING);
    } else this.#writeText(this.#orderPieces() + order.push(this.#texts.linesOf(events), since));
    this.#timer ??= this.#writeLater();
  }

  end(scope?: EndScope): void {
    clearTimeout(this.#timer);
    this.#writePieces(() => true);
    this.#writeText(this.#order.end());
    this.#connection.end(scope);
  }

  look(): void {
    this.#connection.look();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  /** Whether the next lines need no sorting, since no line before them can change. */
  #mayShare(length: number): boolean {
    const { isHolding, hasOpen } = this.#order;
    return !isHolding || (!hasOpen && length >= MAX_WAITING);
  }

  /** Moves the lines of the pieces to `#order`. */
  #orderPieces(): string {
    const [first] = this.#pieces;
    if (first === undefined) return "";
    this.#order.next = first.before;
    let text = "";
    for (const { events, since } of this.#pieces) text += this.#order.push(this.#texts.linesOf(events), since);
    this.#pieces = [];
    return text;
  }

  #writePieces(mayGo: (piece: PlainPiece) => boolean): void {
    const kept = this.#pieces.findIndex((piece) => !mayGo(piece));
    for (const { before, first, bytes } of this.#pieces.splice(0, kept === -1 ? Infinity : kept)) {
      if (first > before) this.#writeText(missingLines(first - before));
      this.#connection.write(bytes);
    }
  }

  /** Limits the waiting time of lines while the build runs. A blocked client must first read the earlier lines. */
  #writeLater(): NodeJS.Timeout | undefined {
    const since = this.#pieces[0]?.since ?? this.#order.waitingSince;
    if (since === undefined || this.#isOver()) return undefined;
    return setTimeout(
      () => {
        if (!this.isBlocked && !this.#isOver()) {
          const moment = performance.now() - LIVE_DELAY;
          this.#writePieces((piece) => piece.since <= moment);
          this.#writeText(this.#order.releaseBefore(moment));
        }
        this.#timer = this.#writeLater();
      },
      this.isBlocked ? LIVE_DELAY : Math.max(1, Math.ceil(since + LIVE_DELAY - performance.now())),
    );
  }

  #writeText(text: string): void {
    if (text !== "") this.#connection.write(new EncodedBytes(text));
  }
}
