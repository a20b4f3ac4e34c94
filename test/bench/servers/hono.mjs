import { once } from "node:events";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";

export async function start() {
  const app = new Hono();
  const streams = new Set();
  app.get("/", (context) =>
    streamSSE(context, async (stream) => {
      streams.add(stream);
      await new Promise((resolve) => stream.onAbort(resolve));
      streams.delete(stream);
    }),
  );
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  await once(server, "listening");
  return {
    port: server.address().port,
    publish: (data) => {
      for (const stream of streams) void stream.writeSSE({ data });
    },
  };
}
