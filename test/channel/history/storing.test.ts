import assert from "node:assert/strict";
import diagnostics from "node:diagnostics_channel";
import { describe, it } from "node:test";
import { Channel } from "../../../dist/channel/channel.js";
import { FileHistory } from "../../../dist/channel/history/file-history.js";
import { rawClient, startChannel, until } from "../../support/channel.js";
import { EventClient } from "../../support/http.js";
import { HeldHistory, follow, logPath, numbers } from "./histories.js";
import type { ChannelHistory, HistoryReader } from "../../../dist/channel/history/history.js";

describe("Channel with a history: storing", () => {
  it("shows an event only after it was stored, and gathers the events in between", async (t) => {
    const history = new HeldHistory();
    const { channel, port } = await startChannel(t, { history });
    const client = rawClient(t, port).get("/");
    await client.until("retry: 2000\n");
    channel.publish("a");
    await until(() => history.asked.length === 1);
    channel.publish("b");
    channel.publish("c");
    const stored = channel.flushed();
    await new Promise(setImmediate);
    assert.doesNotMatch(client.received, /data/);
    assert.deepEqual(history.asked, ["id: e-1\ndata: a\n\n(2)"]);
    await history.release();
    await client.until("data: a\n\n");
    await until(() => history.asked.length === 2);
    assert.equal(history.asked[1], "id: e-2\ndata: b\n\nid: e-3\ndata: c\n\n(4)");
    assert.doesNotMatch(client.received, /data: b/);
    await history.release();
    await client.until("data: c\n\n");
    await stored;
  });

  it("ends and closes only after everything was stored", async (t) => {
    const history = new HeldHistory();
    const { channel, port } = await startChannel(t, { history });
    const client = rawClient(t, port).get("/", ["Connection: close"]);
    await client.until("retry: 2000\n");
    channel.publish("a");
    channel.end();
    assert.throws(() => channel.publish("b"), { code: "CHANNEL_CLOSED" });
    const late = rawClient(t, port).get("/", ["Last-Event-ID: e-0", "Connection: close"]);
    await late.until("retry: 2000\n");
    await history.release();
    assert.match(await client.closed(), /data: a\n\n\r\n0\r\n\r\n$/);
    assert.match(await late.closed(), /data: a\n\n\r\n0\r\n\r\n$/);
  });

  it("encodes a piece once for several clients that need it at the same time", async (t) => {
    let looks = 0;
    const text = Array.from({ length: 8 }, (_, index) => `id: e-${index + 1}\ndata: ${index + 1}\n\n`).join("");
    const piece = {
      get bytes() {
        looks++;
        return Buffer.from(text);
      },
      next: 9,
    };
    const reader: HistoryReader = { next: () => Promise.resolve(piece), close: () => undefined };
    const history: ChannelHistory = { epoch: "e", end: 9, append: () => Promise.resolve(), read: () => reader };
    const { port } = await startChannel(t, { history, backlog: "all" });
    for (let client = 1; client <= 3; client++) assert.deepEqual(await follow(port, 8), numbers(1, 8));
    assert.equal(looks, 1);
  });

  it("continues in memory when storing fails, and rejects flushed()", async (t) => {
    const history = new HeldHistory();
    const { channel, port } = await startChannel(t, { history });
    const client = rawClient(t, port).get("/");
    await client.until("retry: 2000\n");
    channel.publish("a");
    const stored = assert.rejects(channel.flushed(), /disk full/);
    await history.release(new Error("disk full"));
    await stored;
    channel.publish("b");
    await client.until("data: b\n\n");
    await assert.rejects(channel.flushed(), /disk full/);
    assert.equal(history.asked.length, 1);
  });

  it("closes at the deadline when that is never stored", async (t) => {
    const { channel, port } = await startChannel(t, { history: new HeldHistory() });
    const reading = channel.read({ backlog: "all" });
    const client = await EventClient.open(port, "/");
    channel.publish("a");
    const closed = channel.close({ deadline: 10 });
    assert.equal((await reading.next()).done, true);
    await closed;
    assert.deepEqual(await client.ended(), []);
    // The same without a client.
    const alone = new Channel({ history: new HeldHistory() });
    alone.publish("a");
    await alone.close({ deadline: 10 });
  });

  it("closes when the last event is stored", async () => {
    const history = new HeldHistory();
    const channel = new Channel({ history });
    channel.publish("a");
    const read = channel.read({ backlog: "all" });
    const first = read.next();
    let isClosed = false;
    const closed = channel.close().then(() => (isClosed = true));
    await new Promise(setImmediate);
    assert.equal(isClosed, false);
    await history.release();
    await closed;
    assert.equal(Buffer.from((await first).value ?? []).toString(), "id: e-1\ndata: a\n\n");
    assert.equal((await read.next()).done, true);
  });

  it("refuses custom ids, and another epoch than the history's", () => {
    const history = new HeldHistory();
    assert.throws(() => new Channel({ history }).publish({ id: "x", data: "" }), { code: "INVALID_EVENT" });
    assert.throws(() => new Channel({ history, epoch: "f" }), { code: "INVALID_OPTION" });
  });
});

describe("Channel with a history: failures and the end", () => {
  it("reports a failure to append, once, on tailcast:history and in the statistics", async (t) => {
    const messages: unknown[] = [];
    const listener = (message: unknown): void => {
      const { channel: source, action, error } = message as { channel: Channel; action: string; error: Error };
      messages.push([source === channel, action, error.message]);
    };
    diagnostics.subscribe("tailcast:history", listener);
    t.after(() => diagnostics.unsubscribe("tailcast:history", listener));
    const history = new HeldHistory();
    const channel = new Channel({ history });
    channel.publish("a");
    await history.release(new Error("disk full"));
    await until(() => channel.statistics.historyFailures > 0);
    channel.publish("b");
    await assert.rejects(channel.flushed(), /disk full/);
    assert.deepEqual(messages, [[true, "append", "disk full"]]);
    assert.equal(channel.statistics.historyFailures, 1);
    await channel.close();
  });

  it("reports a history that cannot be read, and one that cannot be closed", async (t) => {
    const actions: unknown[] = [];
    const listener = (message: unknown): void => void actions.push((message as { action: string }).action);
    diagnostics.subscribe("tailcast:history", listener);
    t.after(() => diagnostics.unsubscribe("tailcast:history", listener));
    const history: ChannelHistory = {
      epoch: "e",
      end: 5,
      read: () => ({ next: () => Promise.reject(new Error("gone")), close: () => undefined }),
      close: () => Promise.reject(new Error("still in use")),
    };
    const channel = new Channel({ history });
    let text = "";
    for await (const bytes of channel.read({ backlog: "all", until: "now" })) text += Buffer.from(bytes).toString();
    assert.match(text, /^event: gap\n/);
    await channel.close();
    assert.deepEqual(actions, ["read", "close"]);
    assert.equal(channel.statistics.historyFailures, 2);
  });

  it("closes the history once, after the last event was stored and the last connection is over", async (t) => {
    const steps: string[] = [];
    const history = new HeldHistory();
    const closing = Object.assign(history, { close: () => void steps.push("history") });
    const { channel, port } = await startChannel(t, {
      history: closing,
      onDisconnect: () => steps.push("client"),
    });
    const client = rawClient(t, port).get("/");
    await client.until("retry: 2000\n");
    channel.publish("a");
    const closed = channel.close();
    await history.release();
    await Promise.all([closed, channel.close()]);
    assert.deepEqual(steps, ["client", "history"]);
  });

  it("leaves no file open", async (t) => {
    const history = await FileHistory.open(await logPath(t), "e");
    const channel = new Channel({ history });
    channel.publish("a");
    await channel.close();
    await assert.rejects(history.append([Buffer.from("id: e-2\ndata: b\n\n")], 3), { code: "CHANNEL_CLOSED" });
  });
});
