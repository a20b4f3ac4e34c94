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
    channel.publish({ event: "line", data: JSON.stringify({ number: 1, text: "\x1b[31mred\x1b[0m" }) });
    channel.publish({ event: "line", data: JSON.stringify({ number: 2, text: "" }) });
    channel.publish({ event: "end", data: "{}" });
    channel.end();
    assert.equal(await textOf(channel), "red\n\n");
    assert.equal(await textOf(channel, true), "\x1b[31mred\x1b[0m\n\n");
  });

  it("says where something is gone", async () => {
    const channel = new Channel({ capacity: 1 });
    channel.publish({ event: "build", data: "{}" });
    for (const [index, text] of ["a", "b", "c"].entries()) {
      channel.publish({ event: "line", data: JSON.stringify({ number: index + 1, text }) });
    }
    channel.end();
    assert.equal(await textOf(channel), "[tailcast: 2 lines are no longer kept]\nc\n");
  });
});
