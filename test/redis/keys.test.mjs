/** The keys of a log are deleted, replaced, or changed by another program. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertStreams, publishAll, timed } from "./support/check.mjs";
import { CLIENTS, openLogs } from "./support/clients.mjs";
import { Recorder } from "./support/recorder.mjs";
import { RedisServer } from "./support/redis-server.mjs";

const EVENTS = "{tailcast:log}:events";
const LOG = "{tailcast:log}:log";

/** A log in two processes with five events, and a recorder for each. */
async function setUp(t, client) {
  const server = await RedisServer.start(t);
  const options = { timeout: 600, checkInterval: 100 };
  const log = await openLogs(t, server, options, client).open("log");
  const other = await openLogs(t, server, options, client).open("log");
  const recorders = [new Recorder(log), new Recorder(other)];
  await publishAll(log, ["0", "1", "2", "3", "4"]);
  for (const recorder of recorders) await recorder.count(5);
  return { server, log, other, recorders, epoch: log.epoch };
}

for (const [name, client] of Object.entries(CLIENTS)) {
  describe(`RedisLog with ${name}`, () => {
    it("keeps the epoch when the stream is deleted, and reports the events as removed", async (t) => {
      const { server, log, other, recorders, epoch } = await setUp(t, client);
      await server.command("DEL", EVENTS);
      const [id] = await publishAll(other, ["after"]);
      assert.equal(id, `${epoch}-6`);
      for (const recorder of recorders) await recorder.count(6);
      for (const { notes } of recorders) assert.deepEqual(notes, []);
      assert.deepEqual([log.start, log.end, other.start], [6, 7, 6]);
      await assert.rejects(log.read(3).next(), { message: /event 3 was removed/ });
    });

    it("starts a new epoch, which continues the numbers, when the hash is deleted", async (t) => {
      const { server, log, recorders, epoch } = await setUp(t, client);
      await server.command("DEL", LOG);
      for (const recorder of recorders) await recorder.until(({ notes }) => notes.includes("reset"));
      assert.notEqual(log.epoch, epoch);
      const [id] = await publishAll(log, ["after"]);
      assert.equal(id, `${log.epoch}-6`);
      for (const recorder of recorders) await recorder.count(11);
      for (const { data } of recorders) assert.deepEqual(data.slice(5), ["0", "1", "2", "3", "4", "after"]);
      assertStreams(recorders);
    });

    for (const command of [["DEL", EVENTS, LOG], ["FLUSHALL"]]) {
      it(`starts a new, empty log after ${command[0]} of everything`, async (t) => {
        const { server, log, recorders, epoch } = await setUp(t, client);
        await server.command(...command);
        // Publishing is the first to notice it.
        const [id] = await publishAll(log, ["after"]);
        assert.equal(id, `${log.epoch}-1`);
        assert.notEqual(log.epoch, epoch);
        for (const recorder of recorders) await recorder.count(6);
        for (const { data } of recorders) assert.deepEqual(data.slice(5), ["after"]);
        assertStreams(recorders);
      });
    }

    for (const key of [EVENTS, LOG]) {
      it(`rejects at once while ${key} has another type, and continues later`, async (t) => {
        const { server, log, recorders } = await setUp(t, client);
        const healthy = await openLogs(t, server, {}, client).open("healthy");
        const witness = new Recorder(healthy);
        const replace = "redis.call('RENAME', KEYS[1], 'kept') redis.call('SET', KEYS[1], 'text')";
        await server.command("EVAL", replace, 1, key);
        const { reason, time } = await timed(() => log.publish("lost"));
        assert.equal(reason.code, "LOG_UNAVAILABLE");
        assert.match(reason.message, /WRONGTYPE/);
        assert.ok(time < 500, `${time} ms`);
        await recorders[0].until(({ notes }) => notes.includes("failure"));
        await healthy.publish("fine");
        await witness.count(1);
        assert.deepEqual(witness.notes, []);
        await server.command("RENAME", "kept", key);
        await publishAll(log, ["after"]);
        for (const recorder of recorders) await recorder.until(({ data }) => data.includes("after"));
        for (const { notes, data } of recorders) {
          assert.ok(!notes.includes("reset"));
          assert.deepEqual(data, ["0", "1", "2", "3", "4", "after"]);
        }
      });
    }
  });
}

describe("RedisLog", () => {
  it("reports a deleted entry as removed, and reads the entries after it", async (t) => {
    const { server, log } = await setUp(t);
    await server.command("XDEL", EVENTS, "0-3");
    const before = log.read(1);
    const { bytes, next } = await before.next();
    assert.match(bytes.toString(), /data: 0\n\n.*data: 1\n\n$/s);
    assert.equal(next, 3);
    await assert.rejects(before.next(), { message: /event 3 was removed/ });
    assert.equal(log.start, 4);
    assert.equal((await log.read(4).next()).next, 6);
  });

  it("starts a new epoch when another program adds an entry", async (t) => {
    const { server, log, recorders, epoch } = await setUp(t);
    await server.command("XADD", EVENTS, "0-*", "other", "text");
    const [id] = await publishAll(log, ["after"]);
    assert.notEqual(log.epoch, epoch);
    assert.equal(id, `${log.epoch}-7`);
    for (const recorder of recorders) await recorder.until(({ data }) => data.includes("after"));
    for (const { notes } of recorders) assert.ok(notes.includes("gap 6-6"), notes.join(" "));
    assertStreams(recorders);
  });

  it("starts a new epoch when an older state of the log was restored", async (t) => {
    const { server, log, recorders, epoch } = await setUp(t);
    await server.command("HSET", LOG, "end", 4);
    for (const recorder of recorders) await recorder.until(({ notes }) => notes.includes("reset"));
    assert.notEqual(log.epoch, epoch);
    const [id] = await publishAll(log, ["after"]);
    assert.equal(id, `${log.epoch}-6`);
    for (const recorder of recorders) await recorder.until(({ data }) => data.includes("after"));
    assertStreams(recorders);
  });

  it("refuses a stream whose ids are not those of a log", async (t) => {
    const server = await RedisServer.start(t);
    await server.command("XADD", EVENTS, "*", "other", "text");
    const expected = { code: "LOG_UNAVAILABLE", message: /entries of another program/ };
    await assert.rejects(openLogs(t, server).open("log"), expected);
    const logs = openLogs(t, server);
    await server.command("DEL", EVENTS);
    await (await logs.open("log")).publish("text");
  });
});
