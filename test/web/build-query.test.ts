import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readBuildQuery, selectBuilds } from "../../dist/web/build-query.js";
import { sampleBuild } from "../support/sample-builds.js";
import type { BuildRecord, BuildStatus } from "../../dist/runner/record.js";

const id = (number: number): string => String(number).padStart(16, "0");

/** A build that was the so-maniest. */
function build(number: number, status: BuildStatus = "succeeded", name = "one"): BuildRecord {
  return sampleBuild({ id: id(number), status, projectName: name, projectPath: `/projects/${name}` });
}

/** The numbers of the builds that a query finds, and the number from which the next page continues. */
function find(builds: readonly BuildRecord[], query: string): unknown[] {
  const { builds: found, next } = selectBuilds(builds, readBuildQuery(new URLSearchParams(query)));
  return [...found.map((record) => Number(record.id)), next === null ? null : Number(next)];
}

describe("readBuildQuery()", () => {
  const read = (text: string): unknown => {
    const { statuses, ...rest } = readBuildQuery(new URLSearchParams(text));
    return { ...rest, statuses: [...statuses] };
  };

  it("asks for the newest fifty of all builds by default", () => {
    assert.deepEqual(read(""), { project: undefined, search: undefined, statuses: [], limit: 50, before: undefined });
  });

  it("reads every field, and statuses in both forms", () => {
    const selectors = "project=%2Fprojects%2Fa%20b&search=%C3%84+b&status=failed,lost&status=timed-out";
    const text = `${selectors}&limit=500&before=${id(7)}&other=1`;
    const statuses = ["failed", "lost", "timed-out"];
    assert.deepEqual(read(text), { project: "/projects/a b", search: "Ä b", statuses, limit: 500, before: id(7) });
  });

  const wrong = [
    ...["0", "501", "-1", "1.5", "1e2", "", " 5", "ten", "0x10", "99999999999"].map((value) => `limit=${value}`),
    ...["", "done", "failed,", "failed,,lost", "Failed", "constructor"].map((value) => `status=${value}`),
    ...["", "1", id(1).toUpperCase() + "A", "../../../../etc/p"].map((value) => `before=${value}`),
    "project=",
    "search=",
  ];
  for (const text of wrong) {
    it(`refuses ${text}`, () => {
      const message = new RegExp(`^Cannot list the builds: "${text.split("=")[0]}" must be `);
      assert.throws(() => read(text), { code: "BAD_REQUEST", message });
    });
  }
});

describe("selectBuilds()", () => {
  const all = [3, 1, 5, 2, 4].map((number) => build(number));

  it("sorts the newest first, and returns where the next page begins", () => {
    assert.deepEqual(find(all, ""), [5, 4, 3, 2, 1, null]);
    assert.deepEqual(find(all, "limit=5"), [5, 4, 3, 2, 1, null]);
    assert.deepEqual(find(all, "limit=4"), [5, 4, 3, 2, 2]);
    assert.deepEqual(find(all, `limit=4&before=${id(2)}`), [1, null]);
    assert.deepEqual(find(all, `before=${id(1)}`), [null]);
    assert.deepEqual(find([], ""), [null]);
  });

  it("continues at the same place when builds have come and gone meanwhile", () => {
    const later = [6, 5, 4, 2, 1].map((number) => build(number));
    assert.deepEqual(find(all, "limit=3"), [5, 4, 3, 3]);
    assert.deepEqual(find(later, `limit=3&before=${id(3)}`), [2, 1, null]);
  });

  it("filters by project, as path and as name, and by status, before it counts", () => {
    const mixed = [
      build(1),
      build(2, "failed", "two"),
      build(3, "lost"),
      build(4, "failed"),
      build(5, "queued", "two"),
    ];
    assert.deepEqual(find(mixed, "project=two"), [5, 2, null]);
    assert.deepEqual(find(mixed, "project=/projects/one&limit=2"), [4, 3, 3]);
    assert.deepEqual(find(mixed, "project=tw"), [null]);
    assert.deepEqual(find(mixed, "status=failed"), [4, 2, null]);
    assert.deepEqual(find(mixed, "status=failed,queued&project=two&limit=1"), [5, 5]);
    assert.deepEqual(find(mixed, `status=failed,queued&project=two&limit=1&before=${id(5)}`), [2, null]);
  });

  it("searches in the path, the name and the id, not in other fields, in upper and lower case", () => {
    const mixed = [
      build(1, "failed", "App"),
      build(25, "lost", "appendix"),
      build(3, "queued", "Zoë"),
      build(4, "queued", "a.b"),
    ];
    assert.deepEqual(find(mixed, "search=app"), [25, 1, null]);
    assert.deepEqual(find(mixed, "search=/PROJECTS/APP"), [25, 1, null]);
    assert.deepEqual(find(mixed, "search=zo%C3%8B"), [3, null]);
    assert.deepEqual(find(mixed, "search=0025"), [25, null]);
    assert.deepEqual(find(mixed, "search=queued"), [null]);
    assert.deepEqual(find(mixed, "search=a.b"), [4, null]);
    assert.deepEqual(find(mixed, "search=.*"), [null]);
    assert.deepEqual(find(mixed, "search=app&status=failed&project=App&limit=1"), [1, null]);
    assert.deepEqual(find(mixed, `search=app&limit=1&before=${id(25)}`), [1, null]);
  });
});
