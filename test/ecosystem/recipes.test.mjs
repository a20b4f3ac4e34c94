/** The statements about hosts in the recipes of examples/README.md. A test fails when a newer host differs. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Channel } from "../../dist/index.js";
import { makeFolder } from "./support/folder.mjs";
import { Program } from "./support/program.mjs";
import { RUNTIMES } from "./support/runtimes.mjs";
import { until } from "./support/until.mjs";

const require = createRequire(new URL("../../examples/frameworks/package.json", import.meta.url));
const NODE = Number(process.versions.node.split(".")[0]);

/** Long enough for everything that does not wait for the end of a stream, in milliseconds. */
const WHILE = 300;

/** Whether a promise is still pending after a while. */
async function isPending(promise) {
  const pending = Symbol("pending");
  return (await Promise.race([promise, delay(WHILE, pending)])) === pending;
}

/** Opens a stream. Resolves with the response. */
async function openStream(t, port, headers) {
  const controller = new AbortController();
  t.after(() => controller.abort());
  return await fetch(`http://127.0.0.1:${port}/messages`, { headers, signal: controller.signal });
}

async function listen(t, server) {
  if (!server.listening) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  t.after(() => {
    server.close();
    server.closeAllConnections?.();
  });
  return server.address().port;
}

describe("Deno", () => {
  it("prints a notice about request.signal without --unstable-no-legacy-abort", async (t) => {
    const errors = join(await makeFolder(t), "stderr");
    const [program, ...options] = RUNTIMES.deno().filter((option) => option !== "--unstable-no-legacy-abort");
    const args = [...options, fileURLToPath(new URL("../../examples/deno.js", import.meta.url))];
    const stderr = openSync(errors, "a");
    const { url } = await Program.start(t, (PORT) => ({ program, args, env: { PORT }, stderr }));
    const { body } = await openStream(t, new URL(url).port);
    await body.cancel();
    await until(() => readFileSync(errors, "utf8").includes("request.signal"));
  });
});

describe("Express", () => {
  const express = require("express");

  it("does not compress event streams with compression", async (t) => {
    const channel = new Channel();
    const app = express().use(require("compression")({ threshold: 0 })).get("/messages", (request, response) => {
      channel.handle(request, response);
    });
    const port = await listen(t, createServer(app));
    const response = await openStream(t, port, { "Accept-Encoding": "gzip" });
    assert.equal(response.headers.get("content-encoding"), null);
    await channel.close({ deadline: 0 });
  });

  it("logs a stream with morgan when it ends, or with immediate when it starts", async (t) => {
    const lines = { end: [], start: [] };
    const stream = (name) => ({ stream: { write: (line) => lines[name].push(line) } });
    const morgan = require("morgan");
    const channel = new Channel();
    const app = express()
      .use(morgan(":url", stream("end")))
      .use(morgan(":url", { immediate: true, ...stream("start") }))
      .get("/messages", (request, response) => void channel.handle(request, response));
    await openStream(t, await listen(t, createServer(app)));
    assert.deepEqual(lines, { end: [], start: ["/messages\n"] });
    await channel.close();
    await until(() => lines.end.length === 1);
  });
});

describe("Koa", () => {
  it("reports a client that resets its connection to the error listener", async (t) => {
    const channel = new Channel();
    const errors = [];
    const app = new (require("koa"))().use((context) => {
      context.respond = false;
      channel.handle(context.req, context.res);
    });
    app.on("error", (error) => errors.push(error.code));
    const socket = connect(await listen(t, app.listen(0, "127.0.0.1")), "127.0.0.1");
    socket.on("error", () => {}).write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(socket, "data");
    socket.resetAndDestroy();
    await until(() => channel.clientCount === 0 && errors.length > 0);
    assert.deepEqual(errors, ["ECONNRESET"]);
  });
});

describe("Fastify", () => {
  /** An application with a stream. */
  function makeApp() {
    const channel = new Channel();
    const app = require("fastify")();
    app.get("/messages", (request, reply) => {
      reply.header("X-Plugin", "set").hijack();
      channel.handle(request.raw, reply.raw);
    });
    return { app, channel };
  }

  it("drops the headers of a reply that is hijacked", async (t) => {
    const { app, channel } = makeApp();
    t.after(() => app.close());
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { headers } = await openStream(t, app.server.address().port);
    assert.equal(headers.get("x-plugin"), null);
    await channel.close();
  });

  it("runs preClose hooks before the streams have ended, and onClose hooks afterwards", async (t) => {
    const { app, channel } = makeApp();
    const calls = [];
    app.addHook("preClose", async () => void calls.push("preClose"));
    app.addHook("onClose", async () => void calls.push("onClose"));
    await app.listen({ host: "127.0.0.1", port: 0 });
    await openStream(t, app.server.address().port);
    const closed = app.close();
    assert.ok(await isPending(closed));
    assert.deepEqual(calls, ["preClose"]);
    await channel.close();
    await closed;
    assert.deepEqual(calls, ["preClose", "onClose"]);
  });
});

describe("NestJS", () => {
  it("calls beforeApplicationShutdown before the streams have ended, onApplicationShutdown afterwards", async (t) => {
    require("reflect-metadata");
    const { Module } = require("@nestjs/common");
    const { NestFactory } = require("@nestjs/core");
    const calls = [];
    class App {
      beforeApplicationShutdown() {
        calls.push("before");
      }
      onApplicationShutdown() {
        calls.push("on");
      }
    }
    Module({})(App);
    const channel = new Channel();
    const app = await NestFactory.create(App, { logger: false });
    app.use("/messages", (request, response) => void channel.handle(request, response));
    await app.listen(0, "127.0.0.1");
    await openStream(t, app.getHttpServer().address().port);
    const closed = app.close();
    assert.ok(await isPending(closed));
    assert.deepEqual(calls, ["before"]);
    await channel.close();
    await closed;
    assert.deepEqual(calls, ["before", "on"]);
  });
});

describe("Hono", () => {
  it("waits for the end of a stream in etag()", async () => {
    const { Hono } = await import(require.resolve("hono"));
    const { etag } = await import(require.resolve("hono/etag"));
    const channel = new Channel();
    const app = new Hono().use(etag()).get("/messages", (context) => channel.respond(context.req.raw));
    const response = app.request("/messages");
    assert.ok(await isPending(response));
    channel.end();
    assert.equal((await response).status, 200);
  });
});

describe(`server.close() of Node ${NODE}`, () => {
  it("leaves an idle session of HTTP/2 open before Node 24", async (t) => {
    const server = createHttp2Server();
    const session = connectHttp2(`http://127.0.0.1:${await listen(t, server)}`);
    await once(session, "connect");
    server.close();
    assert.equal(await isPending(once(server, "close")), NODE < 24);
    session.close();
  });

  it("waits for a connection without a request before Node 26", async (t) => {
    const server = createServer();
    const socket = connect(await listen(t, server), "127.0.0.1").resume();
    await once(server, "connection");
    server.close();
    assert.equal(await isPending(once(server, "close")), NODE < 26);
    socket.destroy();
  });
});
