import { performance } from "node:perf_hooks";
import { TailcastError } from "../../error.ts";
import { encodeEvent } from "../../protocol/encode.ts";
import { EncodedBytes } from "../log/encoded-bytes.ts";
import type { EventFields } from "../../protocol/encode.ts";
import type { Connection, ConnectionListener } from "../connections/connection.ts";

/** How a client started: from now on, exactly where it stopped, or with a hole that it was told of. */
export type Outcome = "fresh" | "resumed" | "gap";

/**
 * Why a connection ended:
 * - `left`: the client closed it, or the network did;
 * - `stalled`: it took nothing for `stallTimeout`;
 * - `aged`: it reached `maxConnectionAge`;
 * - `ended`: the log is complete, and the client has all of it;
 * - `closed`: the channel was closed;
 * - `dismissed`: the server closed this one client.
 */
export type CloseReason = "left" | "stalled" | "aged" | "ended" | "closed" | "dismissed";

/** One connected client, as the server sees it. */
export interface ChannelClient<Data = unknown> {
  /** How it started. */
  readonly outcome: Outcome;
  /** The last event id it came with; empty when it came with none. */
  readonly lastEventId: string;
  /** What the application gave with the request. */
  readonly data: Data;
  /**
   * Sends an event to this client alone: a greeting, a snapshot. It is no part of the log, so it has no id, and nobody
   * gets it again.
   *
   * @returns Whether it was written. It is not when the client has gone, or does not take what it has already.
   * @throws {TailcastError} `INVALID_EVENT`
   */
  send(event: EventFields | string): boolean;
  /** Ends its stream. A browser's EventSource will reconnect. */
  close(): void;
}

/** What a client needs of its channel. */
export interface ClientHost {
  advance(client: Client): void;
  forget(client: Client): void;
}

/** Where a client starts. */
export interface ClientStart {
  readonly outcome: Outcome;
  readonly lastEventId: string;
  /** The sequence number of its first event. */
  readonly next: number;
  /** What the limit per address counts it under; `undefined` when it counts nothing. */
  readonly address: string | undefined;
  readonly data: unknown;
  readonly expiresAt: number;
}

/** A client is a cursor in the log, with a connection to write to. It has no queue of its own. */
export class Client implements ChannelClient, ConnectionListener {
  readonly #host: ClientHost;
  readonly outcome: Outcome;
  readonly lastEventId: string;
  readonly address: string | undefined;
  readonly data: unknown;
  readonly connection: Connection;
  /** The sequence number of the event that it gets next. */
  next: number;
  /** When something was last written to it; by `performance.now()`, as the others. */
  lastWriteAt: number;
  /** When its connection has lived long enough. */
  readonly expiresAt: number;
  /** Set when the server ends the connection; otherwise the client left. */
  closeReason: CloseReason = "left";

  /** @param open - Opens the connection, which reports to the given listener. */
  constructor(host: ClientHost, start: ClientStart, open: (listener: ConnectionListener) => Connection) {
    this.#host = host;
    this.outcome = start.outcome;
    this.lastEventId = start.lastEventId;
    this.address = start.address;
    this.data = start.data;
    this.next = start.next;
    this.expiresAt = start.expiresAt;
    this.lastWriteAt = performance.now();
    this.connection = open(this);
  }

  /** Writes to the connection and keeps account of time. */
  write(chunk: EncodedBytes, now: number): void {
    this.connection.write(chunk);
    this.lastWriteAt = now;
  }

  send(event: EventFields | string): boolean {
    const fields = typeof event === "string" ? { data: event } : event;
    if ((fields.id ?? undefined) !== undefined) {
      const message =
        "Cannot send the event: an id would move the client's place in the log; publish it, or leave the id out";
      throw new TailcastError("INVALID_EVENT", message);
    }
    const text = encodeEvent(fields);
    if (this.connection.isEnded || this.connection.isBlocked) return false;
    this.write(new EncodedBytes(text), performance.now());
    return true;
  }

  close(): void {
    this.end("dismissed");
  }

  /** Ends the stream, after what was written and `farewell`. */
  end(reason: CloseReason, farewell?: EncodedBytes): void {
    if (this.closeReason === "left") this.closeReason = reason;
    if (farewell !== undefined) this.connection.write(farewell);
    this.connection.end();
  }

  /** Drops the connection at once. */
  destroy(reason: CloseReason): void {
    if (this.closeReason === "left") this.closeReason = reason;
    this.connection.destroy();
  }

  onDrain(): void {
    this.#host.advance(this);
  }

  onClose(): void {
    this.#host.forget(this);
  }
}
