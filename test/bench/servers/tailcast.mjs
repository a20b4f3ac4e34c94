import { createServer } from "node:http";
import { Channel } from "../../../dist/index.js";
import { listen } from "../listen.mjs";

/** @param {object} [options] - Options of the channel. */
export async function startTailcast(options) {
  const channel = new Channel(options);
  const port = await listen(createServer((request, response) => channel.handle(request, response)));
  return { port, publish: (data) => channel.publish(data) };
}

export const start = () => startTailcast();
