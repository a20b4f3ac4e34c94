/** Redis is restarted, slow, gone, full or replaced by something else. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { assertStreams, publishAll, timed } from "./support/check.mjs";
import { CLIENTS, openLogs } from "./support/clients.mjs";
import { Proxy } from "./support/proxy.mjs";
import { Recorder } from "./support/recorder.mjs";
import { RedisServer } from "./support/redis-server.mjs";

const CLOSER = fileURLToPath(new URL("support/closer.mjs", import.meta.url));
const AOF = ["--appendonly", "yes", "--appendfsync", "always"];

/** Whether a recorder has seen a new epoch. */
const hasReset = ({ notes }) => notes.includes("reset");

function numbers(count, from = 0) {
  return Array.from({ length: count }, (_, index) => `${from + index}`);
}

for (const [name, client] of Object.entries(CLIENTS)) {
  describe(`RedisLog with ${name}, when Redis`, () => {
    /** A server with a log in two processes that show it. */
    async function setUp(t, { args, options, through } = {}) {
      const server = await RedisServer.start(t, args);
      const target = through === undefined ? server : await Proxy.start(t, server);
      const log = await openLogs(t, target, { timeout: 600, checkInterval: 200, ...options }, client).open("log");
      const other = await openLogs(t, server, { timeout: 600, checkInterval: 200, ...options }, client).open("log");
      return { server, proxy: target, log, other, recorders: [new Recorder(log), new Recorder(other)] };
    }

    it("restarts without its data, starts a new epoch", async (t) => {
      const { server, log, recorders } = await setUp(t);
      await publishAll(log, numbers(5));
      for (const recorder of recorders) await recorder.count(5);
      const { epoch } = log;
      await server.kill();
      await server.restart();
      const [id] = await publishAll(log, ["after"]);
      assert.equal(id, `${log.epoch}-1`);
      assert.notEqual(log.epoch, epoch);
      for (const recorder of recorders) await recorder.until(({ data }) => data.includes("after"));
      for (const { data, notes } of recorders) {
        assert.deepEqual(data, [...numbers(5), "after"]);
        assert.equal(notes.filter((note) => note === "reset").length, 1);
      }
      assertStreams(recorders);
    });

    it("restarts with its data, starts a new epoch with all kept events", async (t) => {
      const { server, log, recorders } = await setUp(t, { args: AOF });
      await publishAll(log, numbers(5));
      for (const recorder of recorders) await recorder.count(5);
      const { epoch } = log;
      await server.kill();
      await server.restart();
      const [id] = await publishAll(log, ["after"]);
      assert.equal(id, `${log.epoch}-6`);
      assert.notEqual(log.epoch, epoch);
      for (const recorder of recorders) await recorder.until(({ data }) => data.includes("after"));
      for (const { data } of recorders) assert.deepEqual(data, [...numbers(5), ...numbers(5), "after"]);
      assertStreams(recorders);
    });

    it("restarts with its data, keeps the epoch with `trustStore`", async (t) => {
      const { server, log, recorders } = await setUp(t, { args: AOF, options: { trustStore: true } });
      const ids = await publishAll(log, numbers(5));
      await server.kill();
      await server.restart();
      ids.push(...(await publishAll(log, numbers(5, 5))));
      for (const recorder of recorders) await recorder.count(10);
      for (const recorder of recorders) {
        assert.deepEqual(recorder.ids, ids);
        assert.ok(!hasReset(recorder));
      }
    });

    it("is down for longer than `timeout`, rejects in time with LOG_UNAVAILABLE and continues later", async (t) => {
      const { server, log, recorders } = await setUp(t);
      await publishAll(log, numbers(3));
      await server.kill();
      await recorders[0].until(({ notes }) => notes.includes("failure"));
      // The first event may be written to the connection before its end is noticed.
      await timed(() => log.publish("lost"));
      for (let attempt = 0; attempt < 2; attempt++) {
        const { reason, time } = await timed(() => log.publish("lost"));
        assert.equal(reason.code, "LOG_UNAVAILABLE");
        assert.ok(time > 500 && time < 1500, `${time} ms`);
      }
      await assert.rejects(log.refresh(), { code: "LOG_UNAVAILABLE" });
      await assert.rejects(log.read(1).next(), { code: "LOG_UNAVAILABLE" });
      assert.equal(recorders[0].notes.filter((note) => note === "failure").length, 1);
      await server.restart();
      await publishAll(log, ["after"]);
      for (const recorder of recorders) await recorder.until(({ data }) => data.at(-1) === "after");
      for (const { data } of recorders) assert.deepEqual(data, [...numbers(3), "after"]);
    });

    it("is stopped, rejects in time with LOG_TIMEOUT and continues without a hole or a repeat", async (t) => {
      const { server, log, recorders } = await setUp(t);
      await publishAll(log, numbers(3));
      server.signal("SIGSTOP");
      const { reason, time } = await timed(() => log.publish("unknown"));
      assert.equal(reason.code, "LOG_TIMEOUT");
      assert.ok(time < 1500, `${time} ms`);
      server.signal("SIGCONT");
      await publishAll(log, ["after"]);
      for (const recorder of recorders) await recorder.until(({ data }) => data.at(-1) === "after");
      for (const recorder of recorders) {
        assert.deepEqual(recorder.data.filter((text) => text !== "unknown"), [...numbers(3), "after"]);
        assert.ok(!hasReset(recorder));
      }
      assertStreams(recorders);
    });

    for (const mode of ["WRITE", "ALL"]) {
      it(`is paused (${mode}) for less than \`timeout\`, only waits`, async (t) => {
        const { server, log, recorders } = await setUp(t);
        await publishAll(log, numbers(3));
        await server.command("CLIENT", "PAUSE", 300, mode);
        const { value, time } = await timed(() => log.publish("paused"));
        assert.equal(value, `${log.epoch}-4`);
        assert.ok(time > 200 && time < 600, `${time} ms`);
        for (const recorder of recorders) await recorder.count(4);
        for (const { notes, data } of recorders) assert.deepEqual([notes, data], [[], [...numbers(3), "paused"]]);
      });

      it(`is paused (${mode}) for longer, rejects with LOG_TIMEOUT and continues`, async (t) => {
        const { server, log, recorders } = await setUp(t);
        await publishAll(log, numbers(3));
        await server.command("CLIENT", "PAUSE", 1500, mode);
        const { reason } = await timed(() => log.publish("unknown"));
        assert.equal(reason.code, "LOG_TIMEOUT");
        const ids = await publishAll(log, ["after"]).catch(() => publishAll(log, ["after"]));
        for (const recorder of recorders) await recorder.until((seen) => seen.ids.includes(ids[0]));
        for (const recorder of recorders) assert.ok(!hasReset(recorder));
        assertStreams(recorders);
      });
    }

    it("is full, rejects at once, still reads, and accepts events when there is room", async (t) => {
      const { server, log, recorders } = await setUp(t);
      await publishAll(log, numbers(3));
      await server.command("CONFIG", "SET", "maxmemory", 1);
      const { reason, time } = await timed(() => log.publish("full"));
      assert.equal(reason.code, "LOG_UNAVAILABLE");
      assert.match(reason.message, /OOM/);
      assert.ok(time < 500, `${time} ms`);
      await log.refresh();
      assert.equal((await log.read(1).next()).next, 4);
      await server.command("CONFIG", "SET", "maxmemory", 0);
      await publishAll(log, ["after"]);
      for (const recorder of recorders) await recorder.count(4);
      for (const recorder of recorders) {
        assert.deepEqual(recorder.data, [...numbers(3), "after"]);
        assert.ok(!hasReset(recorder));
      }
    });

    for (const signal of ["SIGCONT", "SIGSTOP", "SIGKILL"]) {
      it(`has received ${signal}, does not keep a process alive that closes its logs`, async (t) => {
        const server = await RedisServer.start(t);
        const child = fork(CLOSER, [server.url, name]);
        t.after(() => child.kill("SIGKILL"));
        await once(child, "message");
        server.signal(signal);
        const ended = once(child, "exit");
        const { time } = await timed(() => {
          child.send("close");
          return ended;
        });
        assert.deepEqual(await ended, [0, null]);
        assert.ok(time < 5000, `${time} ms`);
      });
    }

    it("does not deliver an answer, stores the event once", async (t) => {
      const { proxy, log, recorders } = await setUp(t, { through: true, options: { timeout: 2000 } });
      await publishAll(log, numbers(3));
      proxy.mode = "deaf";
      const publishing = log.publish("once");
      await recorders[1].count(4);
      proxy.mode = "open";
      proxy.cut();
      assert.equal(await publishing, `${log.epoch}-4`);
      assert.equal(await log.publish("next"), `${log.epoch}-5`);
      for (const recorder of recorders) await recorder.count(5);
      for (const { data, notes } of recorders) {
        assert.deepEqual(data, [...numbers(3), "once", "next"]);
        assert.ok(!notes.includes("reset"));
      }
    });

    it("stops answering without closing connections, is reached again over new ones", async (t) => {
      const { proxy, log, other, recorders } = await setUp(t, { through: true });
      await publishAll(log, numbers(3));
      const before = proxy.size;
      proxy.mode = "silent";
      await assert.rejects(log.publish("unknown"), { code: "LOG_TIMEOUT" });
      await publishAll(other, ["meanwhile"]);
      proxy.mode = "open";
      await recorders[0].until(({ data }) => data.includes("meanwhile"));
      await publishAll(log, ["after"]);
      for (const recorder of recorders) await recorder.until(({ data }) => data.includes("after"));
      assertStreams(recorders);
      // A connection may still be opening.
      while (proxy.size !== before) await new Promise((resolve) => setTimeout(resolve, 20));
    });
  });
}

describe("RedisLog", () => {
  it("keeps the waiting events within maxQueuedBytes", async (t) => {
    const server = await RedisServer.start(t);
    const logs = openLogs(t, server, { timeout: 1000, maxQueuedBytes: 100_000 });
    const [log, second] = [await logs.open("one"), await logs.open("two")];
    await server.kill();
    await assert.rejects(log.refresh());
    const results = await Promise.all(
      Array.from({ length: 400 }, (_, number) => timed(() => [log, second][number % 2].publish("x".repeat(700)))),
    );
    assert.ok(results.every(({ reason }) => reason.code === "LOG_UNAVAILABLE"));
    const refused = results.filter(({ reason }) => reason.message.includes("maxQueuedBytes"));
    assert.ok(refused.length > 290 && refused.length < 310, `${refused.length} refused`);
    assert.ok(refused.every(({ time }) => time < 500));
    await server.restart();
    await publishAll(second, ["after"]);
  });

  it("settles everything when it is closed during an outage", async (t) => {
    const server = await RedisServer.start(t);
    const logs = openLogs(t, server, { timeout: 5000 });
    const log = await logs.open("closed");
    new Recorder(log);
    await log.publish("text");
    server.signal("SIGSTOP");
    const sent = log.publish("sent");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const results = Promise.allSettled([sent, log.publish("waiting"), log.refresh(), logs.open("new")]);
    await logs.close();
    server.signal("SIGCONT");
    const codes = (await results).map(({ reason }) => reason?.code);
    assert.deepEqual(codes, ["LOG_TIMEOUT", "CHANNEL_CLOSED", "LOG_UNAVAILABLE", "CHANNEL_CLOSED"]);
  });

  it("reads the answers that arrived while the process was busy", async (t) => {
    const server = await RedisServer.start(t);
    const log = await openLogs(t, server, { timeout: 200 }).open("busy");
    await log.publish("before");
    // Redis answers while this process does not read.
    await server.command("CLIENT", "PAUSE", 100, "ALL");
    const publishing = log.publish("text");
    const refreshing = log.refresh();
    // Timers run before sockets are read when an immediate has kept the process busy.
    await new Promise((resolve) => setTimeout(() => setImmediate(resolve), 20));
    for (const end = performance.now() + 600; performance.now() < end;);
    assert.equal(await publishing, `${log.epoch}-2`);
    await refreshing;
  });

  it("ends a connection of ioredis once when many commands have no answer, and does not use it again", async (t) => {
    const server = await RedisServer.start(t);
    const logs = openLogs(t, server, { timeout: 1000 }, CLIENTS["ioredis 5"]);
    const open = await Promise.all(numbers(20).map((topic) => logs.open(topic)));
    const warnings = [];
    const onWarning = (warning) => warnings.push(warning.message);
    process.on("warning", onWarning);
    t.after(() => process.off("warning", onWarning));
    server.signal("SIGSTOP");
    await Promise.all(open.map((log) => assert.rejects(log.refresh(), { code: "LOG_UNAVAILABLE" })));
    // Further commands wait for the next connection.
    const opening = logs.open("new");
    server.signal("SIGCONT");
    await opening;
    assert.deepEqual(warnings, []);
  });

  it("never stores an event that it has rejected with LOG_UNAVAILABLE", async (t) => {
    const server = await RedisServer.start(t);
    const logs = openLogs(t, server, { timeout: 10_000 });
    const [log, other] = [await logs.open("busy"), await logs.open("busy")];
    // Redis refuses all commands with BUSY while this script runs.
    await server.command("CONFIG", "SET", "busy-reply-threshold", 1);
    const script = server.command("EVAL", "while true do end", 0);
    script.catch(() => undefined);
    await retry(() => assert.rejects(log.refresh(), /BUSY/));
    const results = Promise.allSettled([log.publish("rejected"), other.publish("stored")]);
    // The first attempt is answered before this request.
    await assert.rejects(other.refresh(), /BUSY/);
    await log.close();
    await server.command("SCRIPT", "KILL");
    const [rejected, stored] = await results;
    assert.equal(rejected.reason.code, "LOG_UNAVAILABLE");
    assert.equal(stored.value, `${other.epoch}-1`);
    assert.match((await other.read(1).next()).bytes.toString(), /^data: stored$/m);
  });

  it("keeps a connection whose answers arrive, though late", async (t) => {
    const server = await RedisServer.start(t);
    const client = CLIENTS["redis 5"](server.url);
    let connections = 0;
    // Each command takes 50 ms, so the last of 20 has its answer after a second.
    const connect = async (...args) => {
      connections++;
      const connection = await client.connect(...args);
      let last = Promise.resolve();
      const command = async (words) => {
        last = last.then(() => new Promise((resolve) => setTimeout(resolve, 50)));
        await last;
        return connection.command(words);
      };
      return { ...connection, command };
    };
    const logs = openLogs(t, server, { timeout: 400 }, () => ({ connect }));
    await logs.open("first");
    const results = await Promise.all(numbers(20).map((topic) => timed(() => logs.open(topic))));
    const late = results.filter(({ reason }) => reason !== undefined);
    assert.ok(late.length > 0 && late.length < 20, `${late.length} are late`);
    for (const { reason } of late) assert.match(reason.message, /did not answer within 400 ms/);
    await retry(() => logs.open("last"));
    assert.equal(connections, 2);
  });

  it("sends no batch again after a time for which Redis may have forgotten it", async (t) => {
    const server = await RedisServer.start(t);
    let isStopped = false;
    // The connection ends with the answer. The process is then stopped for longer than 12 times `timeout`.
    const client = losingAnswers(CLIENTS["redis 5"](server.url), (args) => {
      if (isStopped || !args.includes('{"data":"once"}')) return false;
      isStopped = true;
      setTimeout(() => {
        for (const end = performance.now() + 1500; performance.now() < end;);
      }, 20);
      return true;
    });
    const log = await openLogs(t, server, { timeout: 100 }, () => client).open("log");
    await assert.rejects(log.publish("once"), { code: "LOG_TIMEOUT" });
    assert.match(await retry(() => log.publish("next")), /-2$/);
  });

  it("is not opened without Redis", async (t) => {
    const server = await RedisServer.start(t);
    await server.kill();
    const logs = openLogs(t, server, { timeout: 300 });
    const { reason, time } = await timed(() => logs.open("log"));
    assert.equal(reason.code, "LOG_UNAVAILABLE");
    assert.ok(time > 250 && time < 1000, `${time} ms`);
    await server.restart();
    const [id] = await publishAll(await retry(() => logs.open("log")), ["text"]);
    assert.match(id, /-1$/);
  });
});

/** Makes a client that loses the answers to some commands. */
function losingAnswers(client, isLost) {
  const connect = async (...args) => {
    const connection = await client.connect(...args);
    const command = async (words) => {
      const reply = await connection.command(words);
      if (isLost(words)) throw new Error("The connection was closed");
      return reply;
    };
    return { ...connection, command };
  };
  return { connect };
}

/** Calls `action` until it succeeds. */
async function retry(action) {
  for (;;) {
    const { status, value } = await timed(action);
    if (status === "fulfilled") return value;
  }
}
