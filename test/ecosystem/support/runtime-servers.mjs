/**
 * A channel in another runtime than Node: `bun runtime-servers.mjs KIND OPTIONS`. KIND is `node:http`, `Bun.serve` or
 * `Deno.serve`, OPTIONS the channel's as JSON. It prints its address, `connect` and `disconnect`; each line of its
 * standard input is published.
 */
import { createServer } from "node:http";
import process from "node:process";
import { createInterface } from "node:readline";
import { Channel } from "../../../dist/index.js";

const [kind, options] = process.argv.slice(2);
const HOSTNAME = "127.0.0.1";
const channel = new Channel({
  ...JSON.parse(options),
  onConnect: () => console.log("connect"),
  onDisconnect: (client, reason) => console.log(`disconnect ${reason}`),
});
const print = (port) => console.log(`http://${HOSTNAME}:${port}`);
const respond = (request) => channel.respond(request);
const start = {
  "node:http": () => {
    const server = createServer(channel.handle);
    server.listen(0, HOSTNAME, () => print(server.address().port));
  },
  "Bun.serve": () => print(globalThis.Bun.serve({ port: 0, hostname: HOSTNAME, fetch: respond }).port),
  "Deno.serve": () => {
    const onListen = ({ port }) => print(port);
    globalThis.Deno.serve({ port: 0, hostname: HOSTNAME, onListen }, respond);
  },
};
createInterface(process.stdin).on("line", (line) => channel.publish(line));
start[kind]();
