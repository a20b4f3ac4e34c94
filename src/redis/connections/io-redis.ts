import { checkMethods, refuseCluster } from "./check-client.ts";
import type { RedisClient, RedisConnection } from "./redis-client.ts";

/** The parts of a client of the package `ioredis` that {@link ioRedis} uses. */
export interface IoRedisClient {
  readonly options?: { readonly db?: number | undefined } | undefined;
  readonly isCluster?: boolean;
  duplicate(overrides: object): IoRedisClient;
  on(event: string, listener: (...args: never[]) => void): unknown;
  connect(): Promise<unknown>;
  call(command: string, ...args: string[]): Promise<unknown>;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
  disconnect(reconnect?: boolean): void;
}

/** The options of each connection: it neither reconnects nor keeps or repeats commands. */
const connectionOptions = {
  lazyConnect: true,
  retryStrategy: () => null,
  sentinelRetryStrategy: () => null,
  reconnectOnError: null,
  enableOfflineQueue: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
};

/**
 * Makes a {@link RedisClient} from a client of the package `ioredis` (5), also one that finds the server through
 * Sentinel. The client itself is not used and may be closed: each connection is a duplicate of it, with the same
 * address, user and database.
 *
 * @throws {TailcastError} `INVALID_OPTION` when the value is not such a client, or is a cluster.
 */
export function ioRedis(client: IoRedisClient): RedisClient {
  checkMethods("client", client, []);
  if (client.isCluster === true) refuseCluster();
  checkMethods("client", client, ["duplicate", "connect", "call", "subscribe", "unsubscribe", "disconnect"]);
  return { connect: (onMessage, signal) => connect(client, onMessage, signal) };
}

async function connect(
  source: IoRedisClient,
  onMessage: (channel: string, message: string) => void,
  signal: AbortSignal,
): Promise<RedisConnection> {
  const client = source.duplicate(connectionOptions);
  let lastError: unknown;
  client.on("error", (error: unknown) => (lastError = error));
  client.on("message", onMessage);
  const ended = new Promise((resolve) => {
    client.on("end", () => resolve(lastError ?? new Error("The connection was closed")));
  });
  let isOver = false;
  const destroy = (): void => {
    // Each further call would add a listener to the socket.
    if (!isOver) client.disconnect();
    isOver = true;
  };
  signal.addEventListener("abort", destroy, { once: true });
  try {
    await Promise.race([client.connect(), ended.then((error) => Promise.reject(error))]);
    // The client ignores it when Redis refuses the database, and would use database 0.
    const { db = 0 } = source.options ?? {};
    if (db !== 0) await client.call("SELECT", String(db));
  } catch (error) {
    destroy();
    // The client rejects with "Connection is closed." and emits the reason.
    throw lastError ?? error;
  } finally {
    signal.removeEventListener("abort", destroy);
  }
  return {
    ended,
    command: ([name = "", ...args]) => client.call(name, ...args),
    subscribe: (channels) => client.subscribe(...channels),
    unsubscribe: (channels) => client.unsubscribe(...channels),
    destroy,
  };
}
