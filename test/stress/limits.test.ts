import assert from "node:assert/strict";
import diagnostics from "node:diagnostics_channel";
import { describe } from "node:test";
import { Channel } from "../../dist/channel/channel.js";
import { rawClient, startChannel } from "../support/channel.js";
import { dechunk } from "../support/http.js";
import { StressClient } from "./support/client.js";
import { scenario } from "./support/scenario.js";
import { LEAVES, overHttp } from "./support/transport.js";
import type { ChannelClient } from "../../dist/channel/clients/client.js";
import type { RawClient } from "../support/http.js";

const OPENING = "c\r\nretry: 2000\n\r\n";

function assertRefusal(client: RawClient, whenFull: "reject" | "retry"): void {
  let delay: string | undefined;
  if (whenFull === "reject") {
    assert.match(client.head, /^HTTP\/1\.1 503 /);
    const length = /\r\nContent-Length: (\d+)/.exec(client.head)?.[1];
    assert.equal(Buffer.byteLength(client.body), Number(length), "the whole body");
    assert.equal((JSON.parse(client.body) as { error: { code: string } }).error.code, "TOO_MANY_CLIENTS");
    delay = `${/\r\nRetry-After: (\d+)/.exec(client.head)?.[1]}000`;
  } else {
    assert.match(client.head, /^HTTP\/1\.1 200 /);
    const { content, isComplete } = dechunk(client.body);
    assert.ok(isComplete, "the end of the body");
    delay = /^retry: (\d+)$/m.exec(content)?.[1];
    assert.doesNotMatch(content, /^(data|event|id)/m);
  }
  assert.ok(Number(delay) >= 5000 && Number(delay) <= 10_000, `the stream names ${delay} ms`);
}

/** The forms of one person's address: an IPv4 address, or any address in an IPv6 /64. */
function spellings(person: number): string[] {
  if (person % 2 === 0) return [`192.0.2.${person}`, `::ffff:192.0.2.${person}`, `::FFFF:192.0.2.${person}`];
  return [`2001:db8:0:${person}::1`, `2001:db8:0:${person}:ffff::1`, `2001:0db8:0000:${person}:1:2:3:4`];
}

describe("Channel under stress: limits", () => {
  for (const whenFull of ["reject", "retry"] as const) {
    scenario(`200 clients at once: 100 get a stream and 100 a complete refusal (${whenFull})`, async (round) => {
      const { channel, port } = await startChannel(round, { maxClients: 100, whenFull });
      const refused = new Set<RawClient>();
      const clients = Array.from({ length: 200 }, () => {
        const client = rawClient(round, port).get("/", ["Connection: close"]);
        void client.closed().then(() => refused.add(client));
        return client;
      });
      await round.until(() => clients.every((client) => refused.has(client) || client.body.endsWith(OPENING)));
      channel.publish("to all");
      await round.until(() => clients.every((client) => refused.has(client) || client.body.includes("data: to all")));
      assert.equal(refused.size, 100);
      for (const client of refused) assertRefusal(client, whenFull);
      assert.deepEqual([channel.clientCount, channel.statistics.refused], [100, 100]);
      assert.equal(channel.statistics.closed.left, 0, "no client was evicted");
    });
  }

  scenario("a place that is freed in any way can be taken again, a thousand times", async (round) => {
    const { channel, port } = await startChannel(round, { maxClients: 4, whenFull: "reject" });
    const open = (): StressClient => new StressClient(round, overHttp(port)).connect();
    const clients = Array.from({ length: 4 }, open);
    await round.until(() => clients.every(({ isOpen }) => isOpen));
    let refusals = 0;
    for (let turn = 0; turn < 1000; turn++) {
      if (round.chance(10)) {
        const late = open();
        await round.until(() => late.status !== 0);
        assert.equal(late.status, 503);
        late.leave("destroy");
        refusals++;
      }
      const index = round.between(0, 3);
      const leaving = clients[index];
      if (round.chance(25)) round.pick([...channel.clients]).close();
      else leaving?.leave(round.pick(LEAVES));
      await round.until(() => channel.clientCount === 3);
      // Clients that the server dismissed notice it by now or soon: connect them again, or their successors.
      await round.until(() => clients.some(({ isConnected }) => !isConnected));
      await Promise.all(
        clients
          .filter(({ isConnected }) => !isConnected)
          .map(async (client) => {
            client.status = 0;
            client.connect();
            await round.until(() => client.status !== 0);
            assert.equal(client.status, 200, `turned away in turn ${turn}`);
          }),
      );
    }
    assert.equal(channel.statistics.refused, refusals);
    assert.equal(channel.clientCount, 4);
  });

  scenario("a place is free from the moment at which its client leaves", async (round) => {
    const channel = new Channel({ maxClients: 3, maxClientsPerAddress: 1, whenFull: "reject" });
    const addresses = ["192.0.2.1", "2001:db8::1", "2001:db8:1::1"];
    const ask = (address = ""): Response => channel.respond(new Request("http://localhost/"), { address });
    const bodies = new Map(addresses.map((address) => [address, ask(address).body]));
    let leaving = "";
    const onLeave = (message: unknown): void => {
      if ((message as { channel: unknown }).channel !== channel) return;
      round.guard(() => {
        const response = ask(leaving);
        assert.equal(response.status, 200);
        bodies.set(leaving, response.body);
      });
    };
    diagnostics.subscribe("tailcast:disconnect", onLeave);
    round.after(() => diagnostics.unsubscribe("tailcast:disconnect", onLeave));
    for (let turn = 0; turn < 1000; turn++) {
      leaving = round.pick(addresses);
      assert.equal(ask(leaving).status, 503, "full");
      await bodies.get(leaving)?.cancel();
      assert.equal(channel.clientCount, 3);
    }
  });

  scenario("each address, in all its forms, gets exactly the limit of clients", async (round) => {
    const { channel, port } = await startChannel(round, {
      whenFull: "reject",
      maxClientsPerAddress: 3,
      clientAddress: (request) => String(request.headers["x-address"]),
    });
    const people = Array.from({ length: 10 }, (_, person) => {
      return Array.from({ length: 12 }, () => {
        return new StressClient(round, overHttp(port), {
          headers: { "X-Address": round.pick(spellings(person)) },
        }).connect();
      });
    });
    await round.until(() => people.flat().every(({ status }) => status !== 0));
    for (const clients of people) assert.equal(clients.filter(({ status }) => status === 200).length, 3);
    assert.deepEqual([channel.clientCount, channel.statistics.refused], [30, 90]);
  });

  scenario("under churn, clients are accepted exactly while there is room", async (round) => {
    const [limit, limitPerAddress] = [20, 3];
    const channel = new Channel({ maxClients: limit, maxClientsPerAddress: limitPerAddress, whenFull: "reject" });
    interface Guest {
      readonly person: number;
      readonly client: ChannelClient | undefined;
      readonly body: ReadableStream<Uint8Array> | null;
      readonly abort: AbortController;
    }
    const guests = new Set<Guest>();
    for (let turn = 0; turn < 4000; turn++) {
      if (round.chance(55)) {
        const person = round.between(0, 9);
        const own = [...guests].filter((guest) => guest.person === person).length;
        const abort = new AbortController();
        const request = new Request("http://localhost/", { signal: abort.signal });
        const { status, body } = channel.respond(request, { address: round.pick(spellings(person)) });
        assert.equal(
          status,
          guests.size < limit && own < limitPerAddress ? 200 : 503,
          `${guests.size} in all, ${own} of their own`,
        );
        if (status === 200) guests.add({ person, client: [...channel.clients].at(-1), body, abort });
      } else if (guests.size > 0) {
        const guest = round.pick([...guests]);
        guests.delete(guest);
        const how = round.between(0, 2);
        if (how === 0) await guest.body?.cancel();
        else if (how === 1) guest.abort.abort();
        else guest.client?.close();
        // A microtask frees a place at the latest.
        await Promise.resolve();
      }
      assert.equal(channel.clientCount, guests.size);
    }
  });
});
