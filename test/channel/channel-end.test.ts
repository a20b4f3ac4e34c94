import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rawClient, startChannel, until } from "../support/channel.js";
import { EventClient, dechunk } from "../support/http.js";
import type { DecodedEvent } from "../../dist/protocol/decode.js";

const data = (events: readonly DecodedEvent[]): string[] => events.map((event) => event.data);

describe("Channel.end()", () => {
  it("ends the streams after the last event, and answers 204 to a client that has all of it", async (t) => {
    const { channel, port } = await startChannel(t, { backlog: "all" });
    const early = await EventClient.open(port, "/");
    channel.publish("a");
    channel.publish("b");
    channel.end();
    channel.end();
    assert.deepEqual(data(await early.ended()), ["a", "b"]);
    const late = await EventClient.open(port, "/");
    assert.deepEqual(data(await late.ended()), ["a", "b"], "the log can still be read");
    const half = await EventClient.open(port, "/", { "Last-Event-ID": "e-1" });
    assert.deepEqual(data(await half.ended()), ["b"]);
    const done = await EventClient.open(port, "/", { "Last-Event-ID": "e-2" });
    assert.equal(done.status, 204);
    const stranger = await EventClient.open(port, "/", { "Last-Event-ID": "x-2" });
    assert.deepEqual(
      (await stranger.ended()).map((event) => event.type),
      ["gap", "message", "message"],
    );
    assert.throws(() => channel.publish("c"), { code: "CHANNEL_CLOSED" });
    await until(() => channel.clientCount === 0);
    assert.equal(channel.statistics.closed.ended, 4);
  });

  it("sends the rest to a client that lags first", async (t) => {
    const { channel, port } = await startChannel(t, { capacity: 100_000, capacityBytes: 100 * 1024 * 1024 });
    const sleeper = rawClient(t, port, { reads: false }).get("/");
    await until(() => channel.clientCount > 0);
    for (let index = 1; index <= 1000; index++) channel.publish(`${index} ${"x".repeat(10_000)}`);
    channel.end();
    assert.equal(channel.clientCount, 1);
    sleeper.resume();
    sleeper.socket.resume();
    await sleeper.until("0\r\n\r\n");
    const { content } = dechunk(sleeper.body);
    assert.equal([...content.matchAll(/^id: /gm)].length, 1000);
    assert.match(content, /id: e-1000\ndata: 1000 x+\n\n$/);
  });
});
