/** The types of all clients fit the adapters; `types.test.mjs` compiles this file. */
import { Redis } from "ioredis";
import { Redis as Redis6 } from "ioredis-6";
import { createClient } from "redis";
import { createClient as createClient6 } from "redis-6";
import { Channel } from "../../../dist/index.js";
import { RedisLogs, ioRedis, nodeRedis } from "../../../dist/redis/index.js";

new RedisLogs(nodeRedis(createClient({ url: "redis://127.0.0.1" })));
new RedisLogs(nodeRedis(createClient6({ url: "redis://127.0.0.1", RESP: 3 })));
new RedisLogs(ioRedis(new Redis()));
const logs = new RedisLogs(ioRedis(new Redis6({ sentinels: [], name: "main" })), { prefix: "app" });
new Channel({ log: await logs.open("topic") });

// @ts-expect-error: a client of the other package.
nodeRedis(new Redis());
// @ts-expect-error: a client of the other package.
ioRedis(createClient());
