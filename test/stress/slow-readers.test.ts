import assert from "node:assert/strict";
import { describe } from "node:test";
import { bufferBytes, startChannel } from "../support/channel.js";
import { StressClient } from "./support/client.js";
import { Fleet } from "./support/fleet.js";
import { Publisher } from "./support/ledger.js";
import { scenario } from "./support/scenario.js";
import { SlowReader } from "./support/slow-reader.js";
import { overFetch, overHttp } from "./support/transport.js";
import type { Round } from "./support/scenario.js";

/** The maximum that may wait for a client's socket: a segment closes at 64 KiB, which its last event may exceed. */
const WRITE_BYTES = 64 * 1024 + 10_100;

/** The memory that Node allocates for the few messages that are read meanwhile. */
const NODE_BYTES = 512 * 1024;

describe("Channel under stress: slow readers", () => {
  scenario(
    "a client that reads little or nothing costs one write beside the ring, delays no other, and receives its gaps",
    async (round) => {
      // 200 MB are 8 GB over the loopback. Otherwise enough to fill the sockets of clients that do not read.
      const size = round.isFull
        ? { healthy: 39, slow: 50, pausing: 10, events: 20_000, ring: 4 * 1024 * 1024, sipEvery: 1000 }
        : { healthy: 39, slow: 5, pausing: 2, events: 1500, ring: 1024 * 1024, sipEvery: 20 };
      const { channel, port } = await startChannel(round, {
        capacity: 100_000,
        capacityBytes: size.ring,
        stallTimeout: 0,
      });
      const publisher = new Publisher(channel);
      const fleet = new Fleet(round, port, size.healthy);
      await round.until(() => channel.clientCount === size.healthy);
      const before = await bufferBytes();
      const alone = await publishAll(round, publisher, fleet, size.events / 4);

      const readers = Array.from({ length: 1 + size.slow + size.pausing }, () => {
        return new SlowReader(round, port, publisher.published + 1);
      });
      const [slow, pausing] = [readers.slice(1, 1 + size.slow), readers.slice(1 + size.slow)];
      await round.until(() => channel.clientCount === size.healthy + readers.length);
      const timer = setInterval(() => slow.forEach((reader) => reader.sip()), size.sipEvery);
      round.after(() => clearInterval(timer));
      let most = 0;
      const beside = await publishAll(round, publisher, fleet, (size.events * 3) / 4, async (share) => {
        // They stop for the middle third, and read before and after it.
        for (const reader of pausing) {
          if (share > 1 / 3 && share < 2 / 3) reader.sleep();
          else reader.wake();
        }
        if (!round.chance(10)) return;
        const used = (await bufferBytes()) - before;
        // The ring may keep its oldest segment because of its last event.
        const bound = size.ring + (1 + readers.length) * WRITE_BYTES + NODE_BYTES;
        assert.ok(used <= bound, `${used} bytes of Buffers after ${publisher.published} events, more than ${bound}`);
        most = Math.max(most, used);
      });
      assert.ok(channel.statistics.blocked >= 1 + size.slow, "those who do not read enough are blocked");
      round.report(`the others have what a turn publishes after ${alone}; beside those who read little, ${beside}`);
      round.report(`at most ${most} bytes of Buffers, of which the ring is ${size.ring}`);

      clearInterval(timer);
      for (const reader of readers) reader.wake();
      await round.until(() => readers.every(({ ledger }) => ledger.isCompleteTo(publisher.published)));
      for (const { ledger } of [...readers.slice(0, 1), ...slow]) assert.ok(ledger.gaps > 0, "it read too little");
      // When they read, they are clients like the others.
      const gaps = channel.statistics.gaps;
      publisher.burst(round, 50, 10_000);
      await fleet.reached(publisher.published);
      await round.until(() => readers.every(({ ledger }) => ledger.isCompleteTo(publisher.published)));
      assert.equal(channel.statistics.gaps, gaps);
    },
  );

  scenario("clients that keep up get everything, though a turn publishes more than the log keeps", async (round) => {
    const { channel, port } = await startChannel(round, { capacityBytes: 2000 });
    const publisher = new Publisher(channel);
    const clients = Array.from({ length: 20 }, (_, index) => {
      return new StressClient(round, index % 2 === 0 ? overHttp(port) : overFetch(channel)).connect();
    });
    await round.until(() => clients.every(({ isOpen }) => isOpen));
    for (let step = 0; step < 200; step++) {
      publisher.burst(round, round.between(1, 30), 500);
      await round.until(() => clients.every(({ ledger }) => ledger.isCompleteTo(publisher.published)));
    }
    assert.ok(
      clients.every(({ ledger }) => ledger.gaps === 0),
      "nobody missed anything",
    );
  });

  for (const [door, readers, bytes] of [
    ["handle()", 8, 20_000],
    ["respond()", 40, 3000],
  ] as const) {
    scenario(`${door}: readers at many speeds get no hole, no repeat and no silent gap`, async (round) => {
      const { channel, port } = await startChannel(round, { capacityBytes: 256 * 1024, stallTimeout: 0 });
      const publisher = new Publisher(channel);
      const transport = door === "handle()" ? overHttp(port) : overFetch(channel);
      const clients = Array.from({ length: readers }, () => new StressClient(round, transport).connect());
      await round.until(() => clients.every(({ isOpen }) => isOpen));
      // The percentages of turns in which a client stops and resumes: some always read, some stop for good.
      const speeds = clients.map((client, index) => ({
        client,
        stops: index % 5 === 0 ? 0 : round.between(1, 60),
        goes: index % 5 === 1 ? 0 : round.between(1, 60),
      }));
      for (let step = 0; step < 500; step++) {
        publisher.burst(round, round.between(0, 8), bytes);
        for (const { client, stops, goes } of speeds) {
          if (round.chance(stops)) client.pause();
          else if (round.chance(goes)) client.resume();
        }
        await round.turns(round.between(1, 3));
      }
      assert.ok(lagging(clients, publisher.published) > 0, "some are far behind");
      for (const client of clients) client.resume();
      await round.until(() => clients.every(({ ledger }) => ledger.isCompleteTo(publisher.published)));
      assert.ok(
        clients.some(({ ledger }) => ledger.gaps > 0),
        "some lagged too far",
      );
      assert.equal(
        channel.statistics.gaps,
        clients.reduce((sum, { ledger }) => sum + ledger.gaps, 0),
      );
      assert.equal(channel.statistics.blocked + channel.statistics.catchingUp, 0);
    });
  }
});

/**
 * Publishes `count` events in bursts; each client of the fleet receives a burst before the next one. Calls `look` with
 * the finished share. Resolves with the time that the fleet waited for a burst.
 */
async function publishAll(
  round: Round,
  publisher: Publisher,
  fleet: Fleet,
  count: number,
  look?: (share: number) => Promise<void>,
): Promise<string> {
  const start = publisher.published;
  const times: number[] = [];
  while (publisher.published < start + count) {
    const began = performance.now();
    for (let left = round.between(1, 60); left > 0; left--) publisher.publish(10_000);
    await fleet.reached(publisher.published);
    times.push(performance.now() - began);
    await look?.((publisher.published - start) / count);
  }
  times.sort((a, b) => a - b);
  const [median, late] = [0.5, 0.99].map((part) => times[Math.floor(part * times.length)]?.toFixed(1));
  return `${String(median)} ms (p50), ${String(late)} ms (p99)`;
}

function lagging(clients: readonly StressClient[], published: number): number {
  return clients.filter(({ ledger }) => !ledger.isCompleteTo(published)).length;
}
