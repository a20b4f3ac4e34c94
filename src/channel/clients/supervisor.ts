import { performance } from "node:perf_hooks";
import { Sweeper } from "./sweeper.ts";
import type { Connection } from "../connections/connection.ts";
import type { EncodedBytes } from "../log/encoded-bytes.ts";

/** One connected client, as a supervisor sees it. Times are those of `performance.now()`. */
export interface Supervised {
  readonly connection: Connection;
  /** When bytes were last written to the client. */
  lastWriteAt: number;
  /** When the connection reaches its maximum age. */
  readonly expiresAt: number;
}

/** The limits that a supervisor enforces, in milliseconds; 0 turns one off. */
export interface SupervisorLimits {
  /** The longest time without a write before a heartbeat. */
  readonly heartbeat: number;
  /** The longest time for which a client may read none of its waiting bytes. */
  readonly stallTimeout: number;
  /** The maximum age of a connection. */
  readonly maxConnectionAge: number;
}

/** How a supervisor removes clients. */
export interface SupervisorListener<Client> {
  /** Drops a client that has not read for `stallTimeout`. */
  onStall(client: Client): void;
  /** Ends the stream of a connection that has reached its maximum age. */
  onAge(client: Client): void;
}

/**
 * Enforces the time limits of open streams: writes heartbeats, drops stalled clients and ends old connections. A
 * channel has one supervisor for all its clients; a per-request stream has its own.
 */
export class Supervisor<Client extends Supervised> {
  readonly #limits: SupervisorLimits;
  readonly #heartbeat: EncodedBytes;
  readonly #listener: SupervisorListener<Client>;
  readonly #sweeper: Sweeper<Client>;

  /** @param heartbeat - The bytes of a heartbeat. */
  constructor(
    clients: ReadonlySet<Client>,
    limits: SupervisorLimits,
    heartbeat: EncodedBytes,
    listener: SupervisorListener<Client>,
  ) {
    this.#limits = limits;
    this.#heartbeat = heartbeat;
    this.#listener = listener;
    const delays = [limits.heartbeat, limits.stallTimeout, limits.maxConnectionAge].filter((delay) => delay > 0);
    this.#sweeper = new Sweeper(clients, Math.min(...delays, 10_000), (client) => this.#check(client));
  }

  /** Starts the timer if it is not running. */
  start(): void {
    this.#sweeper.start();
  }

  /** Stops the timer. */
  stop(): void {
    this.#sweeper.stop();
  }

  /**
   * Returns the time when a connection that opens now reaches its maximum age: after 80 to 100 % of the limit, so that
   * connections do not all end at the same time.
   */
  expiry(): number {
    const { maxConnectionAge } = this.#limits;
    return maxConnectionAge === 0 ? Infinity : performance.now() + maxConnectionAge * (0.8 + 0.2 * Math.random());
  }

  #check(client: Client): void {
    const { heartbeat, stallTimeout } = this.#limits;
    const { connection } = client;
    connection.look();
    const now = performance.now();
    if (stallTimeout > 0 && now - connection.blockedSince >= stallTimeout) {
      this.#listener.onStall(client);
    } else if (connection.isEnded) {
      // The client only has to read the rest.
    } else if (now >= client.expiresAt) {
      this.#listener.onAge(client);
    } else if (connection.isBlocked) {
      // The client does not read, so a heartbeat would only add unread bytes.
    } else if (heartbeat > 0 && now - client.lastWriteAt > heartbeat - this.#sweeper.period) {
      // Write the heartbeat now, since the next check may be too late.
      connection.write(this.#heartbeat);
      client.lastWriteAt = now;
    }
  }
}
