import { checkMethods, refuseCluster, refuseSentinel } from "./check-client.ts";
import type { RedisClient, RedisConnection } from "./redis-client.ts";

/** The parts of a client of the package `redis` (node-redis 5) that {@link nodeRedis} uses. */
export interface NodeRedisClient {
  readonly options?: { readonly socket?: object } | undefined;
  readonly isReady: boolean;
  duplicate(overrides: object): NodeRedisClient;
  on(event: "connect" | "error" | "end", listener: (error?: unknown) => void): unknown;
  connect(): Promise<unknown>;
  sendCommand(args: string[]): Promise<unknown>;
  subscribe(channels: string[], listener: (message: string, channel: string) => void): Promise<unknown>;
  unsubscribe(channels: string[], listener: (message: string, channel: string) => void): Promise<unknown>;
  destroy(): void;
}

/**
 * Makes a {@link RedisClient} from a client of the package `redis` (node-redis 5), made with `createClient`. The client
 * itself is not used and may be closed: each connection is a duplicate of it, with the same address, user and database.
 *
 * @throws {TailcastError} `INVALID_OPTION` when the value is not such a client, or is one of a cluster or of Sentinel.
 */
export function nodeRedis(client: NodeRedisClient): RedisClient {
  checkMethods("client", client, []);
  if ("getSentinelNode" in client) refuseSentinel();
  checkMethods("client", client, ["duplicate", "connect", "sendCommand", "subscribe", "unsubscribe", "destroy"]);
  if ("masters" in client) refuseCluster();
  return { connect: (onMessage, signal) => connect(client, onMessage, signal) };
}

async function connect(
  source: NodeRedisClient,
  onMessage: (channel: string, message: string) => void,
  signal: AbortSignal,
): Promise<RedisConnection> {
  const socket = { ...source.options?.socket, reconnectStrategy: false };
  const client = source.duplicate({ socket, disableOfflineQueue: true });
  const listener = (message: string, channel: string): void => onMessage(channel, message);
  let hasSocket = false;
  let isOver = false;
  const destroy = (): void => {
    isOver = true;
    // A client that is destroyed before it has a socket keeps the socket that it opens later.
    if (!hasSocket) return;
    // The client throws when it is destroyed a second time.
    try {
      client.destroy();
    } catch {
      return;
    }
  };
  client.on("connect", () => {
    hasSocket = true;
    if (isOver) destroy();
  });
  let abort = destroy;
  const ended = new Promise((resolve) => {
    abort = () => {
      destroy();
      resolve(new Error("The attempt to connect was aborted"));
    };
    client.on("error", (error) => {
      if (!client.isReady) resolve(error);
    });
    client.on("end", () => resolve(new Error("The connection was closed")));
  });
  signal.addEventListener("abort", abort, { once: true });
  try {
    await Promise.race([client.connect(), ended.then((error) => Promise.reject(error))]);
  } catch (error) {
    destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
  return {
    ended,
    command: (args) => client.sendCommand([...args]),
    subscribe: (channels) => client.subscribe([...channels], listener),
    unsubscribe: (channels) => client.unsubscribe([...channels], listener),
    destroy,
  };
}
