import assert from "node:assert/strict";
import { describe } from "node:test";
import { NodeConnection } from "../../dist/channel/connections/node-connection.js";
import { EventStreamDecoder } from "../../dist/protocol/decode.js";
import { startChannel } from "../support/channel.js";
import { StressClient } from "./support/client.js";
import { Clock } from "./support/clock.js";
import { Publisher } from "./support/ledger.js";
import { scenario } from "./support/scenario.js";
import { overFetch, overHttp } from "./support/transport.js";
import type { EncodedBytes } from "../../dist/channel/log/encoded-bytes.js";
import type { Channel } from "../../dist/channel/channel.js";
import type { Round } from "./support/scenario.js";

const LARGE = { backlog: "all", capacity: 1_000_000, capacityBytes: 256 * 1024 * 1024 } as const;

describe("Channel under stress: waves", () => {
  scenario("clients whose connections reach maxConnectionAge lose nothing", async (round) => {
    const { channel, port } = await startChannel(round, {
      ...LARGE,
      maxConnectionAge: 10_000,
      retry: 700,
      compress: true,
    });
    const clock = new Clock(round);
    const publisher = new Publisher(channel);
    const clients = Array.from({ length: 40 }, (_, index) => {
      const transport = index % 4 === 0 ? overFetch(channel) : overHttp(port);
      return new StressClient(round, transport, { gzip: index % 2 === 0, returns: true }).connect();
    });
    await round.until(() => channel.clientCount === clients.length);
    for (let second = 0; second < 60; second++) {
      for (let turn = 0; turn < 4; turn++) {
        publisher.burst(round, round.between(0, 5), 2000);
        await round.turns(round.between(1, 5));
      }
      clock.advance(1000);
    }
    await round.until(() => clients.every(({ ledger }) => ledger.isCompleteTo(publisher.published)));
    for (const { retries, ledger } of clients) {
      assert.ok(retries.length >= 4, `${retries.length} connections reached their age in a minute`);
      assert.equal(ledger.gaps, 0);
    }
    assertSpread(
      clients.flatMap(({ retries }) => retries),
      700,
    );
    const { aged, left } = channel.statistics.closed;
    assert.ok(aged >= 4 * clients.length);
    assert.equal(left, 0);
  });

  scenario("close() sends clients a retry time, and drops those that do not read by the deadline", async (round) => {
    const { channel, port } = await startChannel(round, { capacityBytes: 256 * 1024 });
    const clock = new Clock(round);
    const publisher = new Publisher(channel);
    const transports = [overHttp(port), overFetch(channel)];
    const open = (count: number): StressClient[] =>
      Array.from({ length: count }, () => new StressClient(round, round.pick(transports)).connect());
    const awake = open(30);
    const asleep = Array.from({ length: 6 }, () => new StressClient(round, overHttp(port)).connect());
    await round.until(() => channel.clientCount === 36 && [...awake, ...asleep].every(({ isOpen }) => isOpen));
    for (const client of asleep) client.pause();
    while (channel.statistics.blocked < asleep.length) {
      publisher.burst(round, 5, 20_000);
      await round.until(() => awake.every(({ ledger }) => ledger.isCompleteTo(publisher.published)));
    }
    // Under load: these are not even written to the sockets.
    publisher.burst(round, round.between(1, 5), 2000);
    let isClosed = false;
    const closing = channel.close({ retry: 3000, deadline: 8000 }).then(() => (isClosed = true));
    await round.until(() => awake.every(({ isOpen }) => !isOpen));
    assert.ok(
      awake.every(({ ledger }) => ledger.isCompleteTo(publisher.published)),
      "all that was published before",
    );
    assertSpread(
      awake.flatMap(({ retries }) => retries),
      3000,
    );
    const late = open(1);
    await round.until(() => late[0]?.retries.length === 1);
    assertSpread(
      late.flatMap(({ retries }) => retries),
      3000,
    );

    clock.advance(7999);
    await round.turns(5);
    assert.deepEqual([isClosed, channel.clientCount], [false, asleep.length]);
    clock.advance(1);
    await closing;
    assert.equal(channel.clientCount, 0);
    assert.equal(channel.statistics.closed.closed, awake.length + asleep.length);
    assert.equal(clock.timers, 0, "no timer is left");
  });

  scenario("300 clients catch up from far behind, while a live client gets each event in its round", async (round) => {
    const maxCatchUps = round.pick([1, 3]);
    const { channel, port } = await startChannel(round, { ...LARGE, maxCatchUps });
    // A slice is 64 KiB, or up to twice that when its last segment makes it so.
    limitSegments(round, 2 * maxCatchUps);
    const publisher = new Publisher(channel);
    for (let index = 0; index < 300; index++) publisher.publish(1000);
    const live = readLive(round, channel);
    const wave = Array.from({ length: 300 }, () => new StressClient(round, overHttp(port)).connect());
    const isBack = (client: StressClient): boolean => client.ledger.isCompleteTo(publisher.published);
    let rounds = 0;
    do {
      publisher.publish(round.between(1, 500));
      // It leaves at the end of this turn of the event loop; reading it takes another.
      await round.turns(2);
      assert.equal(live.last, publisher.published, "the live client has it already");
      if (channel.statistics.catchingUp > 0) rounds++;
      await round.turns(round.between(0, 20));
    } while (channel.clientCount < 301 || channel.statistics.catchingUp > 0);
    await round.until(() => wave.every(isBack));
    assert.ok(rounds > 10, `it was tried ${rounds} times while others caught up`);
    assert.ok(wave.every(({ ledger }) => ledger.gaps === 0));
    assert.equal(channel.statistics.gaps, 0);
  });
});

/** Asserts that clients reconnect after `least` to twice as many milliseconds, and not all at once. */
function assertSpread(retries: readonly (number | undefined)[], least: number): void {
  for (const retry of retries)
    assert.ok(retry !== undefined && retry >= least && retry <= 2 * least, `retry: ${retry}`);
  assert.ok(new Set(retries).size > Math.min(retries.length, least) / 4, `all at once: ${retries.join(" ")}`);
}

/** Fails the round if more than `limit` large segments are written in one turn of the event loop. */
function limitSegments(round: Round, limit: number): void {
  const { write } = NodeConnection.prototype;
  let inThisTurn = 0;
  NodeConnection.prototype.write = function (this: NodeConnection, chunk: EncodedBytes): void {
    if (chunk.byteLength > 32 * 1024) {
      // Microtasks run between any two callbacks of the event loop.
      if (inThisTurn++ === 0) queueMicrotask(() => (inThisTurn = 0));
      if (inThisTurn > limit) round.fail(new Error(`more than ${limit} segments are written in one turn`));
    }
    write.call(this, chunk);
  };
  round.after(() => (NodeConnection.prototype.write = write));
}

/** A client without a network, which receives each write of the channel at once. */
function readLive(round: Round, channel: Channel): { readonly last: number } {
  const state = { last: 0 };
  const decoder = new EventStreamDecoder();
  const request = new Request("http://localhost/", {
    headers: { "Last-Event-ID": `e-${channel.statistics.published}` },
  });
  const reader = channel.respond(request).body?.getReader();
  const read = async (): Promise<void> => {
    for (;;) {
      const { done = true, value } = (await reader?.read()) ?? {};
      if (done) return;
      for (const { data } of decoder.decode(value as Uint8Array)) state.last = Number.parseInt(data, 10);
    }
  };
  void read();
  round.after(() => reader?.cancel());
  return state;
}
