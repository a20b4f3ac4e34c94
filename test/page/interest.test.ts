import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nextBuild } from "../../dist/page/interest.js";
import { build } from "./session-fixture.js";
import type { Build } from "../../dist/page/model.js";
import type { Interest } from "../../dist/page/interest.js";

describe("nextBuild", () => {
  const old = build("old", "failed", 1);
  const queued = build("queued", "queued", 3);
  const running = build("running", "running", 2);
  const next = (builds: Build[], shown: Build | undefined, interest: Interest): string | undefined =>
    nextBuild(builds, shown, interest)?.id;

  it("replaces the start page by a running build, else a queued one", () => {
    assert.equal(next([queued, running, old], undefined, "default"), "running");
    assert.equal(next([queued, old], undefined, "started"), "queued");
    assert.equal(next([old], undefined, "default"), undefined);
    assert.equal(next([], undefined, "default"), undefined);
  });

  it("replaces a default build by one that was requested later", () => {
    assert.equal(next([queued, running, old], old, "default"), "running");
    assert.equal(next([queued, running, old], running, "default"), "queued");
    assert.equal(next([build("newer", "failed", 4), old], old, "default"), undefined);
  });

  it("replaces a started build only by one that was requested after its end", () => {
    const ended = build("ended", "failed", 2, { finishedAt: running.queuedAt });
    assert.equal(next([running, ended], ended, "started"), undefined);
    assert.equal(next([queued, running, ended], ended, "started"), "queued");
    assert.equal(next([queued, running], running, "started"), undefined);
  });

  it("replaces neither a pinned build nor a link to a build that does not exist", () => {
    assert.equal(next([queued, running, old], old, "pinned"), undefined);
    assert.equal(next([queued, running, old], undefined, "pinned"), undefined);
  });
});
