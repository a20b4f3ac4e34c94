import assert from "node:assert/strict";
import diagnostics from "node:diagnostics_channel";
import { describe, it } from "node:test";
import { rawClient, startChannel, until } from "../../support/channel.js";
import { EventClient } from "../../support/http.js";
import type { ChannelClient } from "../../../dist/channel/clients/client.js";

describe("Channel: one client", () => {
  it("can be greeted alone, without an id, and be found among the others", async (t) => {
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      const client = channel.handle(request, response, { data: { user: request.url } });
      assert.equal(client?.send({ event: "hello", data: `you are ${String(request.url)}` }), true);
    });
    const ann = rawClient(t, port).get("/ann", [], "1.0");
    const bob = rawClient(t, port).get("/bob", [], "1.0");
    await Promise.all([ann.until("you are"), bob.until("you are")]);
    channel.publish("to all");
    const [first] = [...channel.clients].filter(({ data }) => (data as { user: string }).user === "/bob");
    assert.equal(first?.send("to bob"), true);
    await Promise.all([ann.until("to all"), bob.until("to all")]);
    assert.equal(ann.body, "retry: 2000\nevent: hello\ndata: you are /ann\n\nid: e-1\ndata: to all\n\n");
    assert.equal(
      bob.body,
      "retry: 2000\nevent: hello\ndata: you are /bob\n\ndata: to bob\n\nid: e-1\ndata: to all\n\n",
    );
    first?.close();
    assert.equal(first?.send("too late"), false);
    await bob.closed();
    await until(() => channel.clientCount === 1);
    assert.throws(() => [...channel.clients][0]?.send({ data: "x", id: "7" }), { code: "INVALID_EVENT" });
    assert.throws(() => [...channel.clients][0]?.send({ event: "x" }), { code: "INVALID_EVENT" });
  });

  it("is sent nothing while it has not read what was written", async (t) => {
    const { channel, port } = await startChannel(t);
    rawClient(t, port, { reads: false }).get("/");
    await until(() => channel.clientCount === 1);
    const [client] = channel.clients;
    let sent = 0;
    while (client?.send("x".repeat(100_000)) === true) sent++;
    assert.ok(sent > 0);
    assert.equal(channel.statistics.blocked, 1);
  });
});

describe("Channel: diagnostics", () => {
  it("reports connects, gaps, stalls and disconnects", async (t) => {
    const seen: string[] = [];
    const { channel, port } = await startChannel(t, { stallTimeout: 50 });
    for (const name of ["connect", "disconnect", "gap", "stall"]) {
      const listener = (message: unknown): void => {
        const { client, reason, gap } = message as { client: ChannelClient; reason?: string; gap?: { reason: string } };
        assert.equal((message as { channel: unknown }).channel, channel);
        assert.ok(client.start);
        seen.push([name, reason ?? gap?.reason].filter(Boolean).join(" "));
      };
      diagnostics.subscribe(`tailcast:${name}`, listener);
      t.after(() => diagnostics.unsubscribe(`tailcast:${name}`, listener));
    }
    const client = await EventClient.open(port, "/", { "Last-Event-ID": "x-1" });
    await until(() => channel.clientCount === 1);
    client.close();
    await until(() => channel.clientCount === 0);
    rawClient(t, port, { reads: false }).get("/");
    await until(() => channel.clientCount === 1);
    while (channel.clientCount > 0) {
      channel.publish("x".repeat(100_000));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.deepEqual(
      seen.filter((entry) => entry !== "gap lagged"),
      ["connect", "gap epoch", "disconnect left", "connect", "stall", "disconnect stalled"],
    );
  });
});

describe("Channel: writes in windows", () => {
  it("sends the first event after a pause in its own turn, and gathers the others", async (t) => {
    let now = 1000;
    t.mock.method(performance, "now", () => now);
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { channel, port } = await startChannel(t, { coalesce: 10, heartbeat: 0 });
    const client = rawClient(t, port).get("/");
    await client.until("retry: 2000\n");
    channel.publish("a");
    await client.until("data: a\n\n\r\n");
    channel.publish("b");
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    channel.publish("c");
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    assert.doesNotMatch(client.body, /data: b/);
    now += 10;
    t.mock.timers.tick(10);
    await client.until("data: c\n\n\r\n");
    now += 100;
    channel.publish("d");
    await client.until("data: d\n\n\r\n");
    const sizes = [...client.body.matchAll(/^([0-9a-f]+)\r\n/gm)].map((match) => match[1]);
    assert.deepEqual(sizes, ["c", "11", "22", "11"], "one chunk for the opening, a, b with c, and d");
  });

  it("does not make a full segment wait", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { channel, port } = await startChannel(t, { coalesce: 1_000_000 });
    const client = await EventClient.open(port, "/");
    channel.publish("first");
    await client.until((events) => events.length === 1);
    for (let index = 0; index < 70; index++) channel.publish("x".repeat(1000));
    await client.until((events) => events.length > 60);
    client.close();
  });
});

describe("Channel: a wave of clients that reconnect", () => {
  it("lets all catch up, in order and without a hole, while the others stay up to date", async (t) => {
    const { channel, port } = await startChannel(t, {
      capacity: 100_000,
      capacityBytes: 64 * 1024 * 1024,
      maxCatchUps: 2,
    });
    for (let index = 1; index <= 2000; index++) channel.publish(`${index} ${"x".repeat(1000)}`);
    const live = await EventClient.open(port, "/");
    const wave = await Promise.all(
      Array.from({ length: 12 }, () => EventClient.open(port, "/", { "Last-Event-ID": "e-0" })),
    );
    assert.ok(channel.statistics.catchingUp > 0);
    channel.publish("now");
    await live.until((events) => events.length === 1);
    for (const client of wave) {
      const events = await client.until((all) => all.at(-1)?.data === "now");
      assert.deepEqual(
        events.map(({ lastEventId }) => lastEventId),
        Array.from({ length: 2001 }, (_, index) => `e-${index + 1}`),
      );
      client.close();
    }
    assert.equal(channel.statistics.catchingUp, 0);
    live.close();
  });

  it("removes clients that leave while catching up", async (t) => {
    const { channel, port } = await startChannel(t, {
      capacity: 100_000,
      capacityBytes: 64 * 1024 * 1024,
      maxCatchUps: 1,
    });
    for (let index = 1; index <= 5000; index++) channel.publish(`${index} ${"x".repeat(1000)}`);
    const clients = Array.from({ length: 8 }, () => rawClient(t, port).get("/", ["Last-Event-ID: e-0"]));
    await until(() => channel.clientCount === 8);
    for (const client of clients) client.socket.resetAndDestroy();
    await until(() => channel.clientCount === 0);
    assert.equal(channel.statistics.catchingUp, 0);
  });
});

describe("Channel: heartbeats as events", () => {
  it("sends a named event that a page can see, and that leaves its last event id alone", async (t) => {
    const { channel, port } = await startChannel(t, { heartbeat: 30, heartbeatEvent: "ping" });
    const client = await EventClient.open(port, "/");
    channel.publish("a");
    const events = await client.until((all) => all.filter(({ type }) => type === "ping").length === 2);
    assert.deepEqual(events.at(-1), { type: "ping", data: "", lastEventId: "e-1" });
    client.close();
  });
});

describe("Channel: custom ids and long logs", () => {
  it("finds any id of the application in a long log", async (t) => {
    const { channel, port } = await startChannel(t, { capacity: 50_000, capacityBytes: 64 * 1024 * 1024 });
    for (let index = 0; index < 60_000; index++) channel.publish({ id: `order ${index}`, data: String(index) });
    for (const index of [10_000, 30_000, 59_998]) {
      const client = await EventClient.open(port, "/", { "Last-Event-ID": `order ${index}` });
      const events = await client.until((all) => all.length > 0);
      assert.equal(events[0]?.data, String(index + 1));
      client.close();
    }
    const old = await EventClient.open(port, "/", { "Last-Event-ID": "order 9999" });
    assert.equal(
      (await old.until((all) => all.length > 0))[0]?.data,
      "10000",
      "the last before the oldest that is kept",
    );
    old.close();
    const gone = await EventClient.open(port, "/", { "Last-Event-ID": "order 9998" });
    assert.equal((await gone.until((all) => all.length > 0))[0]?.type, "gap");
    gone.close();
  });
});
