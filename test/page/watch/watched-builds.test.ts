import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WatchedBuilds } from "../../../dist/page/watch/watched-builds.js";
import { build } from "../session-fixture.js";

describe("WatchedBuilds", () => {
  const storage = new Map<string, string>();
  const watched = (): WatchedBuilds =>
    new WatchedBuilds({ read: () => storage.get("ids"), write: (ids) => void storage.set("ids", ids) });

  it("reports the end of each watched build once, also after the page was loaded again", () => {
    storage.clear();
    for (const id of ["a", "b"]) watched().set(id, true);
    assert.equal(watched().has("a"), true);
    const builds = [build("a", "failed", 1), build("b", "running", 2), build("c", "failed", 3)];
    assert.deepEqual(watched().takeEnded(builds).map(({ id }) => id), ["a"]);
    assert.deepEqual(watched().takeEnded(builds), []);
    assert.equal(watched().isEmpty, false);
    watched().set("b", false);
    assert.equal(watched().isEmpty, true);
  });

  it("keeps the latest fifty", () => {
    storage.clear();
    for (let number = 0; number < 60; number++) watched().set(`b${number}`, true);
    assert.equal(storage.get("ids")?.split(",").length, 50);
    assert.equal(watched().has("b9"), false);
    assert.equal(watched().has("b59"), true);
  });
});
