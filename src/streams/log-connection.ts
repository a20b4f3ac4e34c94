import { NodeConnection } from "../channel/connections/node-connection.ts";
import { EncodedBytes } from "../channel/log/encoded-bytes.ts";
import { LineOrder } from "./line-order.ts";
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

/** A client of a build's channel that receives the lines as text instead of events. Everything else is the same. */
export class LogConnection implements Connection {
  readonly #connection: NodeConnection;
  readonly #texts: LogTexts;
  readonly #order = new LineOrder();

  constructor(response: ServerResponse, texts: LogTexts, listener: ConnectionListener) {
    this.#texts = texts;
    this.#connection = new NodeConnection(response, false, undefined, listener, LOG_HEADERS);
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

  /** Writes the lines among the events. Heartbeats and other events have no text. */
  write(events: EncodedBytes): void {
    const order = this.#order;
    const { bytes, lines, first = order.next, length } = this.#texts.of(events);
    if (bytes === undefined && lines === undefined) return;
    // Nearly always, no line has more than one state.
    if (bytes !== undefined && !order.isHolding && first >= order.next) {
      if (first > order.next) this.#writeText(missingLines(first - order.next));
      order.next = first + length;
      this.#connection.write(bytes);
    } else this.#writeText(order.push(this.#texts.linesOf(events)));
  }

  end(scope?: EndScope): void {
    this.#writeText(this.#order.end());
    this.#connection.end(scope);
  }

  look(): void {
    this.#connection.look();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  #writeText(text: string): void {
    if (text !== "") this.#connection.write(new EncodedBytes(text));
  }
}
