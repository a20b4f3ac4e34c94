// The answer of a model from a Fetch handler, here in Hono: node examples/frameworks/hono-token-stream.js
import { setTimeout as delay } from "node:timers/promises";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { respondEventStream } from "tailcast";

/** Stands for a model. It stops when the client leaves, since `signal` is aborted then. */
async function* askModel(question, signal) {
  try {
    for (const token of `You asked: ${question}\nI can only repeat it.`.split(/(?<=\s)/)) {
      await delay(100, undefined, { signal });
      yield token;
    }
  } finally {
    console.log(signal.aborted ? "stopped" : "complete");
  }
}

const app = new Hono();
app.post("/answer", async (context) => { // read it with fetch, or with `follow` of tailcast/client
  const question = await context.req.text();
  return respondEventStream(context.req.raw, async function* ({ signal }) {
    yield* askModel(question, signal);
    yield { event: "done", data: "" };
  });
});

const options = { fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env.PORT ?? 3000) };
const server = serve(options, ({ port }) => console.log(`http://127.0.0.1:${port}`));
process.once("SIGTERM", () => server.close()); // answers that have started end first
