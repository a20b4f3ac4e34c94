import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../dist/channel/channel.js";
import { StreamTotals } from "../../dist/streams/stream-totals.js";
import { EventClient, TestServer } from "../support/http.js";

describe("StreamTotals", () => {
  it("keeps the numbers of channels that were dropped, and counts on while clients follow them", async (t) => {
    const totals = new StreamTotals();
    const channel = new Channel();
    const server = await TestServer.start((request, response) => void channel.handle(request, response));
    t.after(() => server.close());
    const client = await EventClient.open(server.port, "/");
    channel.publish("one");
    await client.until((events) => events.length === 1);
    totals.retire(channel);
    const followed = totals.sum([]);
    assert.deepEqual([followed.clients, followed.published, followed.delivered], [1, 1, 1]);
    channel.publish("two");
    channel.end();
    await client.ended();
    await channel.close();
    const momentary = { clients: 0, blocked: 0, lag: 0 };
    const expected = { ...momentary, published: 2, delivered: 2, gaps: 0, historyFailures: 0 };
    const { accepted, closed, ...rest } = totals.sum([]);
    assert.deepEqual(rest, expected);
    assert.deepEqual([accepted.fresh, closed.ended], [1, 1]);
    // It was taken over: what happens to it now is no longer asked for.
    Object.defineProperty(channel, "statistics", { get: () => assert.fail("still held") });
    const other = new Channel();
    other.publish("three");
    other.publish({ data: "four" });
    assert.equal(totals.sum([other]).published, 4);
    await other.close();
  });
});
