import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../dist/channel/channel.js";
import { startChannel } from "../support/channel.js";
import { EventClient } from "../support/http.js";
import type { DecodedEvent } from "../../dist/protocol/decode.js";

const data = (events: readonly DecodedEvent[]): string[] => events.map((event) => event.data);

describe("Channel: the delivery promise", () => {
  const lines = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);
  const publish = (channel: Channel, from: number, to: number): void => {
    for (const line of lines(from, to)) channel.publish(line);
  };

  it("sends a fresh client exactly the events that are published from then on", async (t) => {
    const { channel, port } = await startChannel(t);
    publish(channel, 1, 3);
    const client = await EventClient.open(port, "/");
    publish(channel, 4, 5);
    assert.deepEqual(data(await client.until((events) => events.length === 2)), lines(4, 5));
    client.close();
  });

  for (const [backlog, expected] of [
    ["all", lines(1, 6)],
    [2, lines(5, 6)],
    [100, lines(1, 6)],
  ] as const) {
    it(`gives a fresh client the backlog ${backlog}`, async (t) => {
      const { channel, port } = await startChannel(t, { backlog });
      publish(channel, 1, 6);
      const client = await EventClient.open(port, "/");
      publish(channel, 7, 7);
      assert.deepEqual(data(await client.until((events) => events.some((event) => event.data === "line 7"))), [
        ...expected,
        "line 7",
      ]);
      client.close();
    });
  }

  it("sends a gap to a fresh client that asks for all events when the first ones are gone", async (t) => {
    const { channel, port } = await startChannel(t, { backlog: "all", capacity: 2 });
    publish(channel, 1, 5);
    const client = await EventClient.open(port, "/");
    const events = await client.until((all) => all.length === 3);
    assert.deepEqual(events, [
      { type: "gap", data: '{"lastEventId":"","reason":"evicted","missed":3}', lastEventId: "e-3" },
      { type: "message", data: "line 4", lastEventId: "e-4" },
      { type: "message", data: "line 5", lastEventId: "e-5" },
    ]);
    client.close();
    assert.deepEqual(channel.statistics.accepted, { fresh: 0, resumed: 0, gap: 1 });
  });

  it("resumes after every event, by header and by query, and continues with live events", async (t) => {
    const { channel, port } = await startChannel(t);
    publish(channel, 1, 10);
    for (let seen = 0; seen <= 10; seen++) {
      const byHeader = await EventClient.open(port, "/", { "Last-Event-ID": `e-${seen}` });
      const byQuery = await EventClient.open(port, `/?lastEventId=e-${seen}`);
      const live = channel.publish("live");
      for (const client of [byHeader, byQuery]) {
        const events = await client.until((all) => all.some((event) => event.lastEventId === live));
        const expected = Array.from({ length: 10 + seen + 1 - seen }, (_, index) => `e-${seen + 1 + index}`);
        assert.deepEqual(
          events.map((event) => event.lastEventId),
          expected,
        );
        client.close();
      }
    }
    assert.deepEqual(channel.statistics.accepted, { fresh: 0, resumed: 22, gap: 0 });
  });

  it("resumes across segments of any size", async (t) => {
    const { channel, port } = await startChannel(t);
    let sequence = 0;
    for (let turn = 1; turn <= 12; turn++) {
      for (let index = 0; index < turn % 5; index++) channel.publish(`${++sequence}`);
      await new Promise(setImmediate);
    }
    for (let seen = 0; seen < sequence; seen++) {
      const client = await EventClient.open(port, "/", { "Last-Event-ID": `e-${seen}` });
      const events = await client.until((all) => all.at(-1)?.data === String(sequence));
      assert.deepEqual(
        data(events),
        Array.from({ length: sequence - seen }, (_, index) => String(seen + 1 + index)),
      );
      client.close();
    }
  });

  it("resumes after an id of the application", async (t) => {
    const { channel, port } = await startChannel(t);
    for (const id of ["größe 1", "größe 2", "größe 3"]) channel.publish({ data: id, id });
    const latin1 = Buffer.from("größe 2").toString("latin1");
    const client = await EventClient.open(port, "/", { "Last-Event-ID": latin1 });
    assert.deepEqual(data(await client.until((events) => events.length === 1)), ["größe 3"]);
    client.close();
  });

  const gaps: readonly (readonly [string, string, string, number | null])[] = [
    ["is too old", "e-3", "evicted", 2],
    ["is of another log", "before-3", "epoch", null],
    ["was never given", "e-99", "unknown", null],
    ["has another form", "hello", "unknown", null],
  ];
  for (const [what, lastEventId, reason, missed] of gaps) {
    it(`reports a gap when the id ${what}, then sends everything that is kept`, async (t) => {
      const { channel, port } = await startChannel(t, { capacity: 3 });
      publish(channel, 1, 8);
      const client = await EventClient.open(port, "/", { "Last-Event-ID": lastEventId });
      const events = await client.until((all) => all.length === 4);
      assert.deepEqual(events, [
        { type: "gap", data: JSON.stringify({ lastEventId, reason, missed }), lastEventId: "e-5" },
        ...[6, 7, 8].map((n) => ({ type: "message", data: `line ${n}`, lastEventId: `e-${n}` })),
      ]);
      client.close();
      // A client resumes from the gap's own id without a second gap.
      const again = await EventClient.open(port, "/", { "Last-Event-ID": "e-5" });
      assert.deepEqual(data(await again.until((all) => all.length === 3)), lines(6, 8));
      again.close();
      assert.deepEqual(channel.statistics.accepted, { fresh: 0, resumed: 1, gap: 1 });
    });
  }

  it("reports a gap on an empty log, and rebases to its beginning", async (t) => {
    const { channel, port } = await startChannel(t);
    const client = await EventClient.open(port, "/", { "Last-Event-ID": "old-1" });
    publish(channel, 1, 1);
    const events = await client.until((all) => all.length === 2);
    assert.deepEqual(
      events.map((event) => event.lastEventId),
      ["e-0", "e-1"],
    );
    client.close();
  });

  it("loses no event for a client that keeps up when one turn publishes far more events than are kept", async (t) => {
    const { channel, port } = await startChannel(t, { capacity: 10 });
    const client = await EventClient.open(port, "/");
    publish(channel, 1, 500);
    assert.deepEqual(data(await client.until((events) => events.length >= 500)), lines(1, 500));
    assert.equal(channel.statistics.keptEvents, 10);
    client.close();
  });

  it("refuses invalid events and continues", async (t) => {
    const { channel, port } = await startChannel(t, { capacityBytes: 200 });
    const client = await EventClient.open(port, "/");
    assert.throws(() => channel.publish({ data: "x", event: "a\nb" }), { code: "INVALID_EVENT" });
    assert.throws(() => channel.publish("x".repeat(300)), { code: "EVENT_TOO_LARGE" });
    assert.throws(() => channel.publish(undefined as never));
    assert.equal(channel.publish("good"), "e-1");
    assert.deepEqual(data(await client.until((events) => events.length > 0)), ["good"]);
    client.close();
  });
});
