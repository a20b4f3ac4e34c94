/**
 * `tailcast/redis`: logs on Redis Streams, which any number of processes append to and show.
 *
 * @module
 */
export { RedisLogs } from "./redis-logs.ts";
export type { RedisLog } from "./redis-log.ts";
export type { RedisLogsOptions } from "./options.ts";
export { nodeRedis } from "./connections/node-redis.ts";
export type { NodeRedisClient } from "./connections/node-redis.ts";
export { ioRedis } from "./connections/io-redis.ts";
export type { IoRedisClient } from "./connections/io-redis.ts";
export type { RedisClient, RedisConnection } from "./connections/redis-client.ts";
