import assert from "node:assert/strict";
import { Channel } from "../channel/channel.ts";
import { SAMPLE_EVENTS, textsOf } from "./sample-events.ts";
import type { Checks } from "./contract-check.ts";
import type { LogKit } from "./log-kit.ts";

/** Returns what a client with this id receives, up to now or to the end of the log. */
async function streamOf(channel: Channel, lastEventId: string, until: "end" | "now"): Promise<string> {
  let text = "";
  for await (const bytes of channel.read({ lastEventId, backlog: "all", until })) text += Buffer.from(bytes).toString();
  return text;
}

/** The promise to clients of channels in several processes. */
export const showing: Checks<LogKit> = {
  "gives channels of two processes the same bytes, live and after every id": async (kit) => {
    const [log, other] = [await kit.open(), await kit.open()];
    // A small memory: most events are read from the store.
    const channels = [log, other].map((each) => new Channel({ log: each, capacity: 2 }));
    try {
      const live = channels.map((channel) => streamOf(channel, "", "end"));
      const ids: string[] = [];
      for (const [index, event] of SAMPLE_EVENTS.entries()) {
        ids.push(await (index % 2 === 0 ? log : other).publish(event));
        // The other process need not have seen the event whose id the client has.
        const moved = channels.map((channel) => streamOf(channel, ids.at(-1) ?? "", "now"));
        assert.deepEqual(await Promise.all(moved), ["", ""], "a client that moves with the newest id misses nothing");
      }
      await log.complete();
      const expected = textsOf(SAMPLE_EVENTS, log.epoch);
      for (const stream of live) assert.equal(await stream, expected.join(""));
      for (const channel of channels) {
        assert.equal(await streamOf(channel, "", "end"), expected.join(""), "a client that needs all events");
        for (const [index, id] of ids.entries()) {
          assert.equal(await streamOf(channel, id, "end"), expected.slice(index + 1).join(""), `after ${id}`);
        }
        assert.equal(channel.state, "ending");
      }
    } finally {
      await Promise.all(channels.map((channel) => channel.close()));
    }
    assert.equal(log.isComplete, true);
  },
};
