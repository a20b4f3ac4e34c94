import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BuildQueue } from "../../../dist/runner/build-queue.js";
import { BuildApp } from "../../../dist/web/build-app.js";
import { runBuild, shellStep } from "../one-build.js";
import type { StepRunOptions } from "../../../dist/runner/process/run-step.js";

describe("Step.run", () => {
  it("runs the step instead of the command; its lines are masked, and its result is that of the step", async (t) => {
    const run = async ({ onLines, mask, env }: StepRunOptions) => {
      await onLines([{ stream: "stderr", text: mask?.text(`token ${env?.["NPM_TOKEN"]}`) ?? "" }]);
      return { type: "failed", exitCode: 7 } as const;
    };
    const env = { NPM_TOKEN: "s3cret-value" };
    const { lines, end } = await runBuild(t, [shellStep("echo never", { run })], { env });
    const printed = lines.filter(({ stream }) => stream !== "system");
    assert.deepEqual(printed.map(({ stream, text }) => [stream, text]), [["stderr", "token ***"]]);
    assert.deepEqual([end.status, end.steps[0]?.exitCode], ["failed", 7]);
  });

  it("is stopped with a signal", async (t) => {
    const run = ({ signal }: StepRunOptions) => {
      return new Promise<{ type: "aborted"; exitCode: null; signal: null }>((resolve) => {
        signal?.addEventListener("abort", () => resolve({ type: "aborted", exitCode: null, signal: null }));
      });
    };
    const { end } = await runBuild(t, [shellStep("true", { run })], { timeout: 50 });
    assert.equal(end.status, "timed-out");
  });

  it("must be a function", (t) => {
    const queue = new BuildQueue({ onEvent: () => undefined });
    t.after(() => queue.close());
    const steps = [shellStep("true", { run: "x" as never })];
    const plan = { projectPath: "/x", projectName: "x", packageManager: null, reason: "", warnings: [], steps };
    assert.throws(() => queue.add(plan), { code: "INVALID_OPTION", message: /plan\.steps\[0\]\.run/ });
  });
});

describe("BuildApp.add()", () => {
  it("accepts a build with any plan, also when clients can start none", async (t) => {
    const app = await BuildApp.open({ roots: [], readOnly: true });
    t.after(() => app.close());
    const steps = [shellStep("true")];
    const plan = { projectPath: "/x", projectName: "x", packageManager: null, reason: "", warnings: [], steps };
    assert.equal(app.add(plan).status, "running");
    assert.throws(() => app.add(plan), { code: "ALREADY_BUILDING" });
  });
});
