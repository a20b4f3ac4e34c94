/** A replica becomes the master, with and without the newest events. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertStreams, publishAll, timed } from "./support/check.mjs";
import { CLIENTS, openLogs } from "./support/clients.mjs";
import { Proxy } from "./support/proxy.mjs";
import { Recorder } from "./support/recorder.mjs";
import { RedisServer } from "./support/redis-server.mjs";

const OPTIONS = { timeout: 1000, checkInterval: 100 };

/** A master and a replica that has all its data. */
async function startPair(t) {
  const [master, replica] = await Promise.all([RedisServer.start(t), RedisServer.start(t)]);
  await replica.command("REPLICAOF", "127.0.0.1", master.port);
  await linkUp(replica);
  return { master, replica };
}

/** Waits until the replica has all data of the master. */
async function catchUp(master, replica) {
  const { master_repl_offset: wanted } = await master.info("replication");
  while (Number((await replica.info("replication")).slave_repl_offset) < Number(wanted)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function linkUp(replica) {
  while ((await replica.info("replication")).master_link_status !== "up") {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

for (const [name, client] of Object.entries(CLIENTS)) {
  describe(`RedisLog with ${name}`, () => {
    /** Two processes that reach the master through a proxy each. */
    async function setUp(t) {
      const { master, replica } = await startPair(t);
      const proxies = [await Proxy.start(t, master), await Proxy.start(t, master)];
      const logs = [];
      for (const proxy of proxies) logs.push(await openLogs(t, proxy, OPTIONS, client).open("log"));
      const recorders = logs.map((log) => new Recorder(log));
      const ids = await publishAll(logs[0], ["0", "1", "2"]);
      await catchUp(master, replica);
      for (const recorder of recorders) await recorder.count(3);
      return { master, replica, proxies, logs, recorders, ids, epoch: logs[0].epoch };
    }

    it("gives no id twice after a failover to a replica that lacks the newest events", async (t) => {
      const { master, replica, proxies, logs, recorders, ids, epoch } = await setUp(t);
      replica.signal("SIGSTOP");
      // Otherwise the replica would read the newest events from its socket later.
      await master.command("CLIENT", "KILL", "TYPE", "replica");
      ids.push(...(await publishAll(logs[0], ["lost 1", "lost 2"])));
      for (const recorder of recorders) await recorder.count(5);
      await master.kill();
      replica.signal("SIGCONT");
      await replica.command("REPLICAOF", "NO", "ONE");
      for (const proxy of proxies) proxy.lead(replica);
      ids.push(...(await publishAll(logs[1], ["new 1", "new 2"])));
      assert.notEqual(logs[1].epoch, epoch);
      const [first] = ids.slice(5);
      assert.equal(first, `${logs[1].epoch}-4`);
      assert.equal(new Set(ids).size, 7);
      for (const recorder of recorders) await recorder.until(({ data }) => data.includes("new 2"));
      for (const { data } of recorders) {
        assert.deepEqual(data, ["0", "1", "2", "lost 1", "lost 2", "0", "1", "2", "new 1", "new 2"]);
      }
      assertStreams(recorders);
    });

    it("gives each side of a partition its own epoch, and shows the remaining side after it", async (t) => {
      const { master, replica, proxies, logs, recorders, epoch } = await setUp(t);
      await replica.command("REPLICAOF", "NO", "ONE");
      proxies[1].lead(replica);
      const oldSide = await publishAll(logs[0], ["old 1", "old 2"]);
      const newSide = await publishAll(logs[1], ["new 1", "new 2", "new 3"]);
      assert.deepEqual(oldSide, [`${epoch}-4`, `${epoch}-5`]);
      assert.ok(newSide.every((id) => id.startsWith(`${logs[1].epoch}-`)));
      assert.notEqual(logs[1].epoch, epoch);
      await recorders[0].until(({ data }) => data.includes("old 2"));
      await recorders[1].until(({ data }) => data.includes("new 3"));

      // The old master becomes a replica, and refuses until the process reaches the new one.
      await master.command("REPLICAOF", "127.0.0.1", replica.port);
      await linkUp(master);
      let refusal = { code: "LOG_TIMEOUT" };
      // The time may be over during an attempt, whose fate is unknown.
      while (refusal.code === "LOG_TIMEOUT") {
        const { reason, time } = await timed(() => logs[0].publish("refused"));
        assert.ok(time < 2000, `${time} ms`);
        refusal = reason;
      }
      assert.equal(refusal.code, "LOG_UNAVAILABLE");
      assert.match(refusal.message, /READONLY|not connected/);
      proxies[0].lead(replica);
      await publishAll(logs[0], ["after"]);
      for (const recorder of recorders) await recorder.until(({ data }) => data.includes("after"));
      const { data } = recorders[0];
      assert.deepEqual(data.slice(5), ["0", "1", "2", "new 1", "new 2", "new 3", "after"]);
      assert.equal(logs[0].epoch, logs[1].epoch);
      assertStreams(recorders);
    });

    it("receives the events of the new master although the old one still answers", async (t) => {
      const { replica, proxies, logs, recorders } = await setUp(t);
      await replica.command("REPLICAOF", "NO", "ONE");
      // Open connections stay with the old master until a new epoch shows that it is not the only one.
      const writer = await openLogs(t, replica, OPTIONS, client).open("log");
      await publishAll(writer, ["new"]);
      proxies[0].lead(replica);
      await recorders[0].until(({ data }) => data.includes("new"));
      await publishAll(writer, ["next"]);
      await recorders[0].until(({ data }) => data.includes("next"));
      assert.equal(logs[0].epoch, writer.epoch);
    });

    it("refuses to work on a replica, whose events may be old", async (t) => {
      const { replica } = await startPair(t);
      const expected = { code: "LOG_UNAVAILABLE", message: /READONLY/ };
      await assert.rejects(openLogs(t, replica, OPTIONS, client).open("log"), expected);
    });
  });
}
