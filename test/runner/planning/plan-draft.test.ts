import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pinDirectories } from "../../../dist/runner/project/directory-pin.js";
import { environmentDifference, buildEnvironment } from "../../../dist/runner/program/environment.js";
import { makeFolder } from "../../support/folders.js";
import { FOR_EVER, Scene, plan, step } from "../queue-scene.js";
import type { Plan } from "../../../dist/runner/planning/plan.js";
import type { PlanContext, PlanDraft } from "../../../dist/runner/planning/plan-draft.js";

const ENVIRONMENT = `- system: ${environmentDifference(buildEnvironment()) ?? ""}`;

/** A draft whose plan this function makes. */
function draft(make: PlanDraft["plan"], complete: Plan = plan([])): PlanDraft {
  const { projectPath, projectName, packageManager, steps } = complete;
  return { projectPath, projectName, packageManager, directories: steps.map(({ cwd }) => cwd), plan: make };
}

/** A function that makes no plan, and what it was called with. */
function deafPlan(): { make: PlanDraft["plan"]; called: Promise<PlanContext> } {
  let call: (context: PlanContext) => void = () => undefined;
  const called = new Promise<PlanContext>((resolve) => (call = resolve));
  return { make: (context) => (call(context), new Promise(() => undefined)), called };
}

describe("PlanDraft", () => {
  it("is planned in the first step of its build, which then gets the others", async (t) => {
    const scene = new Scene(t);
    const complete = plan([step("build", "echo out")], { packageManager: "npm", warnings: ["odd"] });
    const accepted = scene.queue.add(draft(async ({ say }) => (say("looking"), complete), complete));
    assert.deepEqual(accepted.steps.map(({ name, command }) => [name, command]), [["plan", ""]]);
    const end = await scene.end(accepted.id);
    assert.deepEqual(scene.story(accepted.id), [
      "[build] queued, plan pending",
      "[build] running, plan pending",
      "[build] running, plan running",
      "plan system: looking",
      "plan system: because",
      "plan system: warning: odd",
      "[build] running, plan succeeded, build pending",
      ENVIRONMENT,
      "[build] running, plan succeeded, build running",
      `build system: $ /bin/sh -c 'echo out' (in ${complete.steps[0]?.cwd})`,
      "build stdout: out",
      "[build] running, plan succeeded, build succeeded",
      "build system: build succeeded after N s",
      "- system: succeeded in N s",
      "[end] succeeded, plan succeeded, build succeeded",
    ]);
    assert.equal(end.packageManager, "npm");
    const [{ startedAt, finishedAt, exitCode, signal } = assert.fail()] = end.steps;
    assert.deepEqual([exitCode, signal, startedAt === null, finishedAt === null], [null, null, false, false]);
  });

  it("fails its build with the sentence of an error, or of an invalid plan", async (t) => {
    const scene = new Scene(t);
    const failures: readonly (readonly [make: PlanDraft["plan"], message: RegExp])[] = [
      [() => Promise.reject(new Error("Cannot build: it is gone")), /^Cannot build: it is gone$/],
      [() => assert.fail("thrown"), /^thrown$/],
      [() => ({ ...plan([]), reason: 7 }) as never, /^Cannot use "plan.reason": it must be a string/],
      [() => plan([step("x", ":")]), /^Cannot plan the build: x now works in .*; build it again$/],
    ];
    for (const [make, message] of failures) {
      const { id } = scene.queue.add(draft(make));
      const end = await scene.end(id);
      assert.match(String(end.message), message);
      const text = end.message;
      assert.deepEqual(scene.story(id).slice(-4), [
        `plan system: ${text}`,
        "[build] running, plan failed",
        `- system: ${text}`,
        "[end] failed, plan failed",
      ]);
    }
  });

  it("hides secrets of its variables, and of the steps that it gets", async (t) => {
    const scene = new Scene(t);
    const complete = plan([{ ...step("build", "echo $NPM_TOKEN"), env: { NPM_TOKEN: "hidden-value" } }]);
    const reason = "because of hidden-value and own-value";
    const made = { ...draft(() => ({ ...complete, reason }), complete), variables: { OWN: "own-value" } };
    const { id } = scene.queue.add(made);
    await scene.end(id);
    const story = scene.story(id);
    assert.ok(story.includes("plan system: because of *** and ***"), story.join("\n"));
    assert.ok(story.includes("build stdout: ***"), story.join("\n"));
  });

  it("is not planned when its directory was replaced while it was queued", async (t) => {
    const folder = await makeFolder(t, { "app/": "" });
    const projectPath = join(folder, "app");
    const scene = new Scene(t, { concurrency: 1 });
    const { make, called } = deafPlan();
    const first = scene.queue.add(draft(make));
    const pins = await pinDirectories([projectPath]);
    const { id } = scene.queue.add({ ...draft(() => assert.fail("planned")), projectPath, pins });
    await rename(projectPath, join(folder, "old"));
    await mkdir(projectPath);
    await called;
    scene.queue.cancel(first.id);
    scene.queue.cancel(first.id);
    const { message } = await scene.end(id);
    const expected = /^Cannot plan the build: .*app is another directory than when the build was accepted/;
    assert.match(String(message), expected);
  });

  it("reserves its directories while it is planned", async (t) => {
    const scene = new Scene(t, { killGrace: 0 });
    const { make, called } = deafPlan();
    const other = step("build", ":");
    const first = scene.queue.add({ ...draft(make), directories: [other.cwd] });
    const second = scene.queue.add(plan([other]));
    await called;
    assert.equal(scene.queue.get(second.id).status, "queued");
    scene.queue.cancel(first.id);
    assert.equal((await scene.end(second.id)).status, "succeeded");
  });

  for (const status of ["cancelled", "timed-out"] as const) {
    it(`is ${status} during its planning, even if that ignores the signal`, async (t) => {
      const scene = new Scene(t, { killGrace: 0, ...(status === "timed-out" && { timeout: 1 }) });
      const { make, called } = deafPlan();
      const { id } = scene.queue.add(draft(make));
      const { signal, say } = await called;
      if (status === "cancelled") scene.queue.cancel(id);
      if (!signal.aborted) await once(signal, "abort");
      say("too late");
      const { message } = await scene.end(id);
      assert.match(String(message), /^(cancelled|timed out after .*) while plan was running$/);
      assert.deepEqual(scene.story(id).slice(-3), [
        `[build] running, plan ${status}`,
        `- system: ${message}`,
        `[end] ${status}, plan ${status}`,
      ]);
    });
  }

  it("lets the planning end its programs after a cancel, until the second one", async (t) => {
    const scene = new Scene(t, { killGrace: FOR_EVER });
    const complete = plan([step("build", "echo never")]);
    let finish: (made: Plan) => void = () => undefined;
    const make = ({ signal }: PlanContext): Promise<Plan> => {
      signal.addEventListener("abort", () => setImmediate(finish, complete));
      return new Promise((resolve) => (finish = resolve));
    };
    const first = scene.queue.add(draft(make, complete));
    await scene.next();
    scene.queue.cancel(first.id);
    assert.equal((await scene.end(first.id)).status, "cancelled");
    const { make: deaf, called } = deafPlan();
    const second = scene.queue.add(draft(deaf));
    await called;
    scene.queue.cancel(second.id);
    assert.equal(scene.queue.get(second.id).status, "running");
    scene.queue.cancel(second.id);
    assert.equal((await scene.end(second.id)).status, "cancelled");
  });

  it("must have the form of its type", (t) => {
    const { queue } = new Scene(t);
    for (const [change, name] of [
      [{ directories: "x" }, "plan.directories"],
      [{ directories: [7] }, "plan.directories[0]"],
      [{ plan: 7 }, "plan.plan"],
      [{ projectName: 7 }, "plan.projectName"],
    ] as const) {
      const wrong = { ...draft(() => plan([])), ...change } as never;
      const isNamed = (error: Error): boolean => error.message.includes(`"${name}"`);
      assert.throws(() => queue.add(wrong), isNamed, name);
    }
  });
});
