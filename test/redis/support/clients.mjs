/** The clients of `redis` and `ioredis`, in both versions. */
import { Redis } from "ioredis";
import { Redis as Redis6 } from "ioredis-6";
import { createClient } from "redis";
import { createClient as createClient6 } from "redis-6";
import { RedisLogs, ioRedis, nodeRedis } from "../../../dist/redis/index.js";

/** Makes the argument of `RedisLogs` for the server with this URL. */
export const CLIENTS = {
  "redis 5": (url) => nodeRedis(createClient({ url })),
  "ioredis 5": (url) => ioRedis(new Redis(url, { lazyConnect: true })),
};

/** The newer versions, which the adapters accept too. */
export const NEWER_CLIENTS = {
  "redis 6": (url) => nodeRedis(createClient6({ url })),
  "ioredis 6": (url) => ioRedis(new Redis6(url, { lazyConnect: true })),
};

/** Opens the logs of a server, as one process has them. They are closed after the test. */
export function openLogs(t, server, options = {}, client = CLIENTS["redis 5"]) {
  const logs = new RedisLogs(client(server.url), { timeout: 2000, checkInterval: 300, ...options });
  t.after(() => logs.close());
  return logs;
}
