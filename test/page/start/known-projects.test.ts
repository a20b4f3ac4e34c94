import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KnownProjects } from "../../../dist/page/start/known-projects.js";
import { build } from "../session-fixture.js";
import { sampleProject } from "../../support/sample-builds.js";
import type { Build, Project } from "../../../dist/page/model.js";

const ofApp = (id: string, status: Build["status"], minute: number): Build => {
  const startedAt = `2026-01-01T10:${String(minute).padStart(2, "0")}:04.000Z`;
  return build(id, status, minute, { projectPath: "/app", startedAt });
};

/** The project after these builds became known, as `last/active/durations`. */
function after(project: Partial<Project>, ...builds: Build[]): string {
  const known = new KnownProjects();
  known.set([sampleProject({ path: "/app", ...project })]);
  known.note(builds);
  const [{ last, active, durations } = sampleProject()] = known.all;
  return `${last?.id}/${active?.id} ${active?.status}/${durations.join()}`;
}

describe("KnownProjects", () => {
  it("puts the projects with the latest builds first", () => {
    const known = new KnownProjects();
    known.set([
      sampleProject({ path: "/never" }),
      sampleProject({ path: "/old", last: build("a", "failed", 1) }),
      sampleProject({ path: "/busy", active: build("c", "running", 3), last: build("b", "failed", 0) }),
    ]);
    assert.deepEqual(known.all.map(({ path }) => path), ["/busy", "/old", "/never"]);
  });

  it("follows a build from its request to its end", () => {
    const last = ofApp("a", "failed", 1);
    assert.equal(after({ last }, ofApp("b", "queued", 2)), "a/b queued/");
    assert.equal(after({ last, active: ofApp("b", "queued", 2) }, ofApp("b", "running", 2)), "a/b running/");
    assert.equal(after({ last, active: ofApp("b", "running", 2) }, ofApp("b", "queued", 2)), "a/b running/");
    const active = ofApp("b", "running", 2);
    assert.equal(after({ last, active, durations: [1] }, ofApp("b", "succeeded", 2)), "b/undefined undefined/1,5000");
    assert.equal(after({ last, active, durations: [1] }, ofApp("b", "failed", 2)), "b/undefined undefined/1");
  });

  it("adds each duration once, the latest last, and keeps twenty", () => {
    const ended = [ofApp("c", "succeeded", 3), ofApp("b", "succeeded", 2), ofApp("a", "succeeded", 1)];
    assert.equal(after({ last: ofApp("b", "succeeded", 2), durations: [1] }, ...ended), "c/undefined undefined/1,5000");
    const durations = Array.from({ length: 20 }, (_, index) => index);
    const [, , kept = ""] = after({ durations }, ...ended).split("/");
    assert.equal(kept, [...durations.slice(3), 5000, 5000, 5000].join());
  });

  it("ignores builds of other projects", () =>
    assert.equal(after({}, build("x", "running", 1)), "undefined/undefined undefined/"));
});
