import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../dist/channel/channel.js";
import { STREAM_HEAD, rawClient, startChannel, until } from "../support/channel.js";
import { EventClient, dechunk } from "../support/http.js";
import type { DecodedEvent } from "../../dist/protocol/decode.js";

const data = (events: readonly DecodedEvent[]): string[] => events.map((event) => event.data);

describe("Channel: limits", () => {
  it('answers 503 with a jittered Retry-After when it is full with whenFull "reject"', async (t) => {
    const { channel, port } = await startChannel(t, { maxClients: 2, whenFull: "reject" });
    const [first, second] = [await EventClient.open(port, "/"), await EventClient.open(port, "/")];
    const third = rawClient(t, port).get("/", ["Connection: close"]);
    await third.closed();
    assert.match(third.head, /^HTTP\/1\.1 503 /);
    const wait = Number(/\r\nRetry-After: (\d+)\r\n/.exec(third.head)?.[1]);
    assert.ok(wait >= 5 && wait <= 10, String(wait));
    assert.equal((JSON.parse(third.body) as { error: { code: string } }).error.code, "TOO_MANY_CLIENTS");
    channel.publish("both");
    assert.deepEqual(data(await first.until((events) => events.length === 1)), ["both"], "no client was evicted");
    first.close();
    await until(() => channel.clientCount === 1);
    const fourth = await EventClient.open(port, "/");
    assert.equal(fourth.status, 200);
    assert.equal(channel.statistics.refused, 1);
    second.close();
    fourth.close();
  });

  it("answers 200 with a retry and an end when it is full, after which an EventSource reconnects", async (t) => {
    const { port } = await startChannel(t, { maxClients: 1, retryAfter: 300 });
    const first = await EventClient.open(port, "/");
    const second = rawClient(t, port).get("/", ["Connection: close"]);
    await second.closed();
    assert.equal(second.head, `${STREAM_HEAD}\r\nConnection: close\r\nTransfer-Encoding: chunked`);
    const { content, isComplete } = dechunk(second.body);
    assert.equal(isComplete, true);
    const retry = Number(/^: the limit of 1 clients is reached\nretry: (\d+)\n$/.exec(content)?.[1]);
    assert.ok(retry >= 300 && retry <= 600, content);
    first.close();
  });

  it("limits the clients of one address", async (t) => {
    const { port } = await startChannel(t, {
      maxClientsPerAddress: 1,
      whenFull: "reject",
      clientAddress: (request) => String(request.headers["x-user"]),
    });
    const ann = await EventClient.open(port, "/", { "x-user": "ann" });
    const annAgain = await EventClient.open(port, "/", { "x-user": "ann" });
    const bob = await EventClient.open(port, "/", { "x-user": "bob" });
    assert.deepEqual([ann.status, annAgain.status, bob.status], [200, 503, 200]);
    ann.close();
    bob.close();
  });

  it("counts an IPv6 address with its /64", async (t) => {
    const { channel, port } = await startChannel(t, {
      maxClientsPerAddress: 1,
      whenFull: "reject",
      clientAddress: (request) => String(request.headers["x-address"]),
    });
    const open = (address: string): Promise<EventClient> => EventClient.open(port, "/", { "x-address": address });
    const clients = [await open("2001:db8::1"), await open("2001:db8::2"), await open("2001:db8:0:1::1")];
    assert.deepEqual(clients.map(({ status }) => status), [200, 503, 200]);
    const respond = (address: string): number => channel.respond(new Request("http://localhost/"), { address }).status;
    assert.deepEqual(["2001:db8:0:2::1", "2001:db8:0:2::2", "2001:db8::3"].map(respond), [200, 503, 503]);
    for (const client of clients) client.close();
  });

  it("accepts exactly maxClients when more connect at once", async (t) => {
    const { port } = await startChannel(t, { maxClients: 20, whenFull: "reject" });
    const clients = await Promise.all(Array.from({ length: 50 }, () => EventClient.open(port, "/")));
    assert.equal(clients.filter((client) => client.status === 200).length, 20);
    assert.equal(clients.filter((client) => client.status === 503).length, 30);
    for (const client of clients) client.close();
  });

  const bad: readonly (readonly [string, unknown])[] = [
    ["capacity", 0],
    ["capacity", 1.5],
    ["capacity", "5"],
    ["capacityBytes", -1],
    ["backlog", -1],
    ["backlog", "some"],
    ["heartbeat", 2 ** 31],
    ["heartbeat", Number.NaN],
    ["retry", 1.5],
    ["retry", 2 ** 31 - 1],
    ["maxClients", 0],
    ["maxClientsPerAddress", null],
    ["whenFull", "wait"],
    ["retryAfter", -1],
    ["stallTimeout", -1],
    ["maxConnectionAge", -1],
    ["clientAddress", "x"],
    ["epoch", "a b"],
    ["epoch", ""],
  ];
  for (const [name, value] of bad) {
    it(`refuses the option ${name}: ${String(value)}, naming it`, () => {
      assert.throws(
        () => new Channel({ [name]: value } as never),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, "INVALID_OPTION");
          assert.match(error.message, new RegExp(`"${name}"`));
          return true;
        },
      );
    });
  }
});
