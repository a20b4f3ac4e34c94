import { createServer } from "node:http";
import Koa from "koa";
import sse from "koa-sse-stream";
import { listen } from "../listen.mjs";

export async function start() {
  const app = new Koa();
  const streams = new Set();
  app.use(sse());
  app.use((ctx) => {
    streams.add(ctx.sse);
    ctx.sse.on("close", () => streams.delete(ctx.sse));
  });
  // Every client that leaves is an error here.
  app.on("error", () => {});
  return {
    port: await listen(createServer(app.callback())),
    publish: (data) => {
      for (const stream of streams) stream.send(data);
    },
  };
}
