import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { buildFacts } from "../../../dist/page/builds/build-facts.js";
import { sampleBuild } from "../../support/sample-builds.js";

describe("buildFacts", () => {
  it("leaves out the defaults", () => {
    assert.deepEqual(buildFacts(sampleBuild()), ["npm"]);
    assert.deepEqual(buildFacts(sampleBuild({ packageManager: null, script: null, install: null })), []);
  });

  it("says what decided the plan, in place of the package manager, without what follows from it", () => {
    const reason = "npm 11.6.0, because package-lock.json is there; the install is frozen by package-lock.json";
    assert.deepEqual(buildFacts(sampleBuild(), reason), ["npm 11.6.0, because package-lock.json is there"]);
  });

  it("names the chosen options", () => {
    const facts = buildFacts(sampleBuild({ script: "test", install: "clean" }));
    assert.deepEqual(facts, ["npm", "script test", "clean install"]);
    assert.deepEqual(buildFacts(sampleBuild({ install: "update" })), ["npm", "update of the lock file"]);
    assert.deepEqual(buildFacts(sampleBuild({ install: "skip" })), ["npm", "without install"]);
  });

  it("ends with the start, with the date on another day", () => {
    const now = new Date();
    const [, today = ""] = buildFacts(sampleBuild({ startedAt: now.toISOString() }));
    assert.equal(today, `started ${now.toLocaleTimeString([], { timeStyle: "short" })}`);
    const [, other = ""] = buildFacts(sampleBuild({ startedAt: "2020-02-03T12:00:00.000Z" }));
    assert.match(other, /^started .*2020/);
  });
});
