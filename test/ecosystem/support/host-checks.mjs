import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { EventSource } from "eventsource";
import { Agent, fetch } from "undici";
import { HostRequest } from "./host-request.mjs";

/**
 * The time within which a server must react, in milliseconds: a second, and another one for a busy machine. Heartbeats
 * come every 7 s and idle connections end after 3 s or more, so neither can hide a delay.
 */
const AT_ONCE = 2000;

/** The time within which clients must return, in milliseconds. The programs ask them to return after 1 to 2 s. */
const RETURN = 5000;

/** A certificate made for the test is accepted. HTTP/2 is used if the server offers it. */
const dispatcher = new Agent({ allowH2: true, connect: { rejectUnauthorized: false } });

/**
 * Runs each check that applies to a host.
 *
 * @param program - The running program of the host.
 * @param passed - A map in which the function counts passed checks, by `<title of the host>: <title of the check>`.
 */
export async function checkHost(t, row, program, passed) {
  const host = new Host(program, row);
  for (const { title, promise, appliesTo, check } of CHECKS) {
    if (appliesTo?.(row) === false) continue;
    await t.test(promise, async (t) => {
      await check(host, t);
      const key = `${row.title}: ${title}`;
      passed.set(key, (passed.get(key) ?? 0) + 1);
    });
  }
}

/** The checks of each host, in their order on one server. `title` stands in the table, `promise` in the test. */
export const CHECKS = [
  {
    title: "opens",
    promise: "opens with its first byte before any event",
    async check(host, t) {
      const stream = await host.open(t);
      assert.equal(stream.status, 200);
      assert.match(stream.headers["content-type"], /^text\/event-stream(?:; charset=utf-8)?$/);
      assert.equal(await stream.until((text) => text.length > 0), "retry: 2000\n");
    },
  },
  {
    title: "delivers",
    promise: "delivers an event at once, compressed too if the channel compresses",
    async check(host, t) {
      for (const headers of [{}, { "Accept-Encoding": "gzip" }]) {
        const stream = await host.open(t, headers);
        const arrived = stream.until((text) => text.length > 20);
        const began = performance.now();
        await host.publish("hello");
        await arrived;
        assert.ok(performance.now() - began < AT_ONCE, `it took ${performance.now() - began} ms`);
        }
    },
  },
  {
    title: "resumes",
    promise: "resumes exactly after the Last-Event-ID",
    async check(host, t) {
      const first = await host.publish("known");
      const events = [];
      for (const text of ["one", "two", "three"]) events.push(`id: ${await host.publish(text)}\ndata: ${text}\n\n`);
      const stream = await host.open(t, { "Last-Event-ID": first });
      await stream.until((text) => text.includes("data: three\n\n"));
      events.push(`id: ${await host.publish("live")}\ndata: live\n\n`);
      const text = await stream.until((text) => text.includes("data: live\n\n"));
      assert.equal(text, `retry: 2000\n${events.join("")}`);
    },
  },
  { title: "FIN", promise: "notices a client that ends its connection", check: (host, t) => leave(host, t, "end") },
  {
    title: "RST",
    promise: "notices a client that resets its connection",
    check: (host, t) => leave(host, t, "resetAndDestroy"),
  },
  {
    title: "headers",
    promise: "keeps the headers that middleware has set",
    appliesTo: ({ headers }) => headers !== undefined,
    async check(host, t) {
      const stream = await host.open(t, { Origin: "https://app.example" });
      for (const [name, pattern] of Object.entries(host.headers)) {
        assert.match(String(stream.headers[name]), pattern, name);
      }
    },
  },
  {
    title: "SIGTERM",
    promise: "ends within a second on SIGTERM, and gets every client back",
    async check(host, t) {
      const clients = await Promise.all(Array.from({ length: 3 }, () => followHost(host, t)));
      await host.publish("before");
      for (const seen of clients) await within(AT_ONCE, () => seen.includes("before"));
      await host.idle(t);
      await host.connect(t);
      const late = delay(AT_ONCE, `it still runs after ${AT_ONCE} ms`, { ref: false });
      const end = await Promise.race([host.program.end("SIGTERM"), late]);
      if (end !== host.exitCode) await host.program.end("SIGKILL");
      assert.equal(end, host.exitCode);
      await host.program.restart();
      await host.publish("while they were away");
      await within(RETURN, async () => (await host.clientCount()) === clients.length);
      await host.publish("after");
      for (const seen of clients) {
        await within(AT_ONCE, () => seen.includes("after"));
        assert.deepEqual(seen.slice(seen.indexOf("before")), ["before", "gap", "while they were away", "after"]);
      }
    },
  },
];

/** Opens a stream, calls this method of its socket, and expects the server to notice. */
async function leave(host, t, method) {
  await within(AT_ONCE, async () => (await host.clientCount()) === 0);
  const stream = await host.open(t);
  await stream.until((text) => text.length > 0);
  assert.equal(await host.clientCount(), 1);
  stream.socket[method]();
  await within(AT_ONCE, async () => (await host.clientCount()) === 0);
}

/** Resolves when `test` holds; fails when that takes longer than `time` milliseconds. */
async function within(time, test) {
  const end = performance.now() + time;
  while (!(await test())) {
    assert.ok(performance.now() < end, `after ${time} ms, this does not hold: ${test}`);
    await delay(10);
  }
}

/** Follows the messages of a host with an EventSource. Resolves with what it has seen when it is connected. */
async function followHost(host, t) {
  const seen = [];
  const source = new EventSource(`${host.program.url}/messages`, {
    fetch: (url, init) => fetch(url, { ...init, dispatcher }),
  });
  t.after(() => source.close());
  source.addEventListener("message", ({ data }) => seen.push(data));
  source.addEventListener("gap", () => seen.push("gap"));
  await new Promise((resolve) => source.addEventListener("open", resolve, { once: true }));
  return seen;
}

/** A host under test: its running program, and the requests that the checks need. */
class Host {
  program;
  headers;
  exitCode;
  #protocol;

  constructor(program, { protocol, headers, exitCode = 0 }) {
    this.program = program;
    this.headers = headers;
    this.exitCode = exitCode;
    this.#protocol = protocol;
  }

  /** Opens the stream of messages. Its connection is closed after the test. */
  async open(t, headers) {
    const stream = await this.#send("GET", "/messages", headers);
    t.after(() => stream.leave());
    return stream;
  }

  /** Opens a connection that has no request when this resolves. */
  async idle(t) {
    const request = await this.#send("GET", "/clients");
    t.after(() => request.leave());
    await request.until((text) => text !== "");
  }

  /** Opens a connection on which no request follows, as browsers do in advance. */
  async connect(t) {
    const socket = connect(Number(new URL(this.program.url).port), "127.0.0.1").on("error", () => {});
    t.after(() => socket.destroy());
    await once(socket.resume(), "connect");
  }

  /** Publishes a message. Resolves with its id. */
  async publish(text) {
    return await (await this.#send("POST", `/messages?text=${encodeURIComponent(text)}`)).ended();
  }

  async clientCount() {
    return Number(await (await this.#send("GET", "/clients")).ended());
  }

  #send(method, path, headers) {
    return HostRequest.send(this.program.url, { method, path, protocol: this.#protocol, headers });
  }
}
