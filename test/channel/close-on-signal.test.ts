import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect as connectHttp2, createSecureServer, createServer as createHttp2Server } from "node:http2";
import { connect as connectTls } from "node:tls";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Channel } from "../../dist/channel/channel.js";
import { ChannelGroup } from "../../dist/channel/group/channel-group.js";
import { closeOnSignal } from "../../dist/channel/close-on-signal.js";
import { makeCertificate } from "../support/certificate.js";
import { rawClient, until } from "../support/channel.js";
import { makeFolder } from "../support/folders.js";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import type { TestContext } from "node:test";
import type { CloseOptions } from "../../dist/channel/options.js";

/** The time in which a server without slow requests must end, in milliseconds. */
const SOON = 1000;

/** A signal that the test runner does not use. */
const SIGNAL = "SIGHUP";
const options = { signals: [SIGNAL], retry: 1000 } as const;

/** The streams of a server that has none. */
const NO_STREAMS = { close: () => Promise.resolve() };

/** A promise, and the function that resolves it. */
function deferred<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** Listens on a free port. Resolves with it. */
async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Sends this process the signal. Resolves when a server ends, and fails when that takes longer than `limit`. */
async function endOnSignal(server: Server, limit = SOON): Promise<void> {
  const began = performance.now();
  process.kill(process.pid, SIGNAL);
  await once(server, "close");
  const time = performance.now() - began;
  assert.ok(time < limit, `it took ${time} ms`);
}

/** A server over TLS for HTTP/2 and HTTP/1.1. */
async function secureServer(
  t: TestContext,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const folder = await makeFolder(t);
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  makeCertificate(cert, key, "localhost");
  const files = { cert: readFileSync(cert), key: readFileSync(key), allowHTTP1: true };
  // The compat API of HTTP/2 has all parts of HTTP/1.1 that the tests use.
  return createSecureServer(files, handle as never);
}

/** A connection over TLS with this protocol. */
async function connectSecurely(t: TestContext, port: number, protocol: string): Promise<Socket> {
  const socket = connectTls({ port, rejectUnauthorized: false, ALPNProtocols: [protocol] });
  socket.on("error", () => undefined).resume();
  t.after(() => void socket.destroy());
  await once(socket, "secureConnect");
  return socket;
}

describe("closeOnSignal() with node:http", () => {
  it("ends streams, idle connections and those without a request, and answers started requests", async (t) => {
    const channel = new Channel({ uniqueEpoch: "e" });
    const started = deferred<ServerResponse>();
    const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      if (request.url === "/slow") started.resolve(response);
      else if (request.url === "/idle") response.end("idle");
      else channel.handle(request, response);
    });
    closeOnSignal(server, channel, options);
    const port = await listen(server);
    const [slow, idle, silent] = [rawClient(t, port), rawClient(t, port), rawClient(t, port)];
    await once(silent.socket, "connect");
    await idle.get("/idle").until("idle");
    const stream = rawClient(t, port).get("/");
    await stream.until("retry: 2000\n");
    slow.get("/slow");
    const response = await started.promise;
    const ended = endOnSignal(server);
    await Promise.all([stream.closed(), idle.closed(), silent.closed()]);
    assert.match(stream.received, /retry: 1\d{3}\n\r\n0\r\n\r\n$/);
    response.end("slow");
    assert.match(await slow.until("slow"), /^HTTP\/1\.1 200 OK/);
    await ended;
  });

  it("closes several channels and groups of one server", async () => {
    const [channel, group] = [new Channel(), new ChannelGroup()];
    const topic = await group.get("topic");
    const server = createServer(channel.handle);
    closeOnSignal(server, [channel, group], options);
    await listen(server);
    await endOnSignal(server);
    await until(() => channel.state === "closed" && topic.state === "closed");
  });

  it("drops connections after the deadline", async (t) => {
    const server = createServer(() => undefined);
    const close = closeOnSignal(server, NO_STREAMS, { ...options, deadline: 100 });
    const client = rawClient(t, await listen(server)).get("/");
    await once(server, "request");
    const began = performance.now();
    await Promise.all([close(), client.closed()]);
    assert.ok(performance.now() - began >= 99);
  });

  it("closes once, ignores further signals meanwhile, and then stops listening to signals", async () => {
    const calls: CloseOptions[] = [];
    const ended = deferred<void>();
    const streams = {
      close(given: CloseOptions): Promise<void> {
        calls.push(given);
        return ended.promise;
      },
    };
    const server = createServer();
    const before = process.listenerCount(SIGNAL);
    const close = closeOnSignal(server, streams, { ...options, deadline: 2000 });
    await listen(server);
    await endOnSignal(server);
    process.kill(process.pid, SIGNAL);
    // A listener of the test: it proves that the second signal has arrived.
    await new Promise<void>((resolve) => process.once(SIGNAL, () => resolve()));
    assert.equal(process.listenerCount(SIGNAL), before + 1);
    assert.equal(close(), close());
    ended.resolve();
    await close();
    assert.deepEqual(calls, [{ retry: 1000, deadline: 2000 }]);
    assert.equal(process.listenerCount(SIGNAL), before);
  });

  it("rejects when the streams cannot be closed, and closes the server", async () => {
    const server = createServer();
    const close = closeOnSignal(server, { close: () => Promise.reject(new Error("the disk is full")) }, options);
    await listen(server);
    const closed = once(server, "close");
    await assert.rejects(close(), /^Error: the disk is full$/);
    await closed;
  });

  for (const [title, fail] of [
    ["rejects", () => Promise.reject(new Error("the disk is full"))],
    ["throws", () => assert.fail("the disk is full")],
  ] as const) {
    it(`finishes after a signal, and emits one warning, when "close" of the streams ${title}`, async (t) => {
      const started = deferred<ServerResponse>();
      const server = createServer((_, response) => started.resolve(response));
      const channel = new Channel();
      const warnings: (Error & { code?: string; detail?: string })[] = [];
      const note = (warning: Error): void => void warnings.push(warning);
      process.on("warning", note);
      t.after(() => process.off("warning", note));
      const close = closeOnSignal(server, [{ close: fail }, channel], options);
      const client = rawClient(t, await listen(server)).get("/");
      const response = await started.promise;
      const ended = endOnSignal(server);
      await until(() => channel.state === "closed");
      process.kill(process.pid, SIGNAL);
      // A rejection that nothing handles would have failed the test by now.
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(warnings.length, 0);
      response.end("answered");
      assert.match(await client.until("answered"), /^HTTP\/1\.1 200 OK/);
      await ended;
      await assert.rejects(close(), /the disk is full/);
      await new Promise(setImmediate);
      assert.deepEqual(warnings.map(({ code }) => code), ["TAILCAST_CLOSE"]);
      assert.match(warnings[0]?.detail ?? "", /the disk is full/);
    });
  }

  it("rejects with every error when several streams cannot be closed", async () => {
    const streams = ["one", "two"].map((text) => ({ close: () => Promise.reject(new Error(text)) }));
    const close = closeOnSignal(createServer(), streams, options);
    await assert.rejects(close(), ({ errors }: AggregateError) => {
      return errors.map((error: Error) => error.message).join() === "one,two";
    });
  });

  it("closes without a signal, also when the server does not listen", async () => {
    const channel = new Channel();
    await closeOnSignal(createServer(), channel)();
    assert.equal(channel.state, "closed");
  });

  it("closes a server that starts to listen after the signal", async (t) => {
    const server = createServer();
    t.after(() => server.close());
    const close = closeOnSignal(server, NO_STREAMS, options);
    process.kill(process.pid, SIGNAL);
    await until(() => process.listenerCount(SIGNAL) === 0);
    await close();
    const ended = once(server, "close", { signal: AbortSignal.timeout(SOON) });
    server.listen(0, "127.0.0.1");
    await ended;
  });
});

describe("closeOnSignal() with node:http2", () => {
  it("ends sessions with and without streams", async (t) => {
    const channel = new Channel();
    const server = createHttp2Server((request, response) => void channel.handle(request, response));
    closeOnSignal(server, channel, options);
    const port = await listen(server);
    const [idle, used] = [connectHttp2(`http://127.0.0.1:${port}`), connectHttp2(`http://127.0.0.1:${port}`)];
    t.after(() => [idle, used].forEach((session) => session.destroy()));
    await once(idle, "connect");
    let text = "";
    used.request({ ":path": "/" }).setEncoding("utf8").on("data", (piece: string) => (text += piece));
    await until(() => channel.clientCount === 1);
    const ends = Promise.all([idle, used].map((session) => once(session, "close")));
    await endOnSignal(server);
    await ends;
    assert.match(text, /^retry: 2000\nretry: 1\d{3}\n$/);
  });

  it("ends connections of HTTP/1.1 over TLS: streams, idle ones and those without a request", async (t) => {
    const channel = new Channel();
    const started = deferred<ServerResponse>();
    const server = await secureServer(t, (request, response) => {
      if (request.url === "/slow") started.resolve(response);
      else channel.handle(request, response);
    });
    closeOnSignal(server, channel, options);
    const port = await listen(server);
    const sockets = await Promise.all(
      ["http/1.1", "http/1.1", "http/1.1", "h2"].map((protocol) => connectSecurely(t, port, protocol)),
    );
    const [stream, slow] = sockets;
    stream?.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    slow?.write("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const response = await started.promise;
    await until(() => channel.clientCount === 1);
    const ends = Promise.all(sockets.map((socket) => once(socket, "close")));
    const ended = endOnSignal(server);
    await until(() => channel.state === "closed");
    response.end();
    await Promise.all([ends, ended]);
  });

  it("drops sessions after the deadline", async (t) => {
    const server = createHttp2Server(() => undefined);
    const close = closeOnSignal(server, NO_STREAMS, { ...options, deadline: 50 });
    const session = connectHttp2(`http://127.0.0.1:${await listen(server)}`).on("error", () => undefined);
    t.after(() => session.destroy());
    const request = session.request({ ":path": "/" }).on("error", () => undefined);
    await once(server, "stream");
    await Promise.all([close(), once(request, "close")]);
  });
});

describe("closeOnSignal() with other servers", () => {
  it("shuts a server of Deno down, before it closes the channels", async () => {
    const calls: string[] = [];
    const called = (name: string) => (): Promise<void> => Promise.resolve(void calls.push(name));
    await closeOnSignal({ shutdown: called("shutdown") }, { close: called("close") }, options)();
    assert.deepEqual(calls, ["shutdown", "close"]);
  });

  it("stops a server of Bun, and drops its connections after the deadline", async () => {
    const calls: unknown[] = [];
    const stopped = deferred<void>();
    const server = {
      stop(force?: boolean): Promise<void> {
        calls.push(force);
        if (force === true) stopped.resolve();
        return stopped.promise;
      },
    };
    await closeOnSignal(server, NO_STREAMS, { ...options, deadline: 10 })();
    assert.deepEqual(calls, [undefined, true]);
  });
});

describe("closeOnSignal() with the server of a framework", () => {
  it("closes the channels", async () => {
    const channel = new Channel();
    await closeOnSignal("framework", channel, options)();
    assert.equal(channel.state, "closed");
  });
});

describe("closeOnSignal() with wrong arguments", () => {
  const channel = new Channel();
  const server = createServer();
  const given = (wrong: object) => () => closeOnSignal(server, channel, wrong);
  for (const [title, call, message] of [
    ["another value than a server", () => closeOnSignal({} as never, channel), /"server": it must be a server/],
    ["another value than a channel", () => closeOnSignal(server, {} as never), /"streams": it must be a channel/],
    ["an empty array", () => closeOnSignal(server, []), /"streams": the array is empty/],
    ["an unknown option", given({ signal: "SIGINT" }), /did you mean "signals"/],
    ["an unknown signal", given({ signals: ["SIGTREM"] }), /"SIGTREM" is not a signal/],
    ["SIGKILL", given({ signals: ["SIGKILL"] }), /"SIGKILL" is not a signal/],
    ["a bad time", given({ retry: -1 }), /"retry"/],
  ] as const) {
    it(`refuses ${title}, and listens to no signal`, () => {
      const before = process.listenerCount("SIGTERM");
      assert.throws(call, { code: "INVALID_OPTION", message });
      assert.equal(process.listenerCount("SIGTERM"), before);
    });
  }
});
