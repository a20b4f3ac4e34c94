import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { OutputTime } from "../../../dist/runner/output/output-time.js";
import { runBuild, shellStep } from "../one-build.js";

describe("OutputTime", () => {
  it("changes at most once a second", (t) => {
    let now = 1000;
    t.mock.method(Date, "now", () => now);
    const time = new OutputTime();
    assert.equal(time.since(null), null);
    time.note();
    const first = time.since(null);
    assert.equal(first, "1970-01-01T00:00:01.000Z");
    now = 1999;
    time.note();
    assert.equal(time.since(first), first);
    now = 2000;
    time.note();
    assert.equal(time.since(first), "1970-01-01T00:00:02.000Z");
  });
});

describe("lastOutputAt of a build", () => {
  it("counts bytes that change no line, and makes no event for them", async (t) => {
    const script = "printf a; for i in 1 2 3 4 5 6; do sleep 0.4; printf '\\r\\033[0ma'; done; sleep 0.7";
    const { end, lines } = await runBuild(t, [shellStep(script)]);
    const shown = lines.filter(({ stream }) => stream === "stdout");
    assert.deepEqual(shown.map(({ text, open }) => `${text}${open === true ? " ..." : ""}`), ["a ...", "a"]);
    const [first] = shown;
    const silence = Date.parse(String(end.lastOutputAt)) - Date.parse(String(first?.time));
    assert.ok(silence > 1000 && silence < 2600, `${silence} ms after the line was shown`);
  });

  it("is null for a build that printed nothing", async (t) => {
    const { end } = await runBuild(t, [shellStep("true")]);
    assert.equal(end.lastOutputAt, null);
  });
});
