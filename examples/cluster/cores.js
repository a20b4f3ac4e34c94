// Messages for every client, on every core: node examples/cluster/cores.js
import cluster from "node:cluster";
import { createServer } from "node:http";
import { availableParallelism } from "node:os";
import { Redis } from "ioredis";
import { Channel, closeOnSignal } from "tailcast";
import { RedisLogs, ioRedis } from "tailcast/redis";

if (cluster.isPrimary) startProcesses(Number(process.env.PROCESSES ?? availableParallelism()));
else await serve();

/** Answers requests in one of the processes, which share a port and a log. */
async function serve() {
  const client = new Redis(process.env.REDIS_URL ?? "redis://127.0.0.1:6379", { lazyConnect: true });
  const logs = new RedisLogs(ioRedis(client), { prefix: process.env.REDIS_PREFIX ?? "cores" });
  const log = await logs.open("messages");
  const channel = new Channel({ log });
  const server = createServer((request, response) => {
    const [path, query] = request.url.split("?");
    if (path === "/messages" && request.method === "POST") {
      log.publish(new URLSearchParams(query).get("text") ?? "").then(
        (id) => response.end(id),
        (error) => response.writeHead(503).end(error.message), // Redis does not answer
      );
    } else if (path === "/messages") channel.handle(request, response);
    else if (path === "/clients") response.end(String(channel.clientCount));
    else response.writeHead(404).end();
  });
  const close = async (options) => {
    await channel.close(options);
    await logs.close();
    process.disconnect();
  };
  closeOnSignal(server, { close }, { retry: 1000 });
  server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
    console.log(`http://127.0.0.1:${server.address().port} (process ${process.pid})`);
  });
}

/** Starts processes, and replaces those that end. Their clients reconnect to the others. */
function startProcesses(count) {
  let isEnding = false;
  for (let started = 0; started < count; started++) cluster.fork();
  cluster.on("exit", () => void (isEnding || setTimeout(() => isEnding || cluster.fork(), 1000)));
  process.once("SIGTERM", () => {
    isEnding = true;
    for (const { process } of Object.values(cluster.workers)) process.kill("SIGTERM");
  });
}
