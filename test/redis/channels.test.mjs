/** Channels of several processes on one log, many logs, and replay. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer, get } from "node:http";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Channel } from "../../dist/index.js";
import { EventStreamDecoder } from "../../dist/protocol/index.js";
import { freePort } from "../ecosystem/support/ports.mjs";
import { CLIENTS, openLogs } from "./support/clients.mjs";
import { RedisServer } from "./support/redis-server.mjs";

const PEER = fileURLToPath(new URL("model/peer.mjs", import.meta.url));

/** Starts a process that serves a log. Returns its port. */
async function startPeer(t, server, topic, client) {
  const port = await freePort();
  const child = fork(PEER, [JSON.stringify({ url: server.url, client, topic, port, timeout: 5000 })]);
  t.after(() => child.kill("SIGKILL"));
  await once(child, "message");
  return port;
}

/** Serves a channel with this log. */
async function serve(t, log, options) {
  const channel = new Channel({ log, ...options });
  const server = createServer(channel.handle).listen(0, "127.0.0.1");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  return { channel, port: server.address().port };
}

/** Opens a stream. */
async function connect(t, port, lastEventId = "") {
  const headers = lastEventId === "" ? {} : { "Last-Event-ID": lastEventId };
  const request = get({ port, host: "127.0.0.1", headers, agent: false });
  t.after(() => request.destroy());
  request.on("error", () => undefined);
  const [response] = await once(request, "response");
  response.on("error", () => undefined);
  return response;
}

/** Reads a stream until it has this text, without what belongs to a connection: `retry:` and heartbeats. */
async function readUntil(response, text) {
  let stream = "";
  for await (const chunk of response.setEncoding("utf8")) {
    stream += chunk;
    if (stream.includes(`${text}\n\n`)) break;
  }
  return stream.replaceAll(/^(?:retry: \d+|:)\n/gm, "");
}

async function countScripts(server) {
  const { cmdstat_evalsha: evalsha = "calls=0", cmdstat_eval: once = "calls=0" } = await server.info("commandstats");
  return [evalsha, once].reduce((sum, line) => sum + Number(/calls=(\d+)/.exec(line)[1]), 0);
}

describe("channels on a log in Redis", () => {
  it("send the same bytes from three processes", async (t) => {
    const server = await RedisServer.start(t);
    const names = Object.keys(CLIENTS);
    const ports = await Promise.all([0, 1, 0].map((index) => startPeer(t, server, "same", names[index])));
    const log = await openLogs(t, server, { timeout: 5000 }).open("same");
    const early = await Promise.all(ports.map((port) => connect(t, port)));
    const streams = early.map((response) => readUntil(response, "data: last"));
    for (let number = 1; number <= 300; number++) {
      const event = { data: `${number}\nä`, event: number % 2 === 0 ? "even" : "odd" };
      if (number % 3 === 0) await log.publish(event);
      else void log.publish(event);
    }
    await log.publish("last");
    const [first, ...others] = await Promise.all(streams);
    for (const other of others) assert.equal(other, first);
    assert.match(first, /^event: odd\nid: \w+-1\ndata: 1\ndata: ä\n\nevent: even\nid: \w+-2\n/);
    // The processes have 50 events in memory, and read the others from Redis.
    for (const port of ports) {
      const late = await readUntil(await connect(t, port, `${log.epoch}-0`), "data: last");
      assert.equal(late, first);
    }
  });

  it("resume a client on another process, without a hole, a repeat or a gap", async (t) => {
    const server = await RedisServer.start(t);
    const names = Object.keys(CLIENTS);
    const ports = await Promise.all([0, 1, 0].map((index) => startPeer(t, server, "switch", names[index])));
    const log = await openLogs(t, server, { timeout: 5000 }).open("switch");
    const decoder = new EventStreamDecoder({ lastEventId: `${log.epoch}-0` });
    const events = [];
    let number = 0;
    const publishing = setInterval(() => log.publish(`${++number}`).catch(() => undefined), 3);
    t.after(() => clearInterval(publishing));
    for (let move = 0; move < 12; move++) {
      const response = await connect(t, ports[move % 3], decoder.lastEventId);
      const wanted = events.length + 15;
      for await (const chunk of response) {
        events.push(...decoder.decode(chunk));
        if (events.length >= wanted) break;
      }
      decoder.end();
    }
    const data = Array.from({ length: events.length }, (_, index) => `${index + 1}`);
    assert.deepEqual(events.map((event) => event.data), data);
    assert.deepEqual(events.map((event) => event.lastEventId), data.map((text) => `${log.epoch}-${text}`));
  });

  it("read a piece once for 100 clients that resume at one point", async (t) => {
    const server = await RedisServer.start(t);
    const log = await openLogs(t, server, { timeout: 5000 }).open("storm");
    for (let part = 0; part < 20; part++) {
      const events = Array.from({ length: 100 }, (_, index) => `${part * 100 + index} ${"x".repeat(100)}`);
      await Promise.all(events.map((event) => log.publish(event)));
    }
    await log.publish("last");
    const { port } = await serve(t, log, { capacity: 10 });
    // The channel follows the log from now on.
    await log.refresh();
    const before = await countScripts(server);
    const responses = await Promise.all(Array.from({ length: 100 }, () => connect(t, port, `${log.epoch}-0`)));
    const streams = await Promise.all(responses.map((response) => readUntil(response, "data: last")));
    for (const stream of streams) assert.ok(stream === streams[0]);
    assert.equal(streams[0].match(/^id: /gm).length, 2001);
    // 2001 events are about ten pieces. Checks and the subscription need a few scripts, too.
    const scripts = (await countScripts(server)) - before;
    assert.ok(scripts < 20, `${scripts} scripts`);
  });

  it("read no further than a client reads", async (t) => {
    const server = await RedisServer.start(t);
    const log = await openLogs(t, server, { timeout: 5000, checkInterval: 60_000 }).open("slow");
    const data = "x".repeat(60_000);
    for (let part = 0; part < 40; part++) await Promise.all(Array.from({ length: 10 }, () => log.publish(data)));
    const { port } = await serve(t, log, { capacity: 1 });
    const response = await connect(t, port, `${log.epoch}-0`);
    await once(response, "readable");
    const before = await countScripts(server);
    let scripts = before;
    // The buffers of the two sockets fill, and nothing more is read.
    for (let last = -1; last !== scripts; ) {
      last = scripts;
      await new Promise((resolve) => setTimeout(resolve, 300));
      scripts = await countScripts(server);
    }
    assert.ok(scripts < 250, `${scripts} scripts for 400 events`);
    let bytes = 0;
    for await (const chunk of response) {
      bytes += chunk.length;
      if (bytes > 400 * 60_000) break;
    }
    assert.ok((await countScripts(server)) - before >= 100);
  });
});

describe("RedisLogs", () => {
  it("has two connections for 10 000 logs, and listens to the followed ones only", async (t) => {
    const server = await RedisServer.start(t);
    const logs = openLogs(t, server, { timeout: 10_000, checkInterval: 100 });
    const topics = Array.from({ length: 10_000 }, (_, index) => `topic ${index}`);
    const opened = [];
    for (let index = 0; index < topics.length; index += 500) {
      opened.push(...(await Promise.all(topics.slice(index, index + 500).map((topic) => logs.open(topic)))));
    }
    const channels = async () => (await server.command("PUBSUB", "CHANNELS")).length;
    // The connection that asks is a third one.
    assert.equal(Number((await server.info("clients")).connected_clients), 3);
    assert.equal(await channels(), 0);

    const received = new Map();
    const follow = (log) =>
      log.follow({
        onEvents: ({ texts }) => received.set(log.topic, (received.get(log.topic) ?? "") + texts.join("")),
        onReset: () => undefined,
        onComplete: () => undefined,
        onFailure: () => undefined,
      });
    const leave = opened.slice(0, 3).map(follow);
    const waitFor = async (number) => {
      while ((await channels()) !== number) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await waitFor(3);
    for (const end of leave) end();
    await waitFor(0);
    for (const log of opened) follow(log);
    await waitFor(10_000);
    assert.equal(Number((await server.info("clients")).connected_clients), 3);

    const other = openLogs(t, server, { timeout: 10_000 });
    const last = await other.open(topics[9999]);
    await last.publish("text");
    while (!received.has(topics[9999])) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual([...received.keys()], [topics[9999]]);
    assert.equal(received.get(topics[9999]), `id: ${last.epoch}-1\ndata: text\n\n`);

    // One check needs a script for 250 logs.
    const before = await countScripts(server);
    const began = performance.now();
    let scripts = 0;
    while (scripts < 80) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      scripts = (await countScripts(server)) - before;
    }
    const checks = (performance.now() - began) / 100 + 2;
    assert.ok(scripts <= 40 * checks, `${scripts} scripts in the time of at most ${checks} checks`);
  });
});
