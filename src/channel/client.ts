import { performance } from "node:perf_hooks";
import { Connection } from "./connection.ts";
import type { ServerResponse } from "node:http";
import type { Chunk } from "./chunk.ts";

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
export interface ChannelClient {
  /** How it started. */
  readonly outcome: Outcome;
  /** The last event id it came with; empty when it came with none. */
  readonly lastEventId: string;
  /** Ends its stream. A browser's EventSource will reconnect. */
  close(): void;
}

/** What a client needs of its channel. */
export interface ClientHost {
  advance(client: Client): void;
  forget(client: Client): void;
}

/** A client is a cursor in the log, with a connection to write to. It has no queue of its own. */
export class Client implements ChannelClient {
  readonly outcome: Outcome;
  readonly lastEventId: string;
  readonly address: string;
  readonly connection: Connection;
  /** The sequence number of the event that it gets next. */
  next: number;
  /** Whether it catches up in slices, and its next one is due in the next turn. */
  isCatchingUp = false;
  /** When something was last written to it; by `performance.now()`, as the others. */
  lastWriteAt: number;
  /** Since when it has not taken what was written; `Infinity` while it keeps up. */
  blockedSince: number = Infinity;
  /** When its connection has lived long enough. */
  readonly expiresAt: number;
  /** Set when the server ends the connection; otherwise the client left. */
  closeReason: CloseReason = "left";

  constructor(
    host: ClientHost,
    response: ServerResponse,
    opening: Chunk,
    start: { outcome: Outcome; lastEventId: string; next: number; address: string; now: number; expiresAt: number },
  ) {
    this.outcome = start.outcome;
    this.lastEventId = start.lastEventId;
    this.address = start.address;
    this.next = start.next;
    this.lastWriteAt = start.now;
    this.expiresAt = start.expiresAt;
    this.connection = new Connection(response, opening, {
      onDrain: () => {
        this.blockedSince = Infinity;
        host.advance(this);
      },
      onClose: () => host.forget(this),
    });
  }

  /** Writes to the connection and keeps account of time. */
  write(chunk: Chunk, now: number): void {
    this.connection.write(chunk);
    this.lastWriteAt = now;
    if (this.connection.isBlocked) this.blockedSince = now;
  }

  /** Ends the stream, after what was written and `farewell`. */
  end(reason: CloseReason, farewell?: Chunk): void {
    if (this.closeReason === "left") this.closeReason = reason;
    if (farewell !== undefined) this.connection.write(farewell);
    this.connection.end();
    // It must take the rest, too: a client that never does is not waited for longer than any other.
    this.blockedSince = Math.min(this.blockedSince, performance.now());
  }

  /** Drops the connection at once. */
  destroy(reason: CloseReason): void {
    if (this.closeReason === "left") this.closeReason = reason;
    this.connection.destroy();
  }

  close(): void {
    this.end("dismissed");
  }
}
