// Answers for useChat({ resume: true }) of the AI SDK, which a page resumes after a reload:
// node examples/frameworks/ai-sdk-resume.js
import { setTimeout as delay } from "node:timers/promises";
import { serve } from "@hono/node-server";
import { convertToModelMessages, generateId, streamText, toUIMessageStream } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { Hono } from "hono";
import { ChannelGroup, closeOnSignal } from "tailcast";

/** The chunks of an answer as the data of events, as `DefaultChatTransport` reads them. */
async function* answer(messages, abortSignal) {
  const { stream } = streamText({ model, messages: await convertToModelMessages(messages), abortSignal });
  const chunks = toUIMessageStream({ stream, originalMessages: messages, generateMessageId: generateId });
  for await (const chunk of chunks) yield JSON.stringify(chunk);
  yield "[DONE]";
}

const app = new Hono();

// These eight lines resume answers after a reload:
const channel = { backlog: "all", capacity: Infinity, methods: ["GET", "POST"] };
const chats = new ChannelGroup({ channel, openOnRequest: false }); // 204 for a chat without an answer
app.post("/api/chat", async ({ req }) => {
  const { id, messages } = await req.json(); // check first that the user may use this chat
  await chats.run(id, ({ signal }) => answer(messages, signal), { endEvent: null });
  return chats.respond(id, req.raw);
});
app.get("/api/chat/:id/stream", ({ req }) => chats.respond(req.param("id"), req.raw));

app.post("/api/chat/:id/stop", ({ req }) => { // `stop()` of useChat only disconnects
  chats.stop(req.param("id"));
  return new Response(null, { status: 204 });
});
app.onError((error) => new Response(error.message, { status: error.code === "RUN_IN_PROGRESS" ? 409 : 500 }));

/** Stands for a model. */
const model = new MockLanguageModelV4({
  doStream: async ({ abortSignal }) => ({ stream: ReadableStream.from(tokens(abortSignal)) }),
});

async function* tokens(signal) {
  yield { type: "text-start", id: "text" };
  for (let word = 1; word <= 50; word++) {
    await delay(Number(process.env.TOKEN_DELAY ?? 100), undefined, { signal });
    yield { type: "text-delta", id: "text", delta: `word ${word} ` };
  }
  yield { type: "text-end", id: "text" };
  const count = { total: 50 };
  yield { type: "finish", finishReason: { unified: "stop" }, usage: { inputTokens: count, outputTokens: count } };
}

const options = { fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env.PORT ?? 3000) };
const server = serve(options, ({ port }) => console.log(`http://127.0.0.1:${port}`));
closeOnSignal(server, chats); // on SIGTERM
