import { createServer } from "node:http";
import compression from "compression";
import express from "express";
import { listen } from "../listen.mjs";

export async function start() {
  const app = express();
  const responses = new Set();
  let isFlushing = false;
  app.use(compression({ filter: () => true }));
  app.get("/", (request, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.write(":\n");
    response.flush();
    responses.add(response);
    response.on("close", () => responses.delete(response));
  });
  return {
    port: await listen(createServer(app)),
    publish: (data) => {
      const event = `data: ${data}\n\n`;
      for (const response of responses) response.write(event);
      if (isFlushing) return;
      isFlushing = true;
      setImmediate(flush);
    },
  };

  /** Once for each turn: a flush for each event would cost several times as much. */
  function flush() {
    isFlushing = false;
    for (const response of responses) response.flush();
  }
}
