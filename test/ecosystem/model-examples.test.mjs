/** The programs of examples/ for applications of models, each with the real client. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Chat } from "@ai-sdk/react";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { DefaultChatTransport } from "ai";
import { build } from "esbuild";
import { EventSource } from "eventsource";
import { Agent, fetch } from "undici";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { Program } from "./support/program.mjs";
import { Seen } from "./support/seen.mjs";
import { until } from "./support/until.mjs";

/** The answer of the model in ai-sdk-resume.js. */
const WORDS = Array.from({ length: 50 }, (_, index) => `word ${index + 1} `).join("");

const EXAMPLES = new URL("../../examples/", import.meta.url);

/** Runs an example on a free port. */
function run(t, path, env = {}) {
  const args = [fileURLToPath(new URL(path, EXAMPLES))];
  return Program.start(t, (PORT) => ({ args, env: { PORT, ...env } }));
}

/** The network of a client: its `fetch`, and `drop`, which breaks every connection. */
class Network {
  #agent = new Agent();
  /** The requests: their method and their `Last-Event-ID`. */
  requests = [];

  fetch = (url, init) => {
    const headers = new Headers(init?.headers);
    this.requests.push({ method: init?.method ?? "GET", lastEventId: headers.get("last-event-id") });
    return fetch(url, { ...init, headers: Object.fromEntries(headers), dispatcher: this.#agent });
  };

  async drop() {
    const agent = this.#agent;
    this.#agent = new Agent();
    await agent.destroy();
  }
}

/** Connects a client of MCP to a server. */
async function connectToMcp(t, url, network) {
  const client = new Client({ name: "test", version: "1.0.0" });
  const reconnectionOptions = {
    initialReconnectionDelay: 10,
    maxReconnectionDelay: 100,
    reconnectionDelayGrowFactor: 1.5,
    maxRetries: 5,
  };
  const transport = new StreamableHTTPClientTransport(new URL(url), { fetch: network.fetch, reconnectionOptions });
  t.after(() => client.close());
  await client.connect(transport);
  return client;
}

describe("frameworks/mcp-server.js", () => {
  it("loses and repeats no message of a call whose connection breaks several times", async (t) => {
    const program = await run(t, "frameworks/mcp-server.js", { STEP: "5", RETRY: "20" });
    const network = new Network();
    const client = await connectToMcp(t, program.url, network);
    const seen = [];
    const call = client.callTool({ name: "count", arguments: { to: 100 } }, undefined, {
      onprogress: ({ progress }) => seen.push(progress),
    });
    for (const count of [10, 40, 70]) {
      await until(() => seen.length >= count);
      await network.drop();
    }
    assert.deepEqual((await call).content, [{ type: "text", text: "counted to 100" }]);
    assert.deepEqual(seen, Array.from({ length: 100 }, (_, index) => index + 1));
    const resumed = network.requests.filter(({ lastEventId }) => lastEventId !== null);
    assert.ok(resumed.length >= 3, JSON.stringify(network.requests));
  });
});

describe("token-stream.js", () => {
  it("stops the model when its client leaves", async (t) => {
    const program = await run(t, "token-stream.js", { TOKEN_DELAY: "20" });
    const tokens = new Seen();
    const source = new EventSource(`${program.url}/answer?question=why`);
    t.after(() => source.close());
    source.onmessage = ({ data }) => tokens.add(data);
    await tokens.count(2);
    source.close();
    await until(() => program.output.endsWith("\nstopped\n"));
    const whole = await fetch(`${program.url}/answer?question=why`);
    const body = whole.text();
    await until(() => program.output.endsWith("\nstopped\ncomplete\n"));
    assert.match(await body, /event: done\ndata: \n\n$/);
  });
});

describe("in Chromium", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  const waitFor = (page, text) => page.waitForFunction((text) => document.body.textContent.includes(text), text);

  it("run.js: an answer is followed, survives a reload, is stopped by a button, and expires", async (t) => {
    const program = await run(t, "run.js", { TOKEN_DELAY: "20", IDLE_TIMEOUT: "300" });
    const context = await openContext(t, browser);
    const page = await context.newPage();
    await page.goto(program.url);
    await page.click("#start");
    await waitFor(page, "word 5 ");
    await page.reload();
    await waitFor(page, "word 8 ");
    const other = await context.newPage();
    await other.goto(page.url());
    await waitFor(other, "word 10 ");
    await other.click("#stop");
    for (const tab of [page, other]) await waitFor(tab, "(stopped)");
    const text = await page.textContent("pre");
    assert.match(text, /^word 1 word 2 .* word 10 .*\(stopped\)$/);
    assert.equal(await other.textContent("pre"), text);
    await other.reload();
    await waitFor(other, "(stopped)");
    assert.equal(await other.textContent("pre"), text);
    // Each request is a use of the run: leave it alone for longer than it may take to expire.
    await delay(900);
    await page.reload();
    await waitFor(page, "(expired)");
  });

  it("ai-sdk-resume.js: useChat shows the answer after a reload and in another tab, until it is stopped", async (t) => {
    const entryPoints = [fileURLToPath(new URL("support/chat-page.mjs", import.meta.url))];
    const define = { "process.env.NODE_ENV": '"production"' };
    const { outputFiles } = await build({ entryPoints, bundle: true, write: false, minify: true, define });
    const program = await run(t, "frameworks/ai-sdk-resume.js", { TOKEN_DELAY: "60" });
    const context = await openContext(t, browser);
    const load = async (page) => {
      // A path without a route: an empty page of the same origin.
      await page.goto(`${program.url}/page`);
      await page.addScriptTag({ content: outputFiles[0].text });
      return page;
    };
    const page = await load(await context.newPage());
    await page.evaluate(() => window.ask("why?"));
    await waitFor(page, "word 3 ");
    await load(page);
    await waitFor(page, "word 10 ");
    const other = await load(await context.newPage());
    await waitFor(other, "word 12 ");
    await fetch(`${program.url}/api/chat/browser/stop`, { method: "POST" });
    for (const tab of [page, other]) await tab.waitForFunction(() => window.status === "ready");
    const text = await page.textContent("#chat");
    assert.match(text, /^assistant: word 1 word 2 .* word 12 /);
    assert.ok(`assistant: ${WORDS}`.startsWith(text) && text.length < WORDS.length, text);
    assert.equal(await other.textContent("#chat"), text);
  });
});

describe("frameworks/ai-sdk-resume.js", () => {
  it("resumes with eight lines, as its comment says", () => {
    const text = readFileSync(new URL("frameworks/ai-sdk-resume.js", EXAMPLES), "utf8");
    const [, lines] = /^\/\/ These eight lines .*\n([^]*?)\n\n/m.exec(text);
    assert.equal(lines.split("\n").length, 8);
  });

  const textOf = ({ parts }) => parts.map(({ text = "" }) => text).join("");

  it("shows a client of the AI SDK the whole answer once after a lost connection", async (t) => {
    const program = await run(t, "frameworks/ai-sdk-resume.js", { TOKEN_DELAY: "5" });
    const network = new Network();
    const transport = new DefaultChatTransport({ api: `${program.url}/api/chat`, fetch: network.fetch });
    const chat = new Chat({ id: "node", transport });
    const asked = chat.sendMessage({ text: "why?" });
    await until(() => chat.messages.length === 2 && textOf(chat.messages[1]).includes("word 5 "));
    await network.drop();
    await asked;
    assert.equal(chat.status, "error");
    assert.notEqual(textOf(chat.messages[1]), WORDS);
    await chat.resumeStream();
    assert.equal(chat.status, "ready");
    assert.deepEqual(chat.messages.map(textOf), ["why?", WORDS]);
    assert.deepEqual(network.requests.map(({ method }) => method), ["POST", "GET"]);

    // A second question uses a new channel. Another client that asks meanwhile is refused.
    const second = chat.sendMessage({ text: "why not?" });
    await until(() => chat.messages.length === 4);
    const body = JSON.stringify({ id: "node", messages: chat.messages });
    assert.equal((await fetch(`${program.url}/api/chat`, { method: "POST", body })).status, 409);
    await second;
    assert.deepEqual(chat.messages.map(textOf), ["why?", WORDS, "why not?", WORDS]);
    // The server replaces the answer that the client has with the same one.
    await chat.resumeStream();
    assert.deepEqual(chat.messages.map(textOf), ["why?", WORDS, "why not?", WORDS]);
    const other = new Chat({ id: "other", transport });
    await other.resumeStream();
    assert.deepEqual([other.status, other.messages], ["ready", []]);
  });
});
