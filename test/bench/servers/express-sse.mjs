import { createServer } from "node:http";
import express from "express";
import SSE from "express-sse";
import { listen } from "../listen.mjs";

export async function start() {
  const app = express();
  const sse = new SSE();
  app.get("/", sse.init);
  return { port: await listen(createServer(app)), publish: (data) => sse.send(data) };
}
