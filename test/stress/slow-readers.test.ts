import assert from "node:assert/strict";
import { describe } from "node:test";
import { bufferBytes, startChannel } from "../support/channel.js";
import { StressClient } from "./client.js";
import { Fleet } from "./fleet.js";
import { Publisher } from "./ledger.js";
import { scenario } from "./scenario.js";
import { overFetch, overHttp } from "./transport.js";

/** What may wait for one client's socket: a segment is closed at 64 KiB, and may exceed that by its last event. */
const WRITE_BYTES = 64 * 1024 + 10_100;

/** What Node itself allocates now and then, for the few messages that are read meanwhile. */
const NODE_BYTES = 512 * 1024;

describe("Channel under stress: slow readers", () => {
  scenario("who never reads costs the ring and one write, delays nobody, and is told its gap", async (round) => {
    // 200 MB to 100 clients are 20 GB over the loopback: for a soak. Otherwise enough to fill the sleeper's socket.
    const { healthy, events, ring } = round.isSoak
      ? { healthy: 99, events: 20_000, ring: 4 * 1024 * 1024 }
      : { healthy: 99, events: 1500, ring: 1024 * 1024 };
    const { channel, port } = await startChannel(round, { capacity: 100_000, capacityBytes: ring, stallTimeout: 0 });
    const publisher = new Publisher(channel);
    const fleet = new Fleet(round, port, healthy);
    const sleeper = new StressClient(round, overHttp(port)).connect();
    sleeper.pause();
    await round.until(() => channel.clientCount === healthy + 1);
    const before = await bufferBytes();

    while (publisher.published < events) {
      const count = round.between(1, 60);
      for (let index = 0; index < count; index++) publisher.publish(10_000);
      // Every healthy client has all of it before the next round, whatever the sleeper does.
      await fleet.reached(publisher.published);
      if (!round.chance(10)) continue;
      const used = (await bufferBytes()) - before;
      // The oldest segment of the ring may be kept for the sake of its last event.
      const bound = ring + 2 * WRITE_BYTES + NODE_BYTES;
      assert.ok(
        used <= bound,
        `${used} bytes of Buffers after ${publisher.published} events; at most ${bound} are expected`,
      );
    }
    assert.equal(channel.statistics.blocked, 1, "the sleeper's socket is full");

    sleeper.resume();
    await round.until(() => sleeper.ledger.isCompleteTo(publisher.published));
    const { received, missed, gaps } = sleeper.ledger;
    assert.ok(gaps > 0, "it was away for longer than the ring lasts");
    assert.equal(received + missed, publisher.published);
    // Awake, it is a client like the others.
    publisher.burst(round, 50, 10_000);
    await fleet.reached(publisher.published);
    await round.until(() => sleeper.ledger.isCompleteTo(publisher.published));
    assert.equal(sleeper.ledger.gaps, gaps);
  });

  scenario("who keeps up gets everything, though a turn publishes more than the log keeps", async (round) => {
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
      // Of a hundred turns, in how many each one stops, and goes on: some always read, some stop for good.
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

function lagging(clients: readonly StressClient[], published: number): number {
  return clients.filter(({ ledger }) => !ledger.isCompleteTo(published)).length;
}
