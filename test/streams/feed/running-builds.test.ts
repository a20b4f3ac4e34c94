import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RunningBuilds } from "../../../dist/streams/feed/running-builds.js";

const state = (type: string, id: string, status: string): string =>
  `event: ${type}\ndata: ${JSON.stringify({ id, status })}\n\n`;
const LINE = "event: line\ndata: {}\n\n";

describe("RunningBuilds", () => {
  it("divides events at the start and the end of builds", () => {
    const builds = new RunningBuilds();
    const divide = (...events: string[]): string =>
      builds
        .divide(Buffer.from(events.join("")), events.length)
        .map(({ count, isShared, events: decode }) => {
          assert.equal(decode().length, count);
          return `${count}${isShared ? "*" : ""}`;
        })
        .join(" ");
    assert.equal(divide(state("build", "a", "queued"), state("build", "a", "running"), LINE), "3");
    assert.equal(divide(state("build", "b", "queued")), "1", "a queued build does not count");
    assert.equal(divide(LINE, LINE), "2");
    assert.equal(divide(state("build", "b", "running"), LINE), "2*");
    assert.equal(divide(LINE, state("build", "a", "running"), LINE, state("end", "a", "failed")), "4*");
    assert.equal(divide(LINE, state("end", "b", "succeeded")), "2");
    assert.equal(divide("event: build\ndata: not JSON\n\n", LINE), "2");
  });

  it("counts the builds that an earlier process has left running until they are forgotten", () => {
    const builds = new RunningBuilds(["a", "b"]);
    assert.ok(builds.areShared);
    builds.forget("a");
    assert.deepEqual([builds.areShared, builds.ids], [false, ["b"]]);
  });
});
