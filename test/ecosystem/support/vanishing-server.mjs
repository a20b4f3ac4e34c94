/**
 * A channel, as a program of its own: `node vanishing-server.mjs ADDRESS OPTIONS`. It publishes numbers
 * fifty times a second, each in `OPTIONS.publish` bytes, if that is set. It prints each
 * connect and disconnect of a client as a line of JSON.
 */
import { subscribe } from "node:diagnostics_channel";
import { createServer } from "node:http";
import { Channel } from "../../../dist/index.js";

const [address, json] = process.argv.slice(2);
const { publish, ...options } = JSON.parse(json);
const channel = new Channel(options);

const tell = (event, fields) => console.log(JSON.stringify({ event, ...fields }));
subscribe("tailcast:connect", ({ client }) => tell("connect", { address: client.data }));
subscribe("tailcast:disconnect", ({ client, reason }) => tell("disconnect", { address: client.data, reason }));

createServer((request, response) => {
  const address = request.socket.remoteAddress;
  request.socket.on("close", () => tell("end", { address }));
  channel.handle(request, response, { data: address });
}).listen(8000, address, () => tell("listening"));

let number = 0;
if (publish !== undefined) setInterval(() => channel.publish(String(++number).padEnd(publish)), 20);
