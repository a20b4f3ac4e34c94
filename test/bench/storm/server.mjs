/** A process with a channel, which keeps the last 1000 events. `node server.mjs [CERTIFICATE KEY]` prints its port. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { Channel } from "../../../dist/index.js";

const RETRY = 2000;

const [, , certificate, key] = process.argv;
const channel = new Channel({ retry: RETRY, maxClients: Infinity, uniqueEpoch: "storm" });
const server =
  certificate === undefined
    ? createServer(channel.handle)
    : createSecureServer({ cert: readFileSync(certificate), key: readFileSync(key) }, channel.handle);
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));

process.on("message", ({ publish }) => {
  if (publish !== undefined) {
    for (let index = 0; index < publish; index++) channel.publish("x".repeat(100));
  }
  const { user, system } = process.cpuUsage();
  process.send({ cpu: (user + system) / 1000, clients: channel.clientCount, delivered: channel.statistics.delivered });
});
process.on("disconnect", () => process.exit());
