import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bufferBytes, rawClient, startChannel, until } from "../../support/channel.js";
import { EventClient, dechunk } from "../../support/http.js";

describe("Channel: clients that read slowly", () => {
  it("costs a client that never reads no more than its cursor", async (t) => {
    const { channel, port } = await startChannel(t, { capacity: 100_000, capacityBytes: 4 * 1024 * 1024 });
    const sleeper = rawClient(t, port, { reads: false }).get("/");
    const reader = await EventClient.open(port, "/");
    await until(() => channel.clientCount === 2);

    const line = "x".repeat(10_000);
    const before = await bufferBytes();
    const total = 10_000;
    for (let index = 1; index <= total; index++) {
      channel.publish(`${index} ${line}`);
      // As a build does: some output in every turn. The reader is in this process and must get its turns.
      if (index % 20 === 0) await reader.until((events) => events.length >= index);
    }
    await reader.until((events) => events.length === total);
    const growth = (await bufferBytes()) - before;
    assert.ok(growth < 8 * 1024 * 1024, `100 MB were published, 4 MB are kept, and ${growth} bytes of Buffers stayed`);
    assert.equal(reader.events.filter((event) => event.type === "gap").length, 0);
    assert.equal(channel.clientCount, 2);

    // Now it reads: what the sockets held, one gap, and the rest without a hole up to the end.
    sleeper.resume();
    sleeper.socket.resume();
    channel.publish("last");
    await sleeper.until("data: last\n\n");
    const { content } = dechunk(sleeper.body);
    const gap = /event: gap\nid: e-(\d+)\ndata: (.*)\n\n/.exec(content);
    assert.ok(gap !== null);
    const sequences = [...content.matchAll(/^id: e-(\d+)$/gm)].map((match) => Number(match[1]));
    const { lastEventId, reason, missed } = JSON.parse(gap[2] ?? "") as Record<string, unknown>;
    assert.equal(reason, "lagged");
    const rebased = Number(gap[1]);
    assert.equal(lastEventId, `e-${rebased - Number(missed)}`);
    const place = sequences.indexOf(rebased);
    assert.deepEqual(
      sequences.slice(0, place),
      Array.from({ length: rebased - Number(missed) }, (_, index) => index + 1),
    );
    assert.deepEqual(
      sequences.slice(place + 1),
      Array.from({ length: total + 1 - rebased }, (_, index) => rebased + 1 + index),
    );
  });

  it("copies nothing for clients that resume in the middle of a large turn and never read", async (t) => {
    const { channel, port } = await startChannel(t, { capacity: 100_000, capacityBytes: 8 * 1024 * 1024 });
    for (let index = 0; index < 40; index++) channel.publish("x".repeat(100_000));
    for (let index = 0; index < 30_000; index++) channel.publish(`line ${index}`);
    const before = await bufferBytes();
    const count = 60;
    for (let index = 0; index < count; index++) {
      rawClient(t, port, { reads: false }).get("/", [`Last-Event-ID: e-${index % 2 === 0 ? index : 40 + index * 100}`]);
    }
    await until(() => channel.clientCount === count);
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
    const growth = (await bufferBytes()) - before;
    assert.ok(growth < count * 80 * 1024, `${growth} bytes for ${count} clients that take nothing`);
  });

  it("does not drop a client that reads slowly but steadily as stalled", async (t) => {
    const size = 20_000_000;
    const { channel, port } = await startChannel(t, { stallTimeout: 1000, backlog: "all", capacityBytes: 2 * size });
    channel.publish("x".repeat(size));
    const client = rawClient(t, port, { reads: false }).get("/");
    let received = 0;
    let pauseAt = 1_000_000;
    // A pause after each megabyte, many times shorter than the stall timeout; together they are longer.
    client.socket.on("data", (bytes: Buffer) => {
      received += bytes.length;
      if (received < pauseAt) return;
      pauseAt += 1_000_000;
      client.socket.pause();
      setTimeout(() => client.socket.resume(), 100);
    });
    client.socket.resume();
    await until(() => received > size || channel.statistics.closed.stalled > 0);
    assert.equal(channel.statistics.closed.stalled, 0);
  });

  it("lets a client catch up in slices, in order", async (t) => {
    const { channel, port } = await startChannel(t, { backlog: "all", capacity: 100_000 });
    for (let index = 1; index <= 3000; index++) channel.publish(`${index} ${"x".repeat(1000)}`);
    const client = await EventClient.open(port, "/");
    channel.publish("last");
    const events = await client.until((all) => all.at(-1)?.data === "last");
    assert.deepEqual(
      events.map((event) => event.lastEventId),
      Array.from({ length: 3001 }, (_, index) => `e-${index + 1}`),
    );
    client.close();
  });

  it("closes a client that does not read for stallTimeout, and counts the reason", async (t) => {
    const { channel, port } = await startChannel(t, { stallTimeout: 100 });
    const sleeper = rawClient(t, port, { reads: false }).get("/");
    await until(() => channel.clientCount > 0);
    while (channel.clientCount > 0) {
      channel.publish("x".repeat(100_000));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.deepEqual(channel.statistics.closed, { left: 0, stalled: 1, aged: 0, ended: 0, closed: 0, dismissed: 0 });
    sleeper.socket.destroy();
  });
});
