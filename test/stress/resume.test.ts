import assert from "node:assert/strict";
import { describe } from "node:test";
import { startChannel } from "../support/channel.js";
import { StressClient } from "./support/client.js";
import { BY_ORDER, BY_SEQUENCE, Publisher } from "./support/ledger.js";
import { scenario } from "./support/scenario.js";
import { LEAVES, overFetch, overHttp } from "./support/transport.js";
import type { Naming } from "./support/ledger.js";
import type { Round } from "./support/scenario.js";

/**
 * Clients disconnect in all ways and reconnect with their last id repeatedly, while events are published in random
 * bursts.
 */
async function comeAndGo(
  round: Round,
  door: "http" | "fetch",
  gzip: boolean,
  naming: Naming,
  capacity: number,
): Promise<StressClient[]> {
  const { channel, port } = await startChannel(round, { backlog: "all", capacity, compress: gzip });
  const publisher = new Publisher(channel, naming);
  const transport = door === "http" ? overHttp(port) : overFetch(channel);
  const clients = Array.from({ length: 12 }, () => new StressClient(round, transport, { gzip, naming }).connect());
  for (let step = 0; step < 300; step++) {
    publisher.burst(round, round.between(0, 8), round.chance(10) ? 20_000 : 300);
    for (const client of clients) {
      if (round.chance(15)) client.leave(round.pick(LEAVES));
      // It may have left in this turn, or wait for the server's end of a half-closed connection.
      if (round.chance(40) && !client.isConnected) client.connect();
    }
    await round.turns(round.between(1, 4));
  }
  for (const client of clients) {
    client.leave("destroy");
    client.connect();
  }
  await round.until(() => clients.every(({ ledger }) => ledger.isCompleteTo(publisher.published)));
  return clients;
}

describe("Channel under stress: clients that reconnect", () => {
  for (const door of ["http", "fetch"] as const) {
    for (const gzip of [false, true]) {
      const name = `${door === "http" ? "handle()" : "respond()"}${gzip ? ", gzip" : ""}`;

      scenario(`${name}: over all its connections a client sees 1 to n, each once`, async (round) => {
        const naming = round.pick([BY_SEQUENCE, BY_ORDER]);
        const clients = await comeAndGo(round, door, gzip, naming, 100_000);
        for (const { ledger } of clients) assert.equal(ledger.gaps, 0, "a gap, though everything is kept");
      });

      scenario(`${name}: with a short log, gaps account for all missing events`, async (round) => {
        const naming = round.pick([BY_SEQUENCE, BY_ORDER]);
        const clients = await comeAndGo(round, door, gzip, naming, round.between(5, 40));
        assert.ok(
          clients.some(({ ledger }) => ledger.gaps > 0),
          "there was something to account for",
        );
      });
    }
  }
});
