import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../dist/channel/channel.js";
import { logText } from "../../dist/streams/log-text.js";

async function textOf(channel: Channel, ansi = false): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of logText(channel, { ansi, signal: new AbortController().signal })) pieces.push(piece);
  return pieces.join("");
}

const time = "2026-11-22T00:00:00.000Z";

describe("logText()", () => {
  it("has the lines, with or without colours, and nothing of the other events", async () => {
    const channel = new Channel();
    channel.publish({ event: "build", data: "{}" });
    channel.publish({ event: "line", data: JSON.stringify({ number: 1, text: "\x1b[31mred\x1b[0m", time }) });
    channel.publish({ event: "line", data: JSON.stringify({ number: 2, text: "", time }) });
    channel.publish({ event: "end", data: "{}" });
    channel.end();
    assert.equal(await textOf(channel), "red\n\n");
    assert.equal(await textOf(channel, true), "\x1b[31mred\x1b[0m\n\n");
  });

  it("has what somebody has changed as it is", async () => {
    const channel = new Channel({ backlog: "all" });
    channel.publish({ event: "line", data: "not JSON" });
    channel.publish({ event: "line", data: "{}" });
    channel.publish({ event: "line", data: JSON.stringify({ number: 3, text: "c", time }) });
    channel.end();
    let text = "";
    for await (const part of logText(channel, { ansi: false, signal: new AbortController().signal })) text += part;
    assert.equal(text, "not JSON\n{}\nc\n");
  });

  it("says where something is gone", async () => {
    const channel = new Channel({ capacity: 1 });
    channel.publish({ event: "build", data: "{}" });
    for (const [index, text] of ["a", "b", "c"].entries()) {
      channel.publish({ event: "line", data: JSON.stringify({ number: index + 1, text, time }) });
    }
    channel.end();
    assert.equal(await textOf(channel), "[tailcast: 2 lines are no longer kept]\nc\n");
  });
});
