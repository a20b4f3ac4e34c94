import assert from "node:assert/strict";
import { describe } from "node:test";
import { Channel } from "../../dist/channel/channel.js";
import { FetchConnection } from "../../dist/channel/connections/fetch-connection.js";
import { Clock } from "./support/clock.js";
import { scenario } from "./support/scenario.js";
import type { EncodedBytes } from "../../dist/channel/log/encoded-bytes.js";
import type { Client } from "../../dist/channel/clients/client.js";
import type { Round } from "./support/scenario.js";

const CLIENTS = 10_000;
const HEARTBEAT = 15_000;
/** The interval at which the channel checks each client, for this heartbeat. */
const PERIOD = 1000;
/** The number of clients that it writes to in one turn of the event loop. */
const SLICE = 500;

/** Records all writes to connections, with their times. */
class Observer {
  readonly lastWriteAt = new WeakMap<object, number>();
  heartbeats = 0;
  #inThisTurn = 0;

  constructor(round: Round, clock: Clock) {
    const { write } = FetchConnection.prototype;
    const observe = (connection: FetchConnection, chunk: EncodedBytes): void => {
      if (chunk.plain.payload.toString() === ":\n")
        this.#checkHeartbeat(clock.now - (this.lastWriteAt.get(connection) ?? NaN));
      this.lastWriteAt.set(connection, clock.now);
    };
    FetchConnection.prototype.write = function (this: FetchConnection, chunk: EncodedBytes): void {
      round.guard(() => observe(this, chunk));
      write.call(this, chunk);
    };
    round.after(() => (FetchConnection.prototype.write = write));
  }

  #checkHeartbeat(silence: number): void {
    this.heartbeats++;
    assert.ok(silence > HEARTBEAT - PERIOD, `a heartbeat after a silence of only ${silence} ms`);
    assert.ok(silence <= HEARTBEAT, `a heartbeat only after ${silence} ms`);
    // Microtasks run between any two callbacks of the event loop.
    if (this.#inThisTurn === 0) queueMicrotask(() => (this.#inThisTurn = 0));
    this.#inThisTurn++;
    assert.ok(this.#inThisTurn <= SLICE, `more than ${SLICE} heartbeats in one turn`);
  }
}

describe("Channel under stress: heartbeats", () => {
  scenario("one timer serves 10 000 clients in slices, and skips those just written to", async (round) => {
    const clock = new Clock(round);
    const observer = new Observer(round, clock);
    const channel = new Channel({ heartbeat: HEARTBEAT, maxClients: CLIENTS, whenFull: "reject" });
    const bodies: (ReadableStream<Uint8Array> | null)[] = [];
    for (let index = 0; index < CLIENTS; index++) {
      bodies.push(channel.respond(new Request("http://localhost/")).body);
      if (index % 1000 === 999) clock.advance(round.between(1, 300));
    }
    assert.equal(clock.timers, 1, "one timer for all");
    assert.equal(channel.respond(new Request("http://localhost/")).status, 503);

    for (let second = 0; second < 42; second++) {
      clock.advance(PERIOD);
      // While the slices are written, clients receive events, leave and connect.
      for (let turn = 0; turn < CLIENTS / SLICE + 1; turn++) {
        if (round.chance(10)) await replace(round, channel, bodies);
        await round.turns(1);
      }
      // Not before the first heartbeats, which go to all clients.
      if (second > 18) for (const client of channel.clients) if (round.chance(3)) client.send("hello");
      if (second === 24) channel.publish("news for everyone");
      for (const { connection } of channel.clients as ReadonlySet<Client>) {
        const silence = clock.now - (observer.lastWriteAt.get(connection) ?? NaN);
        assert.ok(silence <= HEARTBEAT, `a client heard nothing for ${silence} ms`);
      }
    }
    assert.ok(observer.heartbeats > CLIENTS, `${observer.heartbeats} heartbeats`);
    assert.equal(clock.timers, 1);
    await channel.close({ deadline: 0 });
    assert.equal(clock.timers, 0, "no timer without clients");
  });
});

/** One client leaves, another takes its place. */
async function replace(round: Round, channel: Channel, bodies: (ReadableStream<Uint8Array> | null)[]): Promise<void> {
  const index = round.between(0, CLIENTS - 1);
  await bodies[index]?.cancel();
  assert.equal(channel.clientCount, CLIENTS - 1);
  bodies[index] = channel.respond(new Request("http://localhost/")).body;
  assert.equal(channel.clientCount, CLIENTS);
}
