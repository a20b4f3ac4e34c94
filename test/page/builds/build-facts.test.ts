import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { buildFacts, gitText } from "../../../dist/page/builds/build-facts.js";
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

  it("names Node.js if the reason is not known", () => {
    assert.deepEqual(buildFacts(sampleBuild({ nodeVersion: "20.20.2" })), ["npm", "Node.js 20.20.2"]);
    const reason = "npm 11.6.0 on Node.js 20.20.2, because package-lock.json is there";
    assert.deepEqual(buildFacts(sampleBuild({ nodeVersion: "20.20.2" }), reason), [reason]);
  });

  it("names the chosen options", () => {
    const facts = buildFacts(sampleBuild({ script: "test", install: "clean" }));
    assert.deepEqual(facts, ["npm", "script test", "clean install"]);
    assert.deepEqual(buildFacts(sampleBuild({ install: "update" })), ["npm", "update of the lock file"]);
    assert.deepEqual(buildFacts(sampleBuild({ install: "skip" })), ["npm", "without install"]);
  });

  it("names the commit, with its branch and its message", () => {
    const git = { branch: "main", commit: "1a2b3c4d5e6f", subject: "Fix the sum", isDirty: false };
    assert.deepEqual(buildFacts(sampleBuild({ git })), ["npm", "main 1a2b3c4d Fix the sum"]);
    assert.equal(gitText({ ...git, isDirty: true }, false), "main 1a2b3c4d, uncommitted changes");
    assert.equal(gitText({ branch: null, commit: "1a2b3c4d5e6f", subject: null, isDirty: null }), "1a2b3c4d");
    assert.equal(gitText({ branch: "main", commit: null, subject: null, isDirty: null }), "main");
  });

  it("names the largest folders of the result, with their change", () => {
    const folder = { path: "dist", files: 8, bytes: 254_200, isWhole: true, bytesBefore: 251_000 };
    const small = { path: "types", files: 1, bytes: 0, isWhole: true, bytesBefore: null };
    const folders = [folder, { ...folder, path: "maps", bytes: 12_340_000, bytesBefore: 12_340_000 }, small, folder];
    assert.deepEqual(buildFacts(sampleBuild({ result: { folders, isComplete: true } })), [
      ...["npm", "dist: 8 files, 254 kB (+3.2 kB)", "maps: 8 files, 12.3 MB (+0 kB)", "types: 1 file, 0 kB"],
    ]);
  });

  it("ends with the start, with the date on another day", () => {
    const now = new Date();
    const [, today = ""] = buildFacts(sampleBuild({ startedAt: now.toISOString() }));
    assert.equal(today, `started ${now.toLocaleTimeString([], { timeStyle: "short" })}`);
    const [, other = ""] = buildFacts(sampleBuild({ startedAt: "2020-02-03T12:00:00.000Z" }));
    assert.match(other, /^started .*2020/);
  });
});
