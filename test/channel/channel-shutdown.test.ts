import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { describe, it } from "node:test";
import { Channel } from "../../dist/channel/channel.js";
import { rawClient, startChannel, until } from "../support/channel.js";
import { ask, dechunk } from "../support/http.js";
import type { IncomingMessage } from "node:http";
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

/** The content of a stream that ended, and what the client received after its end. */
function split(received: string): { content: string; after: string } {
  const [stream = "", ...rest] = received.split(/(?<=\r\n0\r\n\r\n)/);
  const { content, isComplete } = dechunk(stream.slice(stream.indexOf("\r\n\r\n") + 4));
  assert.equal(isComplete, true, received);
  return { content, after: rest.join("") };
}

/** The time in a farewell, which is the whole text. */
function farewell(text: string, pattern = /^retry: (\d+)\n$/): number {
  const retry = pattern.exec(text)?.[1];
  assert.ok(retry !== undefined, text);
  return Number(retry);
}

describe("Channel.close() over HTTP/1.1", () => {
  it("ends a kept-alive connection with the last byte of its stream", async (t) => {
    const { channel, port } = await startChannel(t, { retry: null });
    const client = rawClient(t, port).get("/", ["Connection: keep-alive"]);
    await client.until(":\n");
    channel.publish("last");
    await channel.close({ retry: 1000 });
    const { content, after } = split(await client.closed());
    const retry = farewell(content, /^:\nid: e-1\ndata: last\n\nretry: (\d+)\n$/);
    assert.ok(retry >= 1000 && retry <= 2000, content);
    assert.equal(after, "");
  });

  it("makes a client with an agent open a new connection, which reaches the next process", async (t) => {
    const { channel, port } = await startChannel(t);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const open = async (): Promise<IncomingMessage> => {
      const [response] = (await once(get({ port, host: "127.0.0.1", agent }), "response")) as [IncomingMessage];
      return response;
    };
    const response = await open();
    const { localPort } = response.socket;
    response.resume();
    await Promise.all([once(response, "end"), once(response.socket, "close"), channel.close({ retry: 0 })]);
    const again = await open();
    assert.equal(again.statusCode, 200);
    assert.equal(again.headers.connection, "close");
    assert.notEqual(again.socket.localPort, localPort);
    let text = "";
    for await (const bytes of again) text += String(bytes);
    farewell(text, /^: the server is shutting down\nretry: (\d+)\n$/);
  });

  it("gives a client everything that it has not read before the connection ends", async (t) => {
    const { channel, port } = await startChannel(t, { capacityBytes: 64 * 1024 * 1024 });
    const client = rawClient(t, port, { reads: false }).get("/");
    await until(() => channel.clientCount === 1);
    for (let index = 0; index < 300; index++) channel.publish("x".repeat(100_000));
    await until(() => channel.statistics.blocked === 1);
    const closing = channel.close();
    client.resume();
    client.socket.resume();
    await closing;
    const { content } = split(await client.closed());
    assert.match(content.slice(-40), /x\n\nretry: \d+\n$/);
  });

  it("answers the requests that the client pipelined behind its stream, then ends the connection", async (t) => {
    let finish: (() => void) | undefined;
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      // The file is ready after the end of the stream.
      if (request.url === "/file") finish = () => response.end("file");
      else channel.handle(request, response);
    });
    const client = rawClient(t, port).get("/events").get("/file");
    await client.until("retry: 2000\n\r\n");
    await until(() => finish !== undefined);
    await channel.close();
    finish?.();
    const { after } = split(await client.closed());
    assert.match(after, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nfile$/);
  });

  it("answers later clients and HEAD with a retry, and ends their connections", async (t) => {
    const { channel, port } = await startChannel(t, { whenFull: "reject", retryAfter: 50_000 });
    await channel.close({ retry: 1000 });
    const client = rawClient(t, port).get("/", ["Connection: keep-alive"]);
    const { content } = split(await client.closed());
    const retry = farewell(content, /^: the server is shutting down\nretry: (\d+)\n$/);
    assert.ok(retry >= 1000 && retry <= 2000, content);
    assert.match(client.head, /\r\nConnection: close(\r\n|$)/);
    const head = await ask(port, "HEAD", "/");
    assert.deepEqual([head.status, head.headers["content-type"]], [200, "text/event-stream"]);
    assert.equal(channel.statistics.refused, 2);
  });

  it("still answers 204 to a client that has all of an ended log", async (t) => {
    const { channel, port } = await startChannel(t);
    channel.publish("a");
    channel.end();
    await channel.close();
    assert.equal((await ask(port, "GET", "/", { headers: { "Last-Event-ID": "e-1" } })).status, 204);
  });

  it("ends an aged connection as well", async (t) => {
    const { channel, port } = await startChannel(t, { maxConnectionAge: 50, retry: 1000 });
    const client = rawClient(t, port).get("/", ["Connection: keep-alive"]);
    const { content } = split(await client.closed());
    farewell(content, /^retry: 1000\nretry: (\d+)\n$/);
    assert.equal(channel.statistics.closed.aged, 1);
  });

  it("passes through open, ending, closing and closed", async (t) => {
    const { channel, port } = await startChannel(t);
    const client = rawClient(t, port, { reads: false }).get("/");
    await until(() => channel.clientCount === 1);
    assert.equal(channel.state, "open");
    channel.end();
    assert.equal(channel.state, "ending");
    client.socket.destroy();
    await until(() => channel.clientCount === 0);
    let release: () => void = () => undefined;
    const history = {
      epoch: "h",
      end: 1,
      append: () => new Promise<void>((resolve) => (release = resolve)),
      read: () => ({ next: () => Promise.reject(new Error("nothing to read")), close: () => undefined }),
    };
    const stored = new Channel({ history });
    stored.publish("a");
    const closing = stored.close();
    assert.equal(stored.state, "closing");
    release();
    await closing;
    assert.equal(stored.state, "closed");
  });
});

/** A channel behind an HTTP/2 server, and a session to it. */
async function startHttp2(t: TestContext): Promise<{ channel: Channel; session: ClientHttp2Session }> {
  const channel = new Channel({ uniqueEpoch: "e" });
  const server = createHttp2Server((request, response) => void channel.handle(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.after(async () => {
    session.destroy();
    await channel.close({ deadline: 0 });
    server.close();
  });
  return { channel, session };
}

async function read(stream: ClientHttp2Stream): Promise<string> {
  let text = "";
  for await (const bytes of stream) text += String(bytes);
  return text;
}

describe("Channel.close() over HTTP/2", () => {
  it("ends the streams, and the session with GOAWAY", async (t) => {
    const { channel, session } = await startHttp2(t);
    const streams = [session.request({ ":path": "/" }), session.request({ ":path": "/" })];
    const texts = Promise.all(streams.map(read));
    await until(() => channel.clientCount === 2);
    const goaway = once(session, "goaway");
    await Promise.all([channel.close({ retry: 1000 }), goaway, once(session, "close")]);
    for (const text of await texts) farewell(text, /^retry: 2000\nretry: (\d+)\n$/);
  });

  it("answers later clients with a retry and GOAWAY", async (t) => {
    const { channel, session } = await startHttp2(t);
    await channel.close({ retry: 1000 });
    const warnings: string[] = [];
    const onWarning = ({ message }: Error): void => void warnings.push(message);
    process.on("warning", onWarning);
    t.after(() => process.off("warning", onWarning));
    const stream = session.request({ ":path": "/" });
    const goaway = once(session, "goaway");
    const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders];
    assert.equal(headers[":status"], 200);
    farewell(await read(stream), /^: the server is shutting down\nretry: (\d+)\n$/);
    await goaway;
    assert.deepEqual(warnings, []);
  });
});

describe("Channel.close() and respond()", () => {
  it("answers gently, and asks for the end of the connection", async () => {
    const channel = new Channel({ whenFull: "reject" });
    await channel.close({ retry: 1000 });
    const response = channel.respond(new Request("http://localhost/"));
    assert.deepEqual([response.status, response.headers.get("connection")], [200, "close"]);
    farewell(await response.text(), /^: the server is shutting down\nretry: (\d+)\n$/);
    assert.equal(channel.respond(new Request("http://localhost/", { method: "HEAD" })).status, 200);
  });
});
