import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rawClient, startChannel, until } from "../../support/channel.js";
import { dechunk } from "../../support/http.js";

describe("Channel: heartbeats and age", () => {
  it("sends a comment after silence", async (t) => {
    const { port } = await startChannel(t, { heartbeat: 30 });
    const client = rawClient(t, port).get("/", [], "1.0");
    await client.until(":\n:\n");
    assert.match(client.body, /^retry: 2000\n(:\n)+$/);
  });

  it("sends no comment to a client that was just written to", async (t) => {
    let now = 0;
    t.mock.method(performance, "now", () => now);
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { channel, port } = await startChannel(t, { heartbeat: 40_000 });
    const client = rawClient(t, port).get("/", [], "1.0");
    await client.until("retry: 2000\n");
    const pass = (ms: number): void => {
      for (let second = 0; second < ms / 1000; second++) {
        now += 1000;
        t.mock.timers.tick(1000);
      }
    };
    pass(30_000);
    channel.publish("a");
    await client.until("data: a\n\n");
    pass(38_000);
    channel.publish("b");
    await client.until("data: b\n\n");
    pass(40_000);
    channel.publish("c");
    await client.until("data: c\n\n");
    assert.equal(client.body, "retry: 2000\nid: e-1\ndata: a\n\nid: e-2\ndata: b\n\n:\nid: e-3\ndata: c\n\n");
  });

  it("sends none with heartbeat 0", async (t) => {
    let now = 0;
    t.mock.method(performance, "now", () => now);
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { channel, port } = await startChannel(t, { heartbeat: 0 });
    const client = rawClient(t, port).get("/", [], "1.0");
    await client.until("retry: 2000\n");
    now = 3_600_000;
    t.mock.timers.tick(3_600_000);
    channel.publish("a");
    await client.until("data: a\n\n");
    assert.equal(client.body, "retry: 2000\nid: e-1\ndata: a\n\n");
  });

  it("ends a connection of maxConnectionAge with a jittered reconnection time", async (t) => {
    const { channel, port } = await startChannel(t, { maxConnectionAge: 50, retry: 1000 });
    const client = rawClient(t, port).get("/");
    await client.until("0\r\n\r\n");
    const retry = /retry: (\d+)\n$/.exec(dechunk(client.body).content)?.[1];
    assert.ok(Number(retry) >= 1000 && Number(retry) <= 2000, retry);
    await until(() => channel.clientCount === 0);
    assert.equal(channel.statistics.closed.aged, 1);
  });

  it("ends a connection of maxConnectionAge whose client is always behind, after what was written", async (t) => {
    let now = 1000;
    t.mock.method(performance, "now", () => now);
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { channel, port } = await startChannel(t, { maxConnectionAge: 10_000, stallTimeout: 0, retry: 1000 });
    const client = rawClient(t, port, { reads: false }).get("/", [], "1.0");
    await until(() => channel.clientCount > 0);
    while (channel.statistics.blocked === 0) {
      channel.publish("x".repeat(100_000));
      await new Promise(setImmediate);
    }
    now += 10_000;
    t.mock.timers.tick(1000);
    channel.publish("too late");
    client.resume();
    client.socket.resume();
    assert.match((await client.closed()).slice(-30), /x\n\nretry: \d{4}\n$/);
    assert.equal(channel.statistics.closed.aged, 1);
  });
});
