import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../dist/channel/channel.js";
import { logText } from "../../dist/web/log-text.js";

async function textOf(channel: Channel, ansi = false): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of logText(channel, { ansi, signal: new AbortController().signal })) pieces.push(piece);
  return pieces.join("");
}

describe("logText()", () => {
  it("has the lines, with or without colours, and nothing of the other events", async () => {
    const channel = new Channel();
    channel.publish({ event: "build", data: "{}" });
    channel.publish({ event: "line", data: JSON.stringify({ text: "\x1b[31mred\x1b[0m" }) });
    channel.publish({ event: "line", data: JSON.stringify({ text: "" }) });
    channel.publish({ event: "end", data: "{}" });
    channel.end();
    assert.equal(await textOf(channel), "red\n\n");
    assert.equal(await textOf(channel, true), "\x1b[31mred\x1b[0m\n\n");
  });

  it("says where something is gone", async () => {
    const channel = new Channel({ capacity: 1 });
    for (const text of ["a", "b", "c"]) channel.publish({ event: "line", data: JSON.stringify({ text }) });
    channel.end();
    assert.equal(await textOf(channel), "[tailcast: 2 events are no longer kept]\nc\n");
  });
});
