import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BuildQueue } from "../../dist/runner/build-queue.js";
import { completeRecord } from "../../dist/runner/record.js";
import type { Plan } from "../../dist/runner/planning/plan.js";
import type { BuildRecord } from "../../dist/runner/record.js";

const project = { projectPath: "/p", projectName: "p", packageManager: null };
const step = { name: "build", command: "true", args: [], cwd: "/" };
const plan: Plan = { ...project, reason: "", warnings: [], steps: [step] };

/** A queued build in which every field that can have a value has one. */
const queued: BuildRecord = {
  id: "0mws57xuu29mfzgl",
  projectPath: "/former",
  projectName: "former",
  packageManager: "npm",
  nodeVersion: "20.0.0",
  script: "former",
  install: "clean",
  variables: ["FORMER"],
  color: true,
  status: "queued",
  message: "former",
  hint: { code: "FORMER", subject: null, cause: "former", remedy: "former" },
  git: { branch: "former", commit: "former", subject: "former", isDirty: true },
  result: { folders: [], isComplete: true },
  steps: [],
  estimatedDuration: 7,
  queuePosition: 7,
  queuedAt: "2026-11-22T00:00:00.000Z",
  startedAt: "2026-11-22T00:00:00.000Z",
  finishedAt: "2026-11-22T00:00:00.000Z",
  lastOutputAt: "2026-11-22T00:00:00.000Z",
};

/** The fields that change when a queued build is planned again. */
const planned: readonly (keyof BuildRecord)[] = [
  ...(["projectPath", "projectName", "packageManager", "script", "install", "variables", "color", "steps"] as const),
  ...(["nodeVersion", "message", "hint", "git", "result"] as const),
  ...(["estimatedDuration", "queuePosition", "startedAt", "finishedAt", "lastOutputAt"] as const),
];

describe("completeRecord()", () => {
  it("gives a record of the first version every field", () => {
    const names = [
      ...["id", "projectPath", "projectName", "packageManager", "script", "install", "status", "message", "steps"],
      ...["queuePosition", "queuedAt", "startedAt", "finishedAt"],
    ];
    const first = Object.fromEntries(names.map((name) => [name, queued[name as keyof BuildRecord]]));
    assert.deepEqual(Object.keys(completeRecord(first as unknown as BuildRecord)).sort(), Object.keys(queued).sort());
  });
});

describe("a queued build of an earlier process", () => {
  it("keeps every field that is not planned again", async () => {
    const queue = new BuildQueue({ onEvent: () => undefined });
    await queue.restore(queued, plan);
    const [restored = assert.fail("no build")] = queue.list();
    const names = Object.keys(queued) as (keyof BuildRecord)[];
    const changed = names.filter((name) => restored[name] !== queued[name]);
    assert.deepEqual(changed.filter((name) => !planned.includes(name)), []);
    await queue.close();
  });
});
