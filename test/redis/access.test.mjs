/** The permissions of the user of the connection, unsuitable clients, and logs that are closed while they connect. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { Cluster, Redis } from "ioredis";
import { createClient, createCluster, createSentinel } from "redis";
import { createSentinel as createSentinel6 } from "redis-6";
import { RedisLogs, ioRedis, nodeRedis } from "../../dist/redis/index.js";
import { CLIENTS, openLogs } from "./support/clients.mjs";
import { Recorder } from "./support/recorder.mjs";
import { RedisServer } from "./support/redis-server.mjs";

/** A server, and its address for a user with these rules. */
async function setUp(t, ...rules) {
  return addUser(await RedisServer.start(t), ...rules);
}

async function addUser(server, ...rules) {
  await server.command("ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all", ...rules);
  return { server, user: { url: `redis://app:secret@127.0.0.1:${server.port}` } };
}

for (const [name, client] of Object.entries(CLIENTS)) {
  describe(`RedisLogs with ${name}`, () => {
    it("publishes without permission for the channels, and reports it once", async (t) => {
      const { server, user } = await setUp(t, "resetchannels");
      const options = { checkInterval: 100 };
      const log = await openLogs(t, user, options, client).open("log");
      const other = await openLogs(t, server, options, client).open("log");
      const recorders = [new Recorder(log), new Recorder(other)];
      const ids = [await log.publish("one"), await log.publish("two")];
      assert.deepEqual(ids, [`${log.epoch}-1`, `${log.epoch}-2`]);
      for (const recorder of recorders) await recorder.count(2);
      for (const { data } of recorders) assert.deepEqual(data, ["one", "two"]);
      const [own, foreign] = recorders.map(({ failures }) => failures.map(({ message }) => message));
      assert.equal(own.length, 1);
      assert.match(own[0], /^Cannot send messages about the log: /);
      assert.deepEqual(foreign, []);
    });

    it("rejects with LOG_TIMEOUT when a script fails after it has added the event", async (t) => {
      const { user } = await setUp(t, "allchannels", "-set");
      const log = await openLogs(t, user, {}, client).open("log");
      await assert.rejects(log.publish("one"), { code: "LOG_TIMEOUT", message: /may or may not be stored$/ });
      await log.refresh();
      assert.equal(log.end, 2);
    });

    it("uses no other database when Redis refuses the selected one", async (t) => {
      const { server, user } = await setUp(t, "allchannels", "-select");
      const logs = openLogs(t, { url: `${user.url}/1` }, { timeout: 500 }, client);
      await assert.rejects(logs.open("log"), { code: "LOG_UNAVAILABLE", message: /NOPERM/ });
      assert.equal(await server.command("DBSIZE"), 0);
      await server.command("ACL", "SETUSER", "app", "+select");
      await (await openLogs(t, { url: `${user.url}/1` }, {}, client).open("log")).publish("one");
      assert.equal(await server.command("DBSIZE"), 0);
    });

    it("does not keep a process alive that closes it while it connects", async (t) => {
      const server = await RedisServer.start(t);
      const code = `
        import { CLIENTS } from "./support/clients.mjs";
        import { RedisLogs } from "../../dist/redis/index.js";
        await new RedisLogs(CLIENTS[${JSON.stringify(name)}](${JSON.stringify(server.url)})).close();
        const closed = performance.now();
        process.on("exit", () => console.log(performance.now() - closed));`;
      // The start of the process takes time as well.
      const options = { cwd: import.meta.dirname, timeout: 30_000 };
      const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code], options);
      assert.ok(Number(stdout) < 4000, `it ends ${stdout} ms after close`);
    });

    it("rejects `open` with CHANNEL_CLOSED when it is closed meanwhile", async (t) => {
      const server = await RedisServer.start(t);
      for (const turns of [0, 1, 5]) {
        const logs = openLogs(t, server, {}, client);
        await logs.open("first");
        const opening = assert.rejects(logs.open("second"), { code: "CHANNEL_CLOSED" });
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        await logs.close();
        await opening;
      }
    });

    it("says why there is no connection", async (t) => {
      const server = await RedisServer.start(t);
      const stranger = { url: server.url.replace("//", "//nobody:wrong@") };
      for (const [{ url }, message] of [[stranger, /WRONGPASS/], [{ url: "redis://127.0.0.1:1" }, /ECONNREFUSED/]]) {
        const opening = openLogs(t, { url }, { timeout: 500 }, client).open("log");
        await assert.rejects(opening, { code: "LOG_UNAVAILABLE", message });
      }
    });

    it("asks Redis whether a complete log still exists", async (t) => {
      const server = await RedisServer.start(t);
      const log = await openLogs(t, server, {}, client).open("log");
      await log.complete();
      await assert.rejects(log.publish("late"), { code: "CHANNEL_CLOSED" });
      await server.command("FLUSHALL");
      assert.equal(await log.publish("new"), `${log.epoch}-1`);
      assert.equal(log.isComplete, false);
    });
  });
}

describe("RedisLogs", () => {
  it("refuses a client that is not wrapped, clusters, and Sentinel clients of the package redis", () => {
    const message = /pass nodeRedis\(client\) or ioRedis\(client\)/;
    for (const client of [createClient(), new Redis({ lazyConnect: true })]) {
      assert.throws(() => new RedisLogs(client), { code: "INVALID_OPTION", message });
    }
    const refused = { code: "INVALID_OPTION", message: /Redis Cluster/ };
    assert.throws(() => nodeRedis(createCluster({ rootNodes: [{ url: "redis://127.0.0.1:1" }] })), refused);
    assert.throws(() => ioRedis(new Cluster(["redis://127.0.0.1:1"], { lazyConnect: true })), refused);
    const sentinel = { name: "main", sentinelRootNodes: [{ host: "127.0.0.1", port: 1 }] };
    for (const create of [createSentinel, createSentinel6]) {
      assert.throws(() => nodeRedis(create(sentinel)), { code: "INVALID_OPTION", message: /Sentinel client/ });
    }
  });

  it("checks logs one by one on a server of Redis Cluster, where one script sees only one of them", async (t) => {
    const cluster = await RedisServer.start(t, ["--cluster-enabled", "yes"]);
    await cluster.command("CLUSTER", "ADDSLOTSRANGE", 0, 16383);
    while (!(await cluster.command("CLUSTER", "INFO")).includes("cluster_state:ok"));
    // Without messages, only the checks find the events.
    const { server, user } = await addUser(cluster, "resetchannels");
    const [logs, others] = [openLogs(t, user), openLogs(t, server, { checkInterval: 100 })];
    for (const topic of ["one", "two"]) {
      const recorder = new Recorder(await others.open(topic));
      await (await logs.open(topic)).publish(topic);
      await recorder.count(1);
      assert.deepEqual([recorder.data, recorder.failures], [[topic], []]);
    }
  });

  it("refuses a prefix with a colon: two logs could have the same keys", () => {
    const client = { connect: () => new Promise(() => undefined) };
    assert.throws(() => new RedisLogs(client, { prefix: "app:x" }), { code: "INVALID_OPTION", message: /"prefix"/ });
  });

  it("refuses a stream to which `XADD key *` has added an entry, until it is deleted", async (t) => {
    const server = await RedisServer.start(t);
    const log = await openLogs(t, server).open("log");
    await log.publish("one");
    await server.command("XADD", "{tailcast:log}:events", "*", "event", "x");
    await assert.rejects(log.publish("two"), { code: "LOG_UNAVAILABLE", message: /entries of another program/ });
    await server.command("DEL", "{tailcast:log}:events");
    assert.equal(await log.publish("two"), `${log.epoch}-2`);
  });
});
