/**
 * A process that shows a log over HTTP, or publishes to it. It reports the result of each publication to its parent.
 *
 * Argument: JSON with `url`, `client`, `topic`, `port` (serves there) and `name` (publishes `<name>-<number>`).
 */
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { Channel } from "../../../dist/index.js";
import { RedisLogs } from "../../../dist/redis/index.js";
import { CLIENTS } from "../support/clients.mjs";

const { url, client, topic, port, name, timeout } = JSON.parse(process.argv[2]);
process.on("disconnect", () => process.exit());
const logs = new RedisLogs(CLIENTS[client](url), { timeout, checkInterval: 300, capacity: 1_000_000 });

async function openLog() {
  for (;;) {
    try {
      return await logs.open(topic);
    } catch (error) {
      if (error.code !== "LOG_UNAVAILABLE") throw error;
      await delay(50);
    }
  }
}

async function publish(log) {
  for (let number = 0; ;) {
    const burst = Array.from({ length: 1 + Math.floor(Math.random() * 5) }, () => `${name}-${++number}`);
    const results = await Promise.allSettled(burst.map((data) => log.publish(data)));
    process.send({
      fates: results.map(({ value, reason }, index) => [burst[index], value ?? reason.code, reason?.message]),
    });
    await delay(Math.random() * 10);
  }
}

const log = await openLog();
if (port !== undefined) {
  // A small memory: clients that are behind read from Redis.
  const channel = new Channel({ log, capacity: 50, heartbeat: 500, retry: 20 });
  const server = createServer(channel.handle);
  server.listen(port, "127.0.0.1", () => process.send({ ready: true }));
}
if (name !== undefined) await publish(log);
