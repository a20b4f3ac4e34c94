import assert from "node:assert/strict";
import { describe } from "node:test";
import { startChannel } from "../support/channel.js";
import { StressClient } from "./support/client.js";
import { Clock } from "./support/clock.js";
import { Publisher } from "./support/ledger.js";
import { scenario } from "./support/scenario.js";
import { overFetch, overHttp } from "./support/transport.js";
import type { Socket } from "node:net";
import type { Channel } from "../../dist/channel/channel.js";
import type { Round } from "./support/scenario.js";

const isComplete = (clients: readonly StressClient[], last: number): boolean =>
  clients.every(({ ledger }) => ledger.isCompleteTo(last));

/** Publishes until `count` clients are blocked. All others receive everything each time. */
async function block(
  round: Round,
  channel: Channel,
  publisher: Publisher,
  awake: readonly StressClient[],
  count: number,
): Promise<void> {
  while (channel.statistics.blocked < count) {
    publisher.publish(round.between(30_000, 60_000));
    await round.until(() => isComplete(awake, publisher.published));
  }
  await round.until(() => channel.statistics.blocked === count);
}

describe("Channel under stress: stallTimeout", () => {
  for (const [title, heartbeat] of [
    ["heartbeats", 5000],
    ["nothing is ever written to it", 0],
  ] as const) {
    scenario(`closes a client that ended its half of the connection and does not read (${title})`, async (round) => {
      const sockets: Socket[] = [];
      const { channel, port } = await startChannel(round, { stallTimeout: 10_000, heartbeat }, (request, response) => {
        sockets.push(request.socket);
        channel.handle(request, response);
      });
      const clock = new Clock(round);
      const clients = Array.from({ length: 4 }, () => new StressClient(round, overHttp(port)).connect());
      await round.until(() => clients.every(({ isOpen }) => isOpen));
      for (const client of clients) client.pause();
      // The socket is full, but too little waits for the client to count as blocked.
      while (!sockets.every(({ writableLength }) => writableLength > 0)) {
        const bytes = round.between(1000, 8000);
        for (const [index, client] of [...channel.clients].entries()) {
          if (sockets[index]?.writableLength === 0) client.send("x".repeat(bytes));
        }
        await round.turns(2);
      }
      assert.equal(channel.statistics.blocked, 0);
      for (const client of clients) client.leave("end");
      await round.until(() => sockets.every(({ writable }) => !writable));
      for (let second = 0; second < 40; second++) {
        clock.advance(1000);
        await round.turns(1);
      }
      await round.until(() => channel.clientCount === 0);
      assert.equal(channel.statistics.closed.stalled, clients.length);
    });
  }

  scenario("closes and counts clients that do not read for that long, and no others", async (round) => {
    const { channel, port } = await startChannel(round, {
      backlog: "all",
      capacityBytes: 256 * 1024,
      stallTimeout: 10_000,
      heartbeat: 0,
    });
    const clock = new Clock(round);
    const publisher = new Publisher(channel);
    const open = async (count: number): Promise<StressClient[]> => {
      const clients = Array.from({ length: count }, (_, index) => {
        return new StressClient(round, index % 2 === 0 ? overHttp(port) : overFetch(channel)).connect();
      });
      await round.until(() => clients.every(({ isOpen }) => isOpen));
      return clients;
    };
    const [healthy, sleepers, wakers, dismissed] = [await open(10), await open(8), await open(6), await open(4)];
    const slow = [...sleepers, ...wakers, ...dismissed];
    for (const client of slow) client.pause();
    await block(round, channel, publisher, healthy, slow.length);

    // A dismissed client must read the rest like any other. The clients that connected last are `dismissed`.
    for (const client of [...channel.clients].slice(-dismissed.length)) client.close();
    clock.advance(9_000);
    await round.turns(5);
    assert.equal(channel.statistics.closed.stalled, 0, "nobody before the time");
    for (const client of wakers) client.resume();
    await round.until(() => isComplete(wakers, publisher.published));

    clock.advance(2_000);
    await round.until(() => channel.clientCount === healthy.length + wakers.length);
    const { stalled, dismissed: sent, left } = channel.statistics.closed;
    assert.deepEqual({ stalled, sent, left }, { stalled: sleepers.length, sent: dismissed.length, left: 0 });
    clock.advance(60_000);
    publisher.burst(round, 20, 1000);
    await round.until(() => isComplete([...healthy, ...wakers], publisher.published));
    assert.equal(channel.statistics.closed.stalled, sleepers.length);

    // They reconnect, and their streams resume with a gap for the missing events.
    for (const client of [...sleepers, ...dismissed]) {
      client.leave("destroy");
      client.connect();
    }
    await round.until(() => isComplete([...sleepers, ...dismissed], publisher.published));
  });
});
