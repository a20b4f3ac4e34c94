import assert from "node:assert/strict";
import diagnostics from "node:diagnostics_channel";
import { describe } from "node:test";
import { Channel } from "../../dist/channel/channel.js";
import { startChannel } from "../support/channel.js";
import { StressClient } from "./support/client.js";
import { Clock } from "./support/clock.js";
import { Publisher } from "./support/ledger.js";
import { scenario } from "./support/scenario.js";
import { LEAVES, overFetch, overHttp } from "./support/transport.js";
import type { ChannelStatistics } from "../../dist/channel/statistics.js";
import type { Round } from "./support/scenario.js";

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, one) => all + one, 0);

/** Asserts that each admitted client is connected or has left for a counted reason. */
function assertBalance({ accepted, clients, closed }: ChannelStatistics): void {
  assert.equal(sum(accepted), clients + sum(closed), JSON.stringify({ accepted, clients, closed }));
}

/** The messages about a channel: the clients, each with the reason if there is one, in order. */
type Told = Record<"connect" | "disconnect" | "gap" | "stall", { client: unknown; reason?: string }[]>;

function listen(round: Round, channel: () => Channel): Told {
  const told: Told = { connect: [], disconnect: [], gap: [], stall: [] };
  for (const [name, messages] of Object.entries(told)) {
    const listener = (message: unknown): void => {
      const { channel: about, ...rest } = message as { channel: Channel; client: unknown };
      if (about === channel()) messages.push(rest);
    };
    diagnostics.subscribe(`tailcast:${name}`, listener);
    round.after(() => diagnostics.unsubscribe(`tailcast:${name}`, listener));
  }
  return told;
}

describe("Channel under stress: statistics", () => {
  scenario("deliveries and gaps are the sum of what the clients received", async (round) => {
    const options = {
      backlog: "all",
      capacity: 200,
      capacityBytes: 256 * 1024,
      compress: true,
      stallTimeout: 0,
    } as const;
    const { channel, port } = await startChannel(round, options);
    const publisher = new Publisher(channel);
    const clients: StressClient[] = [];
    for (let phase = 0; phase < 12; phase++) {
      for (let step = 0; step < 15; step++) {
        publisher.burst(round, round.between(0, 20), 3000);
        for (const client of clients) {
          if (round.chance(20)) client.pause();
          else if (round.chance(30)) client.resume();
        }
        await round.turns(round.between(1, 3));
      }
      for (const client of clients) client.resume();
      await round.until(() => clients.every(({ ledger }) => ledger.isCompleteTo(publisher.published)));
      const { published, delivered, gaps, accepted, keptEvents } = channel.statistics;
      assert.equal(published, publisher.published);
      assert.equal(delivered, sum(Object.fromEntries(clients.map(({ ledger }, index) => [index, ledger.received]))));
      assert.equal(gaps, sum(Object.fromEntries(clients.map(({ ledger }, index) => [index, ledger.gaps]))));
      assert.equal(
        sum(accepted),
        sum(Object.fromEntries(clients.map(({ connections }, index) => [index, connections]))),
      );
      assert.ok(keptEvents <= 200);

      // Now that no request is pending, some clients leave and reconnect after more events, and new ones connect.
      const leaving = clients.filter(() => round.chance(40));
      for (const client of leaving) client.leave(round.pick(["destroy", "reset"]));
      await round.until(() => channel.clientCount === clients.length - leaving.length);
      publisher.burst(round, round.between(0, 300), 100);
      for (const client of leaving) client.connect();
      for (let count = round.between(0, 4); count > 0; count--) {
        const transport = round.chance(50) ? overHttp(port) : overFetch(channel);
        clients.push(new StressClient(round, transport, { gzip: round.chance(50) }).connect());
      }
      await round.until(() => channel.clientCount === clients.length);
      assertBalance(channel.statistics);
    }
  });

  scenario("each accepted client is connected, or was closed for a counted reason", async (round) => {
    let [accepted, refused] = [0, 0];
    const { channel, port } = await startChannel(
      round,
      {
        backlog: "all",
        maxClients: 15,
        whenFull: "reject",
        capacityBytes: 256 * 1024,
        stallTimeout: 10_000,
        maxConnectionAge: 30_000,
      },
      (request, response) => {
        if (channel.handle(request, response) !== undefined) accepted++;
        else if (response.statusCode === 503) refused++;
      },
    );
    const told = listen(round, () => channel);
    const clock = new Clock(round);
    const publisher = new Publisher(channel);
    const fetch = overFetch({
      respond: (request) => {
        const response = channel.respond(request);
        if (response.status === 200) accepted++;
        else refused++;
        return response;
      },
    });
    const clients = Array.from(
      { length: 20 },
      (_, index) => new StressClient(round, index < 8 ? overHttp(port) : fetch),
    );
    for (let step = 0; step < 300; step++) {
      publisher.burst(round, round.between(0, 6), 8000);
      for (const [index, client] of clients.entries()) {
        if (round.chance(3)) client.leave(round.pick(LEAVES));
        else if (round.chance(5)) client.pause();
        // Every third client that stops does not resume.
        else if (round.chance(5) && index % 3 > 0) client.resume();
        if (round.chance(20) && !client.isConnected) client.connect();
      }
      for (const client of channel.clients) if (round.chance(1)) client.close();
      clock.advance(round.between(0, 1000));
      assertBalance(channel.statistics);
      await round.turns(round.between(1, 3));
      assertBalance(channel.statistics);
    }
    const closing = channel.close({ deadline: 1000 });
    clock.advance(1000);
    await closing;
    const { clients: connected, closed, gaps, ...counted } = channel.statistics;
    assertBalance(channel.statistics);
    assert.equal(connected, 0);
    assert.deepEqual([sum(counted.accepted), counted.refused], [accepted, refused]);
    const { connect, disconnect, gap, stall } = told;
    assert.deepEqual([connect.length, disconnect.length, gap.length], [accepted, sum(closed), gaps]);
    for (const [reason, count] of Object.entries(closed)) {
      assert.equal(disconnect.filter((message) => message.reason === reason).length, count, reason);
    }
    // A client dismissed for another reason may stall as well, before it has read the rest.
    const stalled = new Set(stall.map(({ client }) => client));
    assert.equal(stalled.size, stall.length, "nobody stalls twice");
    for (const { client, reason } of disconnect) assert.ok(reason !== "stalled" || stalled.has(client));
    for (const reason of ["left", "stalled", "aged", "dismissed"] as const) {
      assert.ok(closed[reason] > 0, `some connections were closed because they were: ${reason}`);
    }
  });
});
