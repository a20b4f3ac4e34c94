import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Channel } from "../../dist/channel/channel.js";
import { RawClient, TestServer } from "./http.js";
import type { RequestListener } from "node:http";
import type { Lifetime } from "./lifetime.js";
import type { ChannelOptions } from "../../dist/channel/options.js";

/** The start of the head of every event stream. */
export const STREAM_HEAD = [
  "HTTP/1.1 200 OK",
  "Content-Type: text/event-stream",
  "Cache-Control: no-store, no-transform",
  "X-Accel-Buffering: no",
].join("\r\n");

/** A channel whose epoch is "e", behind a server. Both end with the test. */
export async function startChannel(
  t: Lifetime,
  options: ChannelOptions = {},
  handler?: RequestListener,
): Promise<{ channel: Channel; port: number }> {
  const isInMemory = options.history === undefined && options.log === undefined;
  const channel = new Channel({ ...(isInMemory ? { uniqueEpoch: "e" } : {}), ...options });
  const server = await TestServer.start(handler ?? ((request, response) => void channel.handle(request, response)));
  t.after(async () => {
    await channel.close({ deadline: 0 });
    await server.close();
  });
  return { channel, port: server.port };
}

/** A client that speaks bytes and leaves with the test. */
export function rawClient(t: Lifetime, port: number, options?: { reads?: boolean }): RawClient {
  const client = new RawClient(port, options);
  t.after(() => void client.socket.destroy());
  return client;
}

/** Resolves when a condition holds, looking once in each turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

/** The memory of all Buffers in use. Buffers are freed in the turn after the collection that found them. */
export async function bufferBytes(): Promise<number> {
  await collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** The memory of all objects and strings that are still in use. */
export async function heapBytes(): Promise<number> {
  await collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Frees every object that nothing refers to. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 5; round++) {
    collect();
    await new Promise(setImmediate);
  }
}
