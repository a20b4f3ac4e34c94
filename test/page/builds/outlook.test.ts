import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { announcement, outlook } from "../../../dist/page/builds/outlook.js";
import { sampleBuild } from "../../support/sample-builds.js";

const STARTED_AT = "2026-01-01T10:00:00.000Z";

/** The outlook of a build that usually takes `estimatedDuration`, `passed` milliseconds after its start. */
function after(passed: number, estimatedDuration: number | null): ReturnType<typeof outlook> {
  const build = sampleBuild({ status: "running", startedAt: STARTED_AT, estimatedDuration });
  return outlook(build, Date.parse(STARTED_AT) + passed);
}

describe("outlook", () => {
  it("counts the place in the queue", () => {
    const places = [1, 2, 3, 4, 10, 11, 12, 13, 21, 22, 101, 111].map(
      (queuePosition) => outlook(sampleBuild({ queuePosition }), 0).text.split(" ")[0],
    );
    assert.equal(places.join(), "next,2nd,3rd,4th,10th,11th,12th,13th,21st,22nd,101st,111th");
    const expected = { text: "2nd in the queue", title: "", percent: undefined, isLate: false };
    assert.deepEqual(outlook(sampleBuild({ queuePosition: 2, estimatedDuration: 1000 }), 0), expected);
  });

  it("estimates the elapsed share and the time left", () => {
    const expected: [passed: number, text: string, percent: number][] = [
      [0, "about 3 min left", 0],
      [1, "about 3 min left", 0],
      [60_000, "about 2 min left", 33],
      [119_999, "about 2 min left", 66],
      [120_000, "about 60 s left", 66],
      [168_000, "about 12 s left", 93],
      [179_001, "about 1 s left", 99],
      [180_000, "almost done", 99],
      [216_000, "almost done", 99],
      [216_001, "36 s longer than usual", 99],
      [900_000, "12 min longer than usual", 99],
    ];
    for (const [passed, text, percent] of expected) {
      const isLate = text.endsWith("longer than usual");
      const title = "Usually takes about 3 min";
      assert.deepEqual(after(passed, 180_000), { text, title, percent, isLate }, String(passed));
    }
  });

  it("does not call a second or two longer than usual", () => {
    assert.equal(after(2500, 500).text, "almost done");
    assert.equal(after(2501, 500).text, "2 s longer than usual");
  });

  it("tolerates a clock that is behind the server's", () => {
    const { text, percent } = after(-5000, 10_000);
    assert.deepEqual([text, percent], ["about 10 s left", 0]);
  });

  it("is empty without an estimate", () => {
    const nothing = { text: "", title: "", percent: undefined, isLate: false };
    assert.deepEqual(after(1000, null), nothing);
    assert.deepEqual(after(1000, 0), nothing);
    assert.deepEqual(outlook(sampleBuild({ queuePosition: null }), 0), nothing);
    for (const status of ["succeeded", "failed", "cancelled", "timed-out", "lost"] as const) {
      assert.deepEqual(outlook(sampleBuild({ status, startedAt: STARTED_AT, estimatedDuration: 1000 }), 0), nothing);
    }
  });
});

describe("announcement", () => {
  it("names the project, its state and the estimate", () => {
    const running = sampleBuild({ status: "running", startedAt: STARTED_AT });
    const expected = [
      [sampleBuild({ queuePosition: 3 }), "one: Queued, 3rd in the queue"],
      [sampleBuild(), "one: Queued"],
      [running, "one: Running"],
      [{ ...running, estimatedDuration: 42_000 }, "one: Running, usually takes about 42 s"],
      [sampleBuild({ status: "cancelled", estimatedDuration: 42_000 }), "one: Cancelled"],
      [
        sampleBuild({ status: "failed", message: "build failed with exit code 1" }),
        "one: build failed with exit code 1",
      ],
    ] as const;
    for (const [build, text] of expected) assert.equal(announcement(build), text);
  });
});
