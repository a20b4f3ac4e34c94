import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { STREAM_HEAD, rawClient, startChannel } from "../support/channel.js";
import { EventClient, dechunk } from "../support/http.js";

describe("Channel.handle()", () => {
  it("opens a stream at once: head, then the reconnection time", async (t) => {
    const { port } = await startChannel(t);
    const client = rawClient(t, port).get("/");
    await client.until("retry: 2000\n\r\n");
    assert.equal(
      client.head.replace(/\r\nKeep-Alive: [^\r]*/, ""),
      `${STREAM_HEAD}\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked`,
    );
    assert.equal(client.body, "c\r\nretry: 2000\n\r\n");
  });

  it("writes events as the standard defines", async (t) => {
    const { channel, port } = await startChannel(t, { retry: 50 });
    const client = rawClient(t, port).get("/", [], "1.0");
    await client.until("retry: 50\n");
    assert.equal(channel.publish("plain"), "e-1");
    assert.equal(channel.publish({ data: "two\nlines", event: "push" }), "e-2");
    assert.equal(channel.publish({ data: "own", id: "order-7" }), "order-7");
    await client.until("order-7\ndata: own\n\n");
    assert.equal(
      client.body,
      "retry: 50\n" +
        "id: e-1\ndata: plain\n\n" +
        "event: push\nid: e-2\ndata: two\ndata: lines\n\n" +
        "id: order-7\ndata: own\n\n",
    );
    assert.equal(client.head, `${STREAM_HEAD}\r\nConnection: close`, "HTTP/1.0 has no chunks: the end is the close");
  });

  it("sends the events of one turn as one chunk", async (t) => {
    const { channel, port } = await startChannel(t);
    const client = rawClient(t, port).get("/");
    await client.until("retry: 2000\n\r\n");
    channel.publish("a");
    channel.publish("b");
    await client.until("data: b\n\n\r\n");
    assert.equal(client.body, "c\r\nretry: 2000\n\r\n22\r\nid: e-1\ndata: a\n\nid: e-2\ndata: b\n\n\r\n");
  });

  it("sends a comment first without a reconnection time", async (t) => {
    const { port } = await startChannel(t, { retry: null });
    const client = rawClient(t, port).get("/", [], "1.0");
    await client.until("\r\n\r\n:\n");
    assert.equal(client.body, ":\n");
  });

  it("pads the beginning for polyfills that ask for it", async (t) => {
    const { port } = await startChannel(t);
    const client = rawClient(t, port).get("/?padding=true", [], "1.0");
    await client.until("retry: 2000\n");
    assert.equal(client.body, `: ${" ".repeat(2048)}\nretry: 2000\n`);
  });

  it("keeps headers that were set before", async (t) => {
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      response.setHeader("X-Own", "1");
      channel.handle(request, response);
    });
    const client = await EventClient.open(port, "/");
    assert.equal(client.headers["x-own"], "1");
    client.close();
  });

  it("answers HEAD with the head of the stream, and keeps no client", async (t) => {
    const { channel, port } = await startChannel(t);
    const client = rawClient(t, port).send("HEAD / HTTP/1.1", "Host: localhost", "Connection: close");
    await client.closed();
    assert.equal(client.head, `${STREAM_HEAD}\r\nConnection: close`);
    assert.equal(client.body, "");
    assert.equal(channel.clientCount, 0);
  });

  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    it(`refuses ${method} with 405 and Allow`, async (t) => {
      const { port } = await startChannel(t);
      const client = rawClient(t, port).send(`${method} / HTTP/1.1`, "Host: localhost", "Connection: close");
      await client.closed();
      assert.match(client.head, /^HTTP\/1\.1 405 /);
      assert.match(client.head, /\r\nAllow: GET, HEAD\r\n/);
      assert.deepEqual(JSON.parse(client.body), {
        error: { code: "METHOD_NOT_ALLOWED", message: `Cannot ${method} an event stream: use GET` },
      });
    });
  }

  it("answers 406 when the Accept header excludes the format", async (t) => {
    const { channel, port } = await startChannel(t);
    const client = rawClient(t, port).get("/", ["Accept: application/json", "Connection: close"]);
    await client.closed();
    assert.match(client.head, /^HTTP\/1\.1 406 /);
    assert.equal((JSON.parse(client.body) as { error: { code: string } }).error.code, "NOT_ACCEPTABLE");
    assert.equal(channel.clientCount, 0);
  });

  it("writes through response.write when another library replaced it", async (t) => {
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      const write = response.write.bind(response) as (bytes: Buffer) => boolean;
      response.write = ((bytes: Buffer) => write(Buffer.from(bytes.toString().toUpperCase()))) as typeof response.write;
      channel.handle(request, response);
    });
    const client = rawClient(t, port).get("/");
    await client.until("RETRY: 2000\n");
    channel.publish("x");
    await client.until("DATA: X\n\n");
    assert.equal(dechunk(client.body).content, "RETRY: 2000\nID: E-1\nDATA: X\n\n");
  });

  it("does not write to a response whose client has left", async (t) => {
    let arrive = (): void => {};
    let finish = (answer: unknown): void => void answer;
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const answered = new Promise<unknown>((resolve) => (finish = resolve));
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      response.once("close", () => finish(channel.handle(request, response)));
      arrive();
    });
    const client = rawClient(t, port).get("/");
    await arrived;
    client.socket.destroy();
    assert.equal(await answered, undefined);
    assert.equal(channel.clientCount, 0);
  });

  it("throws on a response that has started already, and acquires no place", async (t) => {
    let thrown: unknown;
    const { channel, port } = await startChannel(t, { maxClients: 1 }, (request, response) => {
      response.write("begun");
      assert.throws(
        () => channel.handle(request, response),
        (error) => ((thrown = error), true),
      );
      response.end();
    });
    await rawClient(t, port).get("/", ["Connection: close"]).closed();
    assert.equal((thrown as { code: string }).code, "HEADERS_SENT");
    assert.equal(channel.clientCount, 0);
  });

  it("refuses a pipelined stream that could never begin", async (t) => {
    const { channel, port } = await startChannel(t);
    const client = rawClient(t, port).get("/").get("/");
    await client.until("retry: 2000\n");
    assert.equal(channel.clientCount, 1);
    assert.equal(channel.statistics.refused, 1);
  });
});
