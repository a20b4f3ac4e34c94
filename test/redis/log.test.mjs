/** Logs on a real redis-server: publishing, following, reading. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RedisLogs } from "../../dist/redis/index.js";
import { CLIENTS, NEWER_CLIENTS, openLogs } from "./support/clients.mjs";
import { Recorder } from "./support/recorder.mjs";
import { RedisServer } from "./support/redis-server.mjs";
import { Writer } from "./support/writer.mjs";

/** The number of calls of a command since the start of the server. */
async function calls(server, command) {
  const { [`cmdstat_${command}`]: line = "calls=0" } = await server.info("commandstats");
  return Number(/calls=(\d+)/.exec(line)[1]);
}

async function readAll(log, from = log.start) {
  const reader = log.read(from);
  let text = "";
  for (let next = from; next < log.end;) {
    const piece = await reader.next();
    text += piece.bytes.toString();
    next = piece.next;
  }
  reader.close();
  return text;
}

for (const [name, client] of Object.entries({ ...CLIENTS, ...NEWER_CLIENTS })) {
  describe(`RedisLog with ${name}`, () => {
    it("gives events of two processes one order, the same ids and the same texts everywhere", async (t) => {
      const server = await RedisServer.start(t);
      const first = await openLogs(t, server, {}, client).open("orders");
      const second = await openLogs(t, server, {}, client).open("orders");
      assert.deepEqual([second.epoch, second.start, second.end], [first.epoch, 1, 1]);
      const recorders = [first, first, second].map((log) => new Recorder(log));
      const writers = [new Writer(t, server, "orders", name), new Writer(t, server, "orders", name)];
      const ids = (await Promise.all(writers.map((writer) => writer.publish(200)))).flat();
      const fields = { data: "a\nb", event: "line", retry: 5, comment: "c" };
      ids.push(await first.publish(fields));
      for (const recorder of recorders) await recorder.count(401);

      const [{ texts }] = recorders;
      for (const recorder of recorders) assert.deepEqual(recorder.texts, texts);
      assert.deepEqual(recorders[0].ids, Array.from({ length: 401 }, (_, index) => `${first.epoch}-${index + 1}`));
      assert.deepEqual(new Set(ids), new Set(recorders[0].ids));
      assert.equal(texts[400], `: c\nretry: 5\nevent: line\nid: ${first.epoch}-401\ndata: a\ndata: b\n\n`);
      for (const [index, { data }] of recorders.entries()) {
        const [writer] = writers;
        const ofWriter = data.filter((text) => text.startsWith(`${writer.name} `));
        assert.deepEqual(ofWriter, Array.from({ length: 200 }, (_, number) => `${writer.name} ${number}`), `${index}`);
      }
      for (const log of [first, second]) assert.equal(await readAll(log), texts.join(""));
      const late = await openLogs(t, server, {}, client).open("orders");
      assert.equal(await readAll(late), texts.join(""));
    });

    it("stores the events of one turn with one script", async (t) => {
      const server = await RedisServer.start(t);
      const log = await openLogs(t, server, {}, client).open("turns");
      await log.publish("before");
      const before = (await calls(server, "evalsha")) + (await calls(server, "eval"));
      const ids = await Promise.all(Array.from({ length: 100 }, (_, number) => log.publish(`${number}`)));
      assert.equal((await calls(server, "evalsha")) + (await calls(server, "eval")) - before, 1);
      assert.deepEqual(ids, Array.from({ length: 100 }, (_, number) => `${log.epoch}-${number + 2}`));
    });

    it("continues when the scripts are flushed", async (t) => {
      const server = await RedisServer.start(t);
      const log = await openLogs(t, server, {}, client).open("flush");
      const recorder = new Recorder(log);
      for (const number of [1, 2]) {
        await server.command("SCRIPT", "FLUSH");
        assert.equal(await log.publish("text"), `${log.epoch}-${number}`);
      }
      await server.command("SCRIPT", "FLUSH");
      await log.refresh();
      await recorder.count(2);
      assert.deepEqual(recorder.notes, []);
    });

    it("finds the events whose messages were lost", async (t) => {
      const server = await RedisServer.start(t);
      const log = await openLogs(t, server, { checkInterval: 60_000 }, client).open("lost");
      const recorder = new Recorder(log);
      const writer = new Writer(t, server, "lost", name);
      // The first publication starts the process.
      await writer.publish(1);
      await recorder.count(1);
      for (let kill = 1; kill <= 5; kill++) {
        await server.command("CLIENT", "KILL", "TYPE", "pubsub");
        await writer.publish(60);
        await recorder.count(1 + kill * 60);
      }
      assert.deepEqual(recorder.ids, Array.from({ length: 301 }, (_, index) => `${log.epoch}-${index + 1}`));
    });

    it("completes for all processes, and refuses later events", async (t) => {
      const server = await RedisServer.start(t);
      const first = await openLogs(t, server, {}, client).open("end");
      const second = await openLogs(t, server, {}, client).open("end");
      const recorder = new Recorder(second);
      const last = first.publish("last");
      const late = [first.complete(), first.publish("late"), first.complete()];
      assert.equal(await last, `${first.epoch}-1`);
      const [, { reason }] = await Promise.allSettled(late);
      assert.equal(reason.code, "CHANNEL_CLOSED");
      await recorder.until(({ notes }) => notes.includes("complete"));
      assert.deepEqual([recorder.notes, recorder.data, second.isComplete], [["complete"], ["last"], true]);
      await assert.rejects(second.publish("late"), { code: "CHANNEL_CLOSED" });
      const third = await openLogs(t, server, {}, client).open("end");
      assert.deepEqual([third.isComplete, third.end, third.epoch], [true, 2, first.epoch]);
    });
  });
}

describe("RedisLog", () => {
  it("reads from every start", async (t) => {
    const server = await RedisServer.start(t);
    const log = await openLogs(t, server).open("starts");
    const ids = [];
    // Small events, then events that are larger than a piece together, then one that is larger alone.
    const sizes = [...Array(600).fill(10), ...Array(40).fill(5000), 100_000, ...Array(10).fill(10)];
    for (const [number, size] of sizes.entries()) ids.push(log.publish(`${number} ${"x".repeat(size)}`));
    await Promise.all(ids);
    const texts = (await readAll(log)).split(/(?<=\n\n)/);
    assert.equal(texts.length, sizes.length);
    for (let start = 1; start < log.end; start += start % 50 === 0 ? 1 : 7) {
      assert.equal(await readAll(log, start), texts.slice(start - 1).join(""), `from ${start}`);
    }
    for (const wrong of [0, log.end, 1.5]) assert.throws(() => log.read(wrong), { code: "INVALID_OPTION" });
  });

  it("reads a piece once for all readers at one position", async (t) => {
    const server = await RedisServer.start(t);
    const log = await openLogs(t, server).open("shared");
    await Promise.all(Array.from({ length: 2000 }, (_, number) => log.publish(`${number}`)));
    const before = await calls(server, "evalsha");
    const pieces = await Promise.all(
      Array.from({ length: 100 }, () => {
        const reader = log.read(1);
        t.after(() => reader.close());
        return reader.next();
      }),
    );
    assert.equal(new Set(pieces).size, 1);
    // The script for reading was sent with EVAL when the log was opened.
    assert.equal((await calls(server, "evalsha")) - before, 1);
  });

  it("removes old events, and reports where the log starts", async (t) => {
    const server = await RedisServer.start(t);
    const log = await openLogs(t, server, { capacity: 200 }).open("trimmed");
    const follower = await openLogs(t, server).open("trimmed");
    const recorder = new Recorder(follower);
    const reader = follower.read.bind(follower);
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 100 }, (_, number) => log.publish(`${round} ${number}`)));
    }
    await recorder.count(500);
    assert.ok(log.start > 100 && log.start <= 301, `starts at ${log.start}`);
    assert.equal(follower.start, log.start);
    await assert.rejects(reader(1).next(), { message: /^The event 1 was removed/ });
    assert.equal(await readAll(follower), recorder.texts.slice(follower.start - 1).join(""));
  });

  it("removes an idle log after `expire`", async (t) => {
    const server = await RedisServer.start(t);
    const log = await openLogs(t, server, { expire: 300, timeout: 100 }).open("short");
    const { epoch } = log;
    const recorder = new Recorder(log);
    await log.publish("text");
    await recorder.until(({ notes }) => notes.includes("reset"));
    assert.notEqual(log.epoch, epoch);
    assert.deepEqual([log.start, log.end], [1, 1]);
  });

  it("sends large batches without their texts in the message", async (t) => {
    const server = await RedisServer.start(t);
    const log = await openLogs(t, server).open("large");
    const recorder = new Recorder(await openLogs(t, server).open("large"));
    const data = "x".repeat(400_000);
    await Promise.all([log.publish(data), log.publish("small"), log.publish(data)]);
    await recorder.count(3);
    assert.deepEqual(
      recorder.data.map(({ length }) => length),
      [400_000, 5, 400_000],
    );
  });

  it("refuses events that cannot be stored", async (t) => {
    const server = await RedisServer.start(t);
    const log = await openLogs(t, server, { maxEventBytes: 20 }).open("bad");
    for (const event of [undefined, null, 5, {}, { data: 5 }, { data: "a", id: "1" }, { data: "\ud800" }, "\ud800"]) {
      await assert.rejects(log.publish(event), { name: "TailcastError", code: "INVALID_EVENT" }, JSON.stringify(event));
    }
    await assert.rejects(log.publish("x".repeat(20)), { code: "EVENT_TOO_LARGE" });
    assert.equal(await log.publish("good"), `${log.epoch}-1`);
    for (const topic of ["", 5, "a}b", "\ud800", "x".repeat(513)]) {
      await assert.rejects(openLogs(t, server).open(topic), { code: "INVALID_OPTION" });
    }
  });

  it("refuses every call after it was closed", async (t) => {
    const server = await RedisServer.start(t);
    const logs = openLogs(t, server);
    const log = await logs.open("one");
    await log.close();
    assert.throws(() => log.follow({}), { code: "CHANNEL_CLOSED" });
    assert.throws(() => log.read(1), { code: "CHANNEL_CLOSED" });
    for (const action of [() => log.publish("a"), () => log.complete(), () => log.refresh()]) {
      await assert.rejects(action(), { code: "CHANNEL_CLOSED" });
    }
    const next = await logs.open("one");
    assert.notEqual(next, log);
    assert.equal(await next.publish("text"), `${log.epoch}-1`);
    await logs.close();
    await assert.rejects(next.publish("text"), { code: "CHANNEL_CLOSED" });
    await assert.rejects(logs.open("one"), { code: "CHANNEL_CLOSED" });
  });

  it("calls the other followers when one fails", async (t) => {
    const server = await RedisServer.start(t);
    const log = await openLogs(t, server).open("followers");
    const warnings = [];
    const listener = (warning) => warnings.push(warning.message);
    process.on("warning", listener);
    t.after(() => process.off("warning", listener));
    log.follow({
      onEvents() {
        throw new Error("the follower fails");
      },
    });
    const recorder = new Recorder(log);
    const left = new Recorder(log);
    left.leave();
    await log.publish("text");
    await recorder.count(1);
    assert.deepEqual(left.texts, []);
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(warnings.includes("the follower fails"));
  });
});

describe("RedisLogs", () => {
  it("refuses wrong options", () => {
    const client = { connect: () => new Promise(() => undefined) };
    for (const [name, value] of Object.entries({
      prefix: "a b",
      capacity: 0,
      maxEventBytes: 0,
      maxQueuedBytes: 0,
      timeout: 0,
      checkInterval: Infinity,
      expire: 0,
      trustStore: 1,
      prefixes: "a",
    })) {
      const expected = { code: "INVALID_OPTION", message: new RegExp(`"${name}"`) };
      assert.throws(() => new RedisLogs(client, { [name]: value }), expected);
    }
  });
});
