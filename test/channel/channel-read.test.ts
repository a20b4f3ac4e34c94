import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../dist/channel/channel.js";

describe("Channel.read()", () => {
  async function collect(channel: Channel, lastEventId?: string, signal?: AbortSignal): Promise<string> {
    let text = "";
    for await (const bytes of channel.read({ lastEventId, signal, backlog: "all" })) text += Buffer.from(bytes).toString();
    return text;
  }

  it("reads the whole log, follows it, and ends with it", async () => {
    const channel = new Channel({ uniqueEpoch: "e" });
    channel.publish("a");
    const whole = collect(channel);
    const rest = collect(channel, "e-1");
    await new Promise(setImmediate);
    channel.publish("b");
    await new Promise(setImmediate);
    channel.publish("c");
    channel.end();
    assert.equal(await whole, "id: e-1\ndata: a\n\nid: e-2\ndata: b\n\nid: e-3\ndata: c\n\n");
    assert.equal(await rest, "id: e-2\ndata: b\n\nid: e-3\ndata: c\n\n");
  });

  it("tells gaps: at the start, and when its consumer is too slow", async () => {
    const channel = new Channel({ uniqueEpoch: "e", capacity: 2 });
    for (const line of ["a", "b", "c"]) channel.publish(line);
    const reader = channel.read({ backlog: "all" });
    const next = async (): Promise<string> => Buffer.from((await reader.next()).value as Uint8Array).toString();
    assert.equal(await next(), 'event: gap\nid: e-1\ndata: {"lastEventId":"","reason":"evicted","missed":1}\n\n');
    assert.equal(await next(), "id: e-2\ndata: b\n\n");
    for (const line of ["d", "e", "f"]) {
      channel.publish(line);
      await new Promise(setImmediate);
    }
    assert.equal(await next(), 'event: gap\nid: e-4\ndata: {"lastEventId":"e-2","reason":"lagged","missed":2}\n\n');
    assert.equal(await next(), "id: e-5\ndata: e\n\n");
    assert.equal(await next(), "id: e-6\ndata: f\n\n");
    await channel.close();
    assert.equal((await reader.next()).done, true);
  });

  it("stops when its consumer leaves, waiting or not", async () => {
    const channel = new Channel();
    const waiting = channel.read({ backlog: "all" });
    const next = waiting.next();
    await new Promise(setImmediate);
    assert.deepEqual(await waiting.return(), { done: true, value: undefined });
    assert.equal((await next).done, true);
    channel.publish("a");
    for await (const bytes of channel.read({ backlog: "all" })) {
      assert.ok(bytes.length > 0);
      break;
    }
  });

  it("stops when its signal is aborted, waiting or not", async () => {
    const channel = new Channel();
    const abort = new AbortController();
    const waiting = collect(channel, "", abort.signal);
    await new Promise(setImmediate);
    abort.abort();
    assert.equal(await waiting, "");
    assert.equal(await collect(channel, "", abort.signal), "");
  });
});
