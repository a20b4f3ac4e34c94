import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rawClient, startChannel, until } from "../../support/channel.js";

describe("Channel: pipelined requests", () => {
  it("lets a stream wait for the response before it, and then sends everything published meanwhile", async (t) => {
    let finish: () => void = () => undefined;
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      if (request.url === "/file") finish = () => void response.end("file");
      else channel.handle(request, response);
    });
    const client = rawClient(t, port).get("/file").get("/events");
    await until(() => channel.clientCount === 1);
    channel.publish("meanwhile");
    await new Promise(setImmediate);
    assert.equal(client.received, "");
    finish();
    await client.until("data: meanwhile\n\n");
    channel.publish("later");
    await client.until("data: later\n\n");
    assert.match(client.received, /\r\n\r\nfileHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nc\r\nretry: 2000\n\r\n/);
    assert.deepEqual([channel.statistics.refused, channel.statistics.delivered], [0, 2]);
  });

  it("opens a stream behind HEAD", async (t) => {
    const { port } = await startChannel(t);
    const client = rawClient(t, port).send("HEAD / HTTP/1.1", "Host: localhost").get("/");
    await client.until("c\r\nretry: 2000\n\r\n");
  });

  it("frees the place of a stream whose connection ends before its turn", async (t) => {
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      if (request.url !== "/file") channel.handle(request, response);
    });
    const client = rawClient(t, port).get("/file").get("/events");
    await until(() => channel.clientCount === 1);
    client.socket.resetAndDestroy();
    await until(() => channel.clientCount === 0);
    assert.equal(channel.statistics.closed.left, 1);
  });

  it("drops a stream whose turn does not come for stallTimeout, or until the deadline of close()", async (t) => {
    const { channel, port } = await startChannel(t, { stallTimeout: 50 }, (request, response) => {
      if (request.url !== "/file") channel.handle(request, response);
    });
    rawClient(t, port).get("/file").get("/events");
    await until(() => channel.clientCount === 1);
    await until(() => channel.clientCount === 0);
    assert.equal(channel.statistics.closed.stalled, 1);
    rawClient(t, port).get("/file").get("/events");
    await until(() => channel.clientCount === 1);
    await channel.close({ deadline: 10 });
    assert.equal(channel.statistics.closed.closed, 1);
  });

  it("ends a waiting stream with its farewell when its turn comes", async (t) => {
    let finish: () => void = () => undefined;
    const { channel, port } = await startChannel(t, { compress: true }, (request, response) => {
      if (request.url === "/file") finish = () => void response.end("file");
      else channel.handle(request, response);
    });
    const client = rawClient(t, port).get("/file").get("/events");
    await until(() => channel.clientCount === 1);
    const closing = channel.close();
    finish();
    await closing;
    assert.match(await client.closed(), /retry: 2000\n\r\n[0-9a-f]+\r\nretry: \d+\n\r\n0\r\n\r\n$/);
  });
});
