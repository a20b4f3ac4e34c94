import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BuildLabels, buildLabel } from "../../../dist/streams/feed/build-labels.js";
import type { ChannelHistory } from "../../../dist/channel/history/history.js";

const ID = "0mwsa477kj5bo0ek";

describe("buildLabel()", () => {
  it("has the id first, and a name that is one short text", () => {
    for (const [projectName, label] of [
      ["demo", `${ID} demo`],
      ["@scope/demo", `${ID} @scope/demo`],
      ["a\nb\x1b[31m\tc", `${ID} ab c`],
      ["", ID],
      ["😀".repeat(64), `${ID} ${"😀".repeat(64)}`],
      ["😀".repeat(65), `${ID} ${"😀".repeat(64)}…`],
    ] as const) {
      assert.equal(buildLabel({ id: ID, projectName }), label);
    }
  });
});

describe("BuildLabels", () => {
  it("reads the name once, from the first event of the log", async () => {
    let count = 0;
    const bytes = Buffer.from(
      ["demo", "renamed"].map((projectName) => `event: build\ndata: ${JSON.stringify({ projectName })}\n\n`).join(""),
    );
    const reader = { next: () => Promise.resolve({ bytes, next: 3 }), close: () => undefined };
    const log: ChannelHistory = { epoch: ID, end: 3, read: (sequence) => (assert.equal(sequence, 1), reader) };
    const labels = new BuildLabels(() => (count++, Promise.resolve(log)));
    assert.deepEqual([await labels.of(ID), await labels.of(ID), count], [`${ID} demo`, `${ID} demo`, 1]);
  });

  it("is the id alone while the log cannot be read", async () => {
    let count = 0;
    const labels = new BuildLabels(() => (count++, Promise.reject(new Error("gone"))));
    assert.deepEqual([await labels.of(ID), await labels.of(ID), count], [ID, ID, 2]);
  });
});
