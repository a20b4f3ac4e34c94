import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BuildQueue } from "../../../dist/runner/build-queue.js";
import { runBuild, shellStep } from "../one-build.js";
import type { BuildEvent } from "../../../dist/runner/events.js";

const PRINT_ERROR = "printf '\\033[31mnpm error code EBADENGINE\\033[39m\\n'";

const HINT = {
  code: "WRONG_NODE",
  subject: null,
  cause: "the project or one of its packages needs another version of Node.js",
  remedy: "run the build with the version that the project names (.nvmrc, engines in package.json), or a newer one",
};

const PLAN = { projectPath: "/p", projectName: "p", packageManager: null, reason: "", warnings: [] };

describe("the hint of a build", () => {
  it("is an event before the failure of the step, a part of the record, and the last lines of the log", async (t) => {
    const events: BuildEvent[] = [];
    const steps = [shellStep(`${PRINT_ERROR}; exit 1`), shellStep("true", { name: "pack" })];
    const { end, lines } = await runBuild(t, steps, { onEvent: (event) => void events.push(event) });
    assert.deepEqual(end.hint, HINT);
    const at = events.findIndex(({ type }) => type === "hint");
    assert.deepEqual(events[at], { type: "hint", buildId: end.id, step: "build", ...HINT });
    assert.ok(events.slice(0, at).every((event) => event.type !== "build" || event.build.hint === null));
    const next = events[at + 1];
    assert.ok(next?.type === "build");
    assert.deepEqual([next.build.steps[0]?.status, next.build.hint], ["failed", HINT]);
    assert.deepEqual(lines.slice(-4).map(({ step, text }) => [step, text]), [
      ["pack", "pack skipped because build failed"],
      [null, "build failed with exit code 1"],
      [null, `cause: ${HINT.cause}`],
      [null, `remedy: ${HINT.remedy}`],
    ]);
  });

  it("is null when a build succeeds that prints errors, or fails for an unknown reason", async (t) => {
    const succeeded = await runBuild(t, [shellStep(PRINT_ERROR)]);
    const unknown = await runBuild(t, [shellStep("echo 'error: no idea'; exit 1")]);
    assert.deepEqual([succeeded.end.hint, unknown.end.hint], [null, null]);
    assert.deepEqual(unknown.lines.at(-1)?.text, "build failed with exit code 1");
  });

  it("is null when the build was cancelled", async (t) => {
    const queue = new BuildQueue({
      onEvent: (event) => {
        events.push(event);
        if (event.type === "line" && event.stream === "stdout") queue.cancel(event.buildId);
      },
    });
    const events: BuildEvent[] = [];
    t.after(() => queue.close());
    const { id } = queue.add({ ...PLAN, steps: [shellStep(`trap 'exit 1' TERM; ${PRINT_ERROR}; sleep 60`)] });
    await queue.close();
    assert.deepEqual([queue.get(id).status, queue.get(id).hint], ["cancelled", null]);
    assert.ok(events.every(({ type }) => type !== "hint"));
  });
});
