import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../dist/channel/channel.js";
import { rawClient, startChannel, until } from "../support/channel.js";
import { dechunk } from "../support/http.js";

describe("Channel.close()", () => {
  it("gives every client a time to reconnect, spread out, and resolves when all have left", async (t) => {
    const { channel, port } = await startChannel(t);
    const clients = Array.from({ length: 20 }, () => rawClient(t, port).get("/", ["Connection: close"]));
    await Promise.all(clients.map((client) => client.until("retry: 2000\n")));
    channel.publish("last");
    const closing = channel.close({ retry: 1000 });
    assert.equal(channel.close(), closing);
    await closing;
    assert.equal(channel.clientCount, 0);
    const bodies = await Promise.all(
      clients.map(async (client) => dechunk((await client.closed()).split("\r\n\r\n").slice(1).join("\r\n\r\n"))),
    );
    const retries = bodies.map(({ content, isComplete }) => {
      assert.equal(isComplete, true);
      return Number(/^retry: 2000\nid: e-1\ndata: last\n\nretry: (\d+)\n$/.exec(content)?.[1]);
    });
    assert.ok(
      retries.every((retry) => retry >= 1000 && retry <= 2000),
      String(retries),
    );
    assert.ok(new Set(retries).size > 5, "they do not reconnect in one wave");
    assert.throws(() => channel.publish("x"), { code: "CHANNEL_CLOSED" });
    assert.throws(() => channel.end(), { code: "CHANNEL_CLOSED" });
    assert.equal(channel.statistics.closed.closed, 20);
  });

  it("does not touch the next response when the application ended this one itself", async (t) => {
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      if (request.url === "/next") return void response.end("next");
      channel.handle(request, response);
      if (request.url === "/ends") response.end();
      for (let index = 0; index < 1000; index++) channel.publish(`late ${index}`);
    });
    const client = rawClient(t, port).get("/ends");
    await client.until("0\r\n\r\n");
    client.get("/next", ["Connection: close"]);
    const [, after] = (await client.closed()).split("0\r\n\r\n");
    assert.match(after ?? "", /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nnext$/);
    await until(() => channel.clientCount === 0);

    // The same with a client whose socket is full.
    const blocked = rawClient(t, port, { reads: false }).get("/");
    await until(() => channel.clientCount === 1);
    while (channel.statistics.blocked === 0) {
      channel.publish("x".repeat(1_000_000));
      await new Promise(setImmediate);
    }
    await channel.close({ retry: 0 }).catch(() => undefined);
    blocked.socket.destroy();
  });

  it("drops clients that have not read the rest at the deadline", async (t) => {
    const { channel, port } = await startChannel(t, { stallTimeout: 0 });
    const sleeper = rawClient(t, port, { reads: false }).get("/");
    await until(() => channel.clientCount > 0);
    for (let index = 0; index < 200; index++) channel.publish("x".repeat(100_000));
    await channel.close({ deadline: 50 });
    assert.equal(channel.clientCount, 0);
    sleeper.socket.destroy();
  });

  it("leaves a kept-alive connection usable for the next request", async (t) => {
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      if (request.url === "/next") response.end("next");
      else channel.handle(request, response);
    });
    const client = rawClient(t, port).get("/");
    await client.until("retry: 2000\n");
    channel.publish("a");
    channel.end();
    await client.until("0\r\n\r\n");
    client.get("/next", ["Connection: close"]);
    const received = await client.closed();
    assert.match(received, /\r\n\r\nnext$/);
    assert.equal(received.match(/HTTP\/1\.1 200/g)?.length, 2);
  });

  it("lets a kept-alive connection receive another stream", async (t) => {
    const next = new Channel({ backlog: "all" });
    next.publish("next");
    next.end();
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      if (request.url === "/next") next.handle(request, response);
      else channel.handle(request, response);
    });
    const client = rawClient(t, port).get("/");
    await client.until("retry: 2000\n");
    channel.end();
    await client.until("0\r\n\r\n");
    client.get("/next", ["Connection: close"]);
    assert.match(await client.closed(), /\ndata: next\n\n/);
  });

  it("refuses bad options", async () => {
    const channel = new Channel();
    assert.throws(() => channel.close({ retry: -1 }), { code: "INVALID_OPTION" });
    assert.throws(() => channel.close({ deadline: 1.5 }), { code: "INVALID_OPTION" });
    await channel[Symbol.asyncDispose]();
  });
});
