import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../../dist/channel/channel.js";
import { MemoryLog } from "../../../dist/channel/history/memory-log.js";
import { rawClient, startChannel, until } from "../../support/channel.js";
import {
  ScriptedLog,
  UNAVAILABLE,
  gapText,
  scripted,
  startFollowing,
  textOf,
  textsOf,
} from "./scripted-log.js";

describe("Channel with a shared log", () => {
  it("shows the events of every process, with the same bytes", async (t) => {
    const one = new MemoryLog({ epoch: "e" });
    const two = one.fork();
    const channels = await Promise.all([one, two].map((log) => startChannel(t, { log, retry: null })));
    const clients = channels.map(({ port }) => rawClient(t, port).get("/", [], "1.0"));
    for (const client of clients) await client.until(":\n");
    const ids = await Promise.all([one.publish("a"), two.publish({ event: "x", data: "b\nc", retry: 5 })]);
    await one.complete();
    assert.deepEqual(ids, ["e-1", "e-2"]);
    for (const client of clients) {
      await client.closed();
      assert.equal(client.body, ":\nid: e-1\ndata: a\n\nretry: 5\nevent: x\nid: e-2\ndata: b\ndata: c\n\n");
    }
    for (const { channel } of channels) assert.equal(channel.state, "ending");
  });

  it("refuses to change the log, and names the method that does", () => {
    const channel = new Channel({ log: new MemoryLog() });
    assert.throws(() => channel.publish("a"), {
      code: "INVALID_OPTION",
      message: "Cannot publish the event on the channel: it shows a shared log; use log.publish() instead",
    });
    assert.throws(() => channel.skip(1), { code: "INVALID_OPTION", message: /log\.publish\(\)/ });
    assert.throws(() => channel.end(), { code: "INVALID_OPTION", message: /log\.complete\(\)/ });
  });

  it("refuses a log together with a history or an epoch, and everything that is not a log", () => {
    const log = new MemoryLog();
    for (const options of [{ history: new ScriptedLog() }, { epoch: "e" }, { uniqueEpoch: "e" }]) {
      assert.throws(() => new Channel({ log, ...options }), {
        code: "INVALID_OPTION",
        message: `Cannot use "${Object.keys(options)[0]}": the log stores the events and gives their ids; leave it out`,
      });
    }
    const bad = [Promise.resolve(log), { ...new ScriptedLog() }, scripted({ end: 0 }), null];
    for (const value of bad) assert.throws(() => new Channel({ log: value as never }), { code: "INVALID_OPTION" });
    assert.throws(() => new Channel({ log: scripted({ start: 2 }) }), /"log.start"/);
  });

  it("stops following when it is closed, and leaves the log open", async () => {
    const log = new ScriptedLog();
    const channel = new Channel({ log });
    assert.equal(log.followers.size, 1);
    await channel.close();
    assert.equal(log.followers.size, 0);
  });

  it("reads events that were not reported from the store, once", async (t) => {
    const log = new ScriptedLog();
    const { channel, open } = await startFollowing(t, log);
    const client = await open();
    log.grow(3);
    log.grow(6, 5);
    await client.until(textOf("e", 5));
    log.grow(8, 3);
    await client.until(textOf("e", 7));
    assert.equal(client.body, [":\n", ...textsOf("e", 1, 7)].join(""));
    assert.deepEqual([channel.statistics.published, channel.statistics.gaps], [7, 0]);
  });

  it("reads events before its own start from the store", async (t) => {
    const log = scripted({ start: 3, end: 6 });
    const { open } = await startFollowing(t, log, { backlog: "all" });
    const [fresh, late, resumed] = [await open(), await open("e-1"), await open("e-4")];
    for (const client of [fresh, late, resumed]) await client.until(textOf("e", 5));
    assert.equal(fresh.body, [":\n", gapText("e-2", "", "evicted", 2), ...textsOf("e", 3, 5)].join(""));
    assert.equal(late.body, [":\n", gapText("e-2", "e-1", "evicted", 1), ...textsOf("e", 3, 5)].join(""));
    assert.equal(resumed.body, `:\n${textOf("e", 5)}`);
  });

  it("writes at most once in a window", async (t) => {
    const log = new ScriptedLog();
    const { channel, open } = await startFollowing(t, log, { coalesce: 50 });
    const client = await open();
    const seen: number[] = [];
    log.grow(2);
    await client.until(textOf("e", 1));
    const start = performance.now();
    for (let end = 3; end <= 6; end++) {
      // Also with a hole: event 4 is only in the store.
      log.grow(end, end === 5 ? 5 : end - 1);
      await new Promise(setImmediate);
      seen.push(channel.statistics.delivered);
    }
    assert.deepEqual(seen, [1, 1, 1, 1]);
    await client.until(textOf("e", 5));
    assert.ok(performance.now() - start > 30);
    assert.equal(client.body, [":\n", ...textsOf("e", 1, 5)].join(""));
  });

  it("ends streams when the log is complete, and answers 204 then", async (t) => {
    const log = scripted({ end: 3 });
    const { channel, port, open } = await startFollowing(t, log);
    const client = await open("e-1");
    log.finish();
    await client.closed();
    assert.equal(client.body, `:\n${textOf("e", 2)}`);
    assert.match(await rawClient(t, port).get("/", ["Last-Event-ID: e-2"], "1.0").closed(), /^HTTP\/1\.1 204 /);
    // No event can follow, so the store need not be asked.
    const later = rawClient(t, port).get("/", ["Last-Event-ID: e-9"], "1.0");
    await later.closed();
    assert.equal(later.body, [":\n", gapText("e-0", "e-9", "unknown"), ...textsOf("e", 1, 2)].join(""));
    assert.deepEqual([channel.state, log.refreshes], ["ending", 0]);
    const born = new Channel({ log });
    assert.equal(born.state, "ending");
  });

  it("reports failures of the log, once each", async () => {
    const log = new ScriptedLog();
    const channel = new Channel({ log });
    log.report((follower) => follower.onFailure(UNAVAILABLE));
    assert.equal(channel.statistics.historyFailures, 1);
  });
});

describe("Channel with a shared log: another epoch", () => {
  it("moves every client and reader to it, with a gap", async (t) => {
    const log = scripted({ end: 4 });
    const { channel, open } = await startFollowing(t, log);
    const [upToDate, old] = [await open("e-3"), await open("e-1")];
    await old.until(textOf("e", 3));
    const reader = channel.read({ lastEventId: "e-3" });
    const waiting = reader.next();
    log.reset("f", 1, 3);
    log.grow(4);
    const expected = [gapText("f-0", "e-3", "epoch"), ...textsOf("f", 1, 3)].join("");
    for (const client of [upToDate, old]) await client.until(textOf("f", 3));
    assert.equal(upToDate.body, `:\n${expected}`);
    assert.equal(old.body, [":\n", ...textsOf("e", 2, 3), expected].join(""));
    let read = Buffer.from((await waiting).value ?? []).toString();
    while (read.length < expected.length) read += Buffer.from((await reader.next()).value ?? []).toString();
    assert.equal(read, expected);
    await reader.return();
    assert.deepEqual([channel.statistics.gaps, channel.statistics.published, log.open.size], [2, 1, 0]);
  });

  it("sends the gap at once when the new epoch is empty, and resumes after it", async (t) => {
    const log = scripted({ end: 4 });
    const { open } = await startFollowing(t, log);
    const client = await open();
    log.reset("f", 1, 1);
    await client.until(gapText("f-0", "e-3", "epoch"));
    const resumed = await open("f-0");
    log.grow(2);
    for (const other of [client, resumed]) await other.until(textOf("f", 1));
    assert.equal(resumed.body, `:\n${textOf("f", 1)}`);
  });

  it("gives a blocked client one gap, after its last event, however often the epoch changes", async (t) => {
    const log = new ScriptedLog();
    const { channel, port } = await startChannel(t, { log, retry: null, heartbeat: 0 });
    const client = rawClient(t, port, { reads: false }).get("/", [], "1.0");
    await until(() => channel.clientCount === 1);
    const large = "x".repeat(1_000_000);
    for (let end = 2; channel.statistics.blocked === 0; end++) {
      const texts = [`id: e-${end - 1}\ndata: ${large}\n\n`];
      log.end = end;
      log.report((follower) => follower.onEvents({ first: end - 1, texts }));
      await new Promise(setImmediate);
    }
    const last = `e-${channel.statistics.delivered}`;
    log.grow(log.end + 1);
    log.reset("f", 1, 3);
    log.reset("g", 1, 3);
    client.resume();
    await client.until(textOf("g", 2));
    const end = client.body.slice(client.body.lastIndexOf(large) + large.length);
    assert.equal(end, ["\n\n", gapText("g-0", last, "epoch"), ...textsOf("g", 1, 2)].join(""));
  });

  it("closes readers of the old epoch, and drops what they read", async (t) => {
    const log = scripted({ end: 4, readFailure: UNAVAILABLE });
    const { open } = await startFollowing(t, log);
    const client = await open("e-1");
    await until(() => log.open.size === 1);
    log.readFailure = undefined;
    log.reset("f", 2, 4);
    await client.until(textOf("f", 3));
    assert.equal(client.body, [":\n", gapText("f-1", "e-1", "epoch"), ...textsOf("f", 2, 3)].join(""));
    assert.equal(log.open.size, 0);
  });

  it("waits for the report of a change that the store has made already", async (t) => {
    const log = scripted({ end: 9, readFailure: UNAVAILABLE });
    const { channel, open } = await startFollowing(t, log);
    const reader = channel.read({ lastEventId: "e-2" });
    const first = reader.next();
    const client = await open("e-1");
    await until(() => log.reads >= 2);
    Object.assign(log, { epoch: "f", end: 5, readFailure: undefined });
    await until(() => log.open.size === 0);
    const { reads } = log;
    const late = await open("e-3");
    const lateReader = channel.read({ lastEventId: "e-3" });
    const lateFirst = lateReader.next();
    await until(() => log.refreshes === 1);
    assert.deepEqual([client.body, late.body, log.reads], [":\n", ":\n", reads]);
    log.report((follower) => follower.onReset());
    log.answerAll();
    for (const [index, other] of [client, late].entries()) {
      await other.until(textOf("f", 4));
      assert.equal(other.body, [":\n", gapText("f-0", `e-${1 + 2 * index}`, "epoch"), ...textsOf("f", 1, 4)].join(""));
    }
    assert.equal(Buffer.from((await first).value ?? []).toString(), gapText("f-0", "e-2", "epoch"));
    assert.equal(Buffer.from((await lateFirst).value ?? []).toString(), gapText("f-0", "e-3", "epoch"));
    await Promise.all([reader.return(), lateReader.return()]);
  });

  it("opens again when a completed log starts another epoch", async (t) => {
    const log = scripted({ end: 3 });
    const { channel, open } = await startFollowing(t, log);
    log.finish();
    assert.equal(channel.state, "ending");
    log.reset("f", 1, 1);
    assert.equal(channel.state, "open");
    const client = await open("f-0");
    log.grow(2);
    await client.until(textOf("f", 1));
    log.reset("f", 1, 1);
    log.grow(3, 2);
    await client.until(textOf("f", 2));
    assert.equal(client.body, [":\n", ...textsOf("f", 1, 2)].join(""), "the same epoch again is no change");
  });
});
