import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lineData } from "../../dist/streams/line-data.js";
import type { BuildLineEvent } from "../../dist/runner/events.js";

describe("lineData()", () => {
  const texts = [
    "",
    "plain",
    'a "quoted" \\ path',
    "tab\tescape\x1b[31m\0\x7f\x85",
    "größe ✓ 🎉",
    "\u2028",
    "\ud800 lone",
    'the last is a "',
  ];
  const steps = [null, "build", "build", 'a "step"\n', "größe", null];

  it("is what JSON.stringify makes of the fields, whatever they hold", () => {
    let number = 0;
    for (const stream of ["stdout", "stderr", "system"] as const) {
      for (const step of steps) {
        for (const text of texts) {
          const fields = { number: ++number, step, stream, text, time: new Date(number).toISOString() };
          const event: BuildLineEvent = { type: "line", buildId: "b", ...fields };
          assert.equal(lineData(event), JSON.stringify(fields));
          assert.equal(lineData({ ...event, open: true }), JSON.stringify({ ...fields, open: true }));
        }
      }
    }
  });
});
