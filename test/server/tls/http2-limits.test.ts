/** The limits of HTTP/2 in the server with a certificate, with small times, and Node's client of HTTP/2. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, constants } from "node:http2";
import { describe, it } from "node:test";
import { dropWhenStalled } from "../../../dist/http/drop-stalled.js";
import { BuildApp } from "../../../dist/web/build-app.js";
import { makeFolder } from "../../support/folders.js";
import { RawHttp2Client } from "../../support/http2-client.js";
import { serveTls } from "../../support/tls-server.js";
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  IncomingHttpHeaders,
  SecureClientSessionOptions,
} from "node:http2";
import type { TestContext } from "node:test";
import type { TlsLimits } from "../../../dist/tls-server.js";

/** Starts a build app behind the server. */
async function serveApp(t: TestContext, times: Partial<TlsLimits> = {}, options = {}): Promise<number> {
  const app = await BuildApp.open({ roots: [await makeFolder(t, { "empty/": "" })], ...options });
  t.after(() => app.close());
  return serveTls(t, app.handle, times);
}

function open(t: TestContext, port: number, options: SecureClientSessionOptions = {}): ClientHttp2Session {
  const session = connect(`https://localhost:${port}`, { rejectUnauthorized: false, ...options });
  session.on("error", () => undefined);
  t.after(() => session.destroy());
  return session;
}

function request(session: ClientHttp2Session, headers: Record<string, string>, endStream = true): ClientHttp2Stream {
  const stream = session.request({ ":authority": "localhost", ...headers }, { endStream });
  stream.on("error", () => undefined);
  return stream;
}

async function statusOf(stream: ClientHttp2Stream): Promise<number | undefined> {
  const [reply] = (await once(stream, "response")) as [IncomingHttpHeaders & { ":status"?: number }];
  return reply[":status"];
}

/** Whether a new client is answered. */
async function isAnswering(t: TestContext, port: number): Promise<boolean> {
  const session = open(t, port);
  const status = await statusOf(request(session, { ":path": "/healthz" }));
  session.destroy();
  return status === 200;
}

describe("TlsServer: limits of HTTP/2", () => {
  it("ends a request whose body does not arrive in time, and keeps the connection", async (t) => {
    const port = await serveApp(t, { headersTimeout: 200, requestTimeout: 200 });
    const session = open(t, port);
    const headers = { ":method": "POST", ":path": "/api/project/build", "content-type": "application/json" };
    const slow = request(session, headers, false);
    slow.write('{"proj');
    await once(slow, "close");
    assert.equal(await statusOf(request(session, { ":path": "/healthz" })), 200);
  });

  it("lets a stream live whose request is complete, also one with a body that nobody reads", async (t) => {
    const times = { requestTimeout: 100, headersTimeout: 100, idleTimeout: 100 };
    const port = await serveApp(t, times);
    const session = open(t, port);
    const stream = request(session, { ":path": "/api/log/push" }, false);
    stream.end("body");
    assert.equal(await statusOf(stream), 200);
    stream.resume();
    await Promise.race([
      once(stream, "close").then(() => assert.fail("the stream was closed")),
      new Promise((resolve) => setTimeout(resolve, 600)),
    ]);
  });

  it("ends a session without a request, and one without an open stream", async (t) => {
    const port = await serveApp(t, { headersTimeout: 100, idleTimeout: 100 });
    await once(open(t, port), "close");
    const used = open(t, port);
    assert.equal(await statusOf(request(used, { ":path": "/healthz" }).resume()), 200);
    await once(used, "close");
  });

  it("lets a session have 250 open streams; others wait in the client", async (t) => {
    const port = await serveApp(t);
    const session = open(t, port);
    await once(session, "remoteSettings");
    assert.equal(session.remoteSettings.maxConcurrentStreams, 250);
    const streams = Array.from({ length: 250 }, () => request(session, { ":path": "/api/log/push" }));
    await Promise.all(streams.map(statusOf));
    const waiting = request(session, { ":path": "/healthz" }).resume();
    const ended = new Promise((resolve) => waiting.once("close", resolve));
    let isSent = false;
    for (const event of ["response", "close"]) waiting.once(event, () => (isSent = true));
    await new Promise((resolve) => session.ping(resolve));
    assert.equal(isSent, false);
    streams[0]?.close();
    await ended;
    // Node 26 resets a stream that follows the end of another one at once: its server still counts 250.
    assert.equal(await statusOf(request(session, { ":path": "/healthz" })), 200);
  });

  it("refuses more headers than HTTP/1.1 may have, in number and in size", async (t) => {
    const port = await serveApp(t);
    const many = Object.fromEntries(Array.from({ length: 1100 }, (_, index) => [`x-${index}`, "1"]));
    for (const headers of [many, { "x-long": "x".repeat(20_000) }]) {
      const session = open(t, port);
      // The server applies its settings when the client has acknowledged them.
      await once(session, "remoteSettings");
      await new Promise((resolve) => session.ping(resolve));
      const stream = request(session, { ":path": "/healthz", ...headers });
      await assert.rejects(statusOf(stream), /NGHTTP2_ENHANCE_YOUR_CALM/);
    }
    const session = open(t, port);
    assert.equal(await statusOf(request(session, { ":path": "/healthz", "x-long": "x".repeat(8000) })), 200);
  });

  it("refuses a request that names two hosts, and sends no field that HTTP/2 does not have", async (t) => {
    const warnings: string[] = [];
    const onWarning = ({ message }: Error): void => void warnings.push(message);
    process.on("warning", onWarning);
    t.after(() => process.off("warning", onWarning));
    const session = open(t, await serveApp(t));
    assert.equal(await statusOf(request(session, { ":path": "/healthz", host: "evil.example" })), 400);
    assert.deepEqual(warnings, []);
  });

  it("ends a session that opens and resets streams without end, and keeps no place for them", async (t) => {
    const port = await serveApp(t, {}, { maxRequestsPerAddress: 100 });
    const session = open(t, port);
    await once(session, "connect");
    let isClosed = false;
    session.once("goaway", () => (isClosed = true));
    session.once("close", () => (isClosed = true));
    let resets = 0;
    for (; !isClosed && resets < 5000; resets += 50) {
      const streams = Array.from({ length: 50 }, () => request(session, { ":path": "/api/log/push" }));
      // A reset before the request is sent would send nothing.
      await Promise.race([new Promise((resolve) => session.ping(resolve)), once(session, "close")]);
      for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
    }
    assert.ok(isClosed, `${resets} resets`);
    session.destroy();
    assert.ok(await isAnswering(t, port));
  });

  it("drops a stream and a session that are not read", async (t) => {
    // A client that grants no window for this stream, and one that reads nothing from its socket.
    const closed: Promise<unknown>[] = [];
    const port = await serveTls(t, (_, response) => {
      dropWhenStalled(response, 100);
      closed.push(once(response, "close"));
      response.end(Buffer.alloc(20_000_000));
    });
    const narrow = open(t, port, { settings: { initialWindowSize: 0 } });
    assert.equal(await statusOf(request(narrow, { ":path": "/" })), 200);
    await closed[0];
    new RawHttp2Client(t, port).request();
    while (closed.length < 2) await new Promise((resolve) => setImmediate(resolve));
    await closed[1];
  });

  it("reads again from a client that reads slowly, but reads", async (t) => {
    const port = await serveTls(t, (_, response) => {
      dropWhenStalled(response, 300);
      response.end(Buffer.alloc(1_000_000));
    });
    const session = open(t, port, { settings: { initialWindowSize: 70_000 } });
    const stream = request(session, { ":path": "/" });
    let bytes = 0;
    for await (const piece of stream) {
      bytes += (piece as Buffer).length;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(bytes, 1_000_000);
  });
});
