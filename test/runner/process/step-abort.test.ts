import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { runStep } from "../../../dist/runner/process/run-step.js";
import { Stage } from "../../support/actors.js";
import { shellStep } from "../one-build.js";
import { ESCAPED, FOR_EVER, Output } from "./step-lines.js";
import type { Step } from "../../../dist/runner/planning/step.js";

describe("runStep()", () => {
  describe("when it is aborted", () => {
    it("does not start when it was aborted before", async () => {
      const onLines = (): void => assert.fail("it ran");
      // Even if there is another reason not to start.
      for (const cwd of ["/", "/no/such/directory"]) {
        const outcome = await runStep({ ...shellStep("echo ran"), cwd }, { signal: AbortSignal.abort(), onLines });
        assert.deepEqual(outcome, { type: "aborted", exitCode: null, signal: null });
      }
    });

    it("does not start when it is aborted while its directory is verified", async () => {
      const controller = new AbortController();
      const verify = async (): Promise<undefined> => controller.abort() as undefined;
      const onSpawn = (): void => assert.fail("it ran");
      const options = { signal: controller.signal, verify, onSpawn, onLines: () => undefined };
      assert.deepEqual(await runStep(shellStep("exit 0"), options), { type: "aborted", exitCode: null, signal: null });
    });

    it("ends at every moment of its start", async () => {
      const step: Step = { name: "x", command: "sleep", args: ["1000"], cwd: process.cwd() };
      for (let turns = 0; turns < 30; turns++) {
        const controller = new AbortController();
        const run = runStep(step, { signal: controller.signal, killGrace: FOR_EVER, onLines: () => undefined });
        for (let count = 0; count < turns; count++) await turn();
        controller.abort();
        const outcome = await run;
        assert.equal(outcome.type, "aborted");
        assert.ok("signal" in outcome && (outcome.signal === null || outcome.signal === "SIGTERM"));
      }
    });

    it("lets the command exit on SIGTERM, and delivers its last output", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const controller = new AbortController();
      const { signal } = controller;
      const run = runStep(stage.step("main"), { signal, killGrace: FOR_EVER, onLines: output.onLines });
      await (await stage.actor("main")).do({ action: "onTerm", say: "tidying up", code: 0 });
      controller.abort();
      assert.deepEqual(await run, { type: "aborted", exitCode: 0, signal: null });
      assert.deepEqual(output.lines, ["stdout: tidying up"]);
    });

    it("kills a command that ignores SIGTERM, after the grace", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const controller = new AbortController();
      const run = runStep(stage.step("main"), { signal: controller.signal, killGrace: 100, onLines: output.onLines });
      await (await stage.actor("main")).do({ action: "onTerm", say: "no" });
      controller.abort();
      assert.deepEqual(await run, { type: "aborted", exitCode: null, signal: "SIGKILL" });
    });

    it("kills the command at once when it is forced", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const controller = new AbortController();
      const force = new AbortController();
      const signals = { signal: controller.signal, forceSignal: force.signal };
      const run = runStep(stage.step("main"), { ...signals, killGrace: FOR_EVER, onLines: output.onLines });
      await (await stage.actor("main")).do({ action: "onTerm", say: "no\n" });
      controller.abort();
      await output.until("stdout: no");
      force.abort();
      assert.deepEqual(await run, { type: "aborted", exitCode: null, signal: "SIGKILL" });
    });

    it("ends everything that the command started", async (t) => {
      const stage = await Stage.open(t);
      const controller = new AbortController();
      const run = runStep(stage.step("main"), { signal: controller.signal, onLines: () => undefined });
      await (await stage.actor("main")).do({ action: "spawn", child: "child" });
      const child = await stage.actor("child");
      await child.do({ action: "spawn", child: "grandchild", output: "ignore" });
      const grandchild = await stage.actor("grandchild");
      controller.abort();
      assert.equal((await run).type, "aborted");
      await Promise.all([child.gone, grandchild.gone]);
    });

    it("ends processes that have left the process group, with a notice", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const controller = new AbortController();
      const { signal } = controller;
      const run = runStep(stage.step("main"), { signal, drain: FOR_EVER, onLines: output.onLines });
      const main = await stage.actor("main");
      for (const child of ["quiet", "holder"]) {
        const stream = child === "quiet" ? "ignore" : "inherit";
        await main.do({ action: "spawn", child, output: stream, detached: true });
        await (await stage.actor(child)).do({ action: "onTerm", say: "no\n" });
      }
      controller.abort();
      assert.deepEqual(await run, { type: "aborted", exitCode: null, signal: "SIGTERM" });
      await Promise.all([(await stage.actor("quiet")).gone, (await stage.actor("holder")).gone]);
      assert.deepEqual(output.lines, [ESCAPED, "stdout: no"]);
    });

    it("kills a child that ignores SIGTERM after the command has obeyed", async (t) => {
      const stage = await Stage.open(t);
      const controller = new AbortController();
      const { signal } = controller;
      const run = runStep(stage.step("main"), { signal, killGrace: 100, onLines: () => undefined });
      await (await stage.actor("main")).do({ action: "spawn", child: "child" });
      const child = await stage.actor("child");
      await child.do({ action: "onTerm", say: "no\n" });
      controller.abort();
      assert.deepEqual(await run, { type: "aborted", exitCode: null, signal: "SIGTERM" });
      await child.gone;
    });

    it("counts as aborted while a background process holds the output of a command that succeeded", async (t) => {
      const stage = await Stage.open(t);
      const controller = new AbortController();
      const { signal } = controller;
      const run = runStep(stage.step("main"), { signal, drain: FOR_EVER, onLines: () => undefined });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "daemon" });
      const daemon = await stage.actor("daemon");
      main.tell({ action: "exit", code: 0 });
      await main.gone;
      controller.abort();
      assert.equal((await run).type, "aborted");
      await daemon.gone;
    });

    it("reports a process that cannot be ended, and does not wait forever", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const controller = new AbortController();
      const { signal } = controller;
      const run = runStep(stage.step("main"), { signal, killGrace: 0, drain: 1, onLines: output.onLines });
      const main = await stage.actor("main");
      let now = performance.now();
      t.mock.method(performance, "now", () => now);
      const kill = t.mock.method(process, "kill", (pid: number, signal: string) => {
        assert.equal(pid, -main.pid);
        if (signal === "SIGKILL") setImmediate(() => (now += 60_000));
        return true;
      });
      controller.abort();
      assert.deepEqual(await run, { type: "aborted", exitCode: null, signal: null });
      assert.deepEqual(output.lines, ["system: a process of this step could not be ended"]);
      const signals = kill.mock.calls.map((call) => call.arguments[1]);
      assert.deepEqual(signals.filter((signal) => typeof signal === "string"), ["SIGTERM", "SIGKILL"]);
    });
  });
});
