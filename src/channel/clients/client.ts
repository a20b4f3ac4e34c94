import { performance } from "node:perf_hooks";
import { TailcastError } from "../../error.ts";
import { encodeEvent } from "../../protocol/encode.ts";
import { EncodedBytes } from "../log/encoded-bytes.ts";
import type { EventFields } from "../../protocol/encode.ts";
import type { Connection, ConnectionListener, EndScope } from "../connections/connection.ts";
import type { Gap } from "../log/gap.ts";

/**
 * How a client started: with new events, exactly after its last event, or with a gap. A client of a shared log whose
 * last event this process has not seen yet starts as `resumed`, and may receive a gap later.
 */
export type ClientStart = "fresh" | "resumed" | "gap";

/**
 * The reason why a connection ended:
 * - `left`: the client closed it, or the network did;
 * - `stalled`: the client did not read for `stallTimeout`;
 * - `aged`: the connection reached `maxConnectionAge`;
 * - `ended`: the log is complete, and the client has all of it;
 * - `closed`: the channel was closed;
 * - `dismissed`: the server closed this one client.
 */
export type CloseReason = "left" | "stalled" | "aged" | "ended" | "closed" | "dismissed";

/** One connected client, as the server sees it. */
export interface ChannelClient<Data = unknown> {
  /** How it started. */
  readonly start: ClientStart;
  /** The last event id of its request; empty without one. */
  readonly lastEventId: string;
  /** The `data` that the application passed with the request. */
  readonly data: Data;
  /** Resolves with the reason when its connection is over. Never rejects. */
  readonly closed: Promise<CloseReason>;
  /**
   * Aborted when its connection is over. Use it for work that serves only this client. Its `reason` is a
   * `TailcastError`: `CLIENT_LEFT` when the client left or stalled, `CHANNEL_CLOSED` when the server ended the stream.
   */
  readonly signal: AbortSignal;
  /**
   * Sends an event only to this client, such as a greeting or a snapshot. It is not part of the log, so it has no id
   * and is never replayed.
   *
   * @returns Whether the event was written: false when the client has left, or has not read the earlier bytes.
   * @throws {TailcastError} `INVALID_EVENT`
   */
  send(event: EventFields | string): boolean;
  /** Ends its stream. A browser's EventSource will reconnect. */
  close(): void;
}

/** The object that brings a client up to date. */
export interface ClientHost {
  advance(client: Client): void;
  forget(client: Client): void;
}

/** The properties of a client that do not change, and its first event. */
export interface ClientInit {
  readonly start: ClientStart;
  readonly lastEventId: string;
  /** The sequence number of its first event; `Infinity` while that is not known, see `UnseenIds`. */
  readonly next: number;
  /** The address under which the limit counts the client; `undefined` without a limit per address. */
  readonly address: string | undefined;
  readonly data: unknown;
  readonly expiresAt: number;
}

/** A client: a cursor in the log, and a connection. It has no queue. */
export class Client implements ChannelClient, ConnectionListener {
  readonly #host: ClientHost;
  readonly start: ClientStart;
  readonly lastEventId: string;
  readonly address: string | undefined;
  readonly data: unknown;
  readonly connection: Connection;
  /** The sequence number of its next event; `Infinity` while that is not known. */
  next: number;
  /** A gap that the client must receive before it continues with the oldest event. */
  gap: Gap | undefined;
  /** The time of the last write. All times are those of `performance.now()`. */
  lastWriteAt: number;
  /** The time when its connection reaches its maximum age. */
  readonly expiresAt: number;
  /** The server sets it when it ends the connection. Otherwise the client left. */
  closeReason: CloseReason = "left";
  /** Created when the application first uses `closed` or `signal`, which most applications never do. */
  #over: AbortController | undefined;
  #isOver = false;

  /** @param open - Opens the connection, which reports to the given listener. */
  constructor(host: ClientHost, init: ClientInit, open: (listener: ConnectionListener) => Connection) {
    this.#host = host;
    this.start = init.start;
    this.lastEventId = init.lastEventId;
    this.address = init.address;
    this.data = init.data;
    this.next = init.next;
    this.gap = undefined;
    this.expiresAt = init.expiresAt;
    this.lastWriteAt = performance.now();
    this.connection = open(this);
  }

  get signal(): AbortSignal {
    if (this.#over === undefined) {
      this.#over = new AbortController();
      if (this.#isOver) this.#abort();
    }
    return this.#over.signal;
  }

  get closed(): Promise<CloseReason> {
    const { signal } = this;
    return new Promise((resolve) => {
      if (signal.aborted) resolve(this.closeReason);
      else signal.addEventListener("abort", () => resolve(this.closeReason), { once: true });
    });
  }

  /** Writes to the connection and notes the time. */
  write(bytes: EncodedBytes, now: number): void {
    this.connection.write(bytes);
    this.lastWriteAt = now;
  }

  send(event: EventFields | string): boolean {
    const fields = typeof event === "string" ? { data: event } : event;
    const text = encodeEvent(fields);
    if ((fields.id ?? undefined) !== undefined) {
      const message =
        "Cannot send the event: an id would move the client's place in the log; publish it, or leave the id out";
      throw new TailcastError("INVALID_EVENT", message);
    }
    if (this.connection.isEnded || this.connection.isBlocked) return false;
    this.write(new EncodedBytes(text), performance.now());
    return true;
  }

  close(): void {
    this.end("dismissed");
  }

  /** Ends the stream after all written bytes and `farewell`. */
  end(reason: CloseReason, farewell?: EncodedBytes, scope?: EndScope): void {
    if (this.closeReason === "left") this.closeReason = reason;
    if (farewell !== undefined) this.connection.write(farewell);
    this.connection.end(scope);
  }

  /** Drops the connection immediately. */
  destroy(reason: CloseReason): void {
    if (this.closeReason === "left") this.closeReason = reason;
    this.connection.destroy();
  }

  onDrain(): void {
    this.#host.advance(this);
  }

  onClose(): void {
    this.#isOver = true;
    this.#host.forget(this);
    if (this.#over !== undefined) this.#abort();
  }

  #abort(): void {
    const code = this.closeReason === "left" || this.closeReason === "stalled" ? "CLIENT_LEFT" : "CHANNEL_CLOSED";
    this.#over?.abort(new TailcastError(code, `The client's stream is over: ${this.closeReason}`));
  }
}
