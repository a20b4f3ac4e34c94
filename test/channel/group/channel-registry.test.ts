import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ChannelGroup } from "../../../dist/channel/group/channel-group.js";
import { heapBytes, until } from "../../support/channel.js";

const isDropped = (group: ChannelGroup): Promise<void> => until(() => group.statistics.channels === 0);

describe("ChannelGroup: 10 000 topics", () => {
  /** Opens channels that have one event each; returns how long it took, in milliseconds. */
  async function open(group: ChannelGroup, count: number): Promise<number> {
    const start = performance.now();
    for (let index = 0; index < count; index++) (await group.get(`topic ${index}`)).publish("x".repeat(1000));
    return performance.now() - start;
  }

  it("opens them in linear time, refuses one more, and closes all", async () => {
    await open(new ChannelGroup({ idleTimeout: 0 }), 1000);
    const few = await open(new ChannelGroup({ idleTimeout: 0 }), 1000);
    const group = new ChannelGroup({ idleTimeout: 0 });
    const many = await open(group, 10_000);
    assert.ok(many < few * 40, `${many} ms for 10 000 topics, ${few} ms for 1000`);
    await assert.rejects(group.get("one more"), { code: "TOO_MANY_CHANNELS" });
    await group.close();
    assert.equal(group.statistics.channels, 0);
  });

  it("drops them all, and frees their memory", async (t) => {
    const group = new ChannelGroup({ idleTimeout: 20 });
    t.after(() => group.close());
    await open(group, 100);
    await isDropped(group);
    const before = await heapBytes();
    const kept = new ChannelGroup({ idleTimeout: 0 });
    await open(kept, 10_000);
    const size = (await heapBytes()) - before;
    await kept.close();
    await open(group, 10_000);
    await isDropped(group);
    const rest = (await heapBytes()) - before;
    assert.deepEqual([group.statistics.opened, group.statistics.dropped], [10_100, 10_100]);
    assert.ok(rest < size / 5, `${rest} bytes are left of ${size}`);
  });
});
