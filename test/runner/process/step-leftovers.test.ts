import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { runStep } from "../../../dist/runner/process/run-step.js";
import { Stage } from "../../support/actors.js";
import { watchDelays } from "../delays.js";
import { makeOthersImmortal } from "../immortal.js";
import { ESCAPED, FOR_EVER, KEPT_OPEN, Output } from "./step-lines.js";

describe("runStep()", () => {
  describe("when something outlives the command", () => {
    it("waits for the output of a background process that ends in time", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const run = runStep(stage.step("main"), { drain: FOR_EVER, onLines: output.onLines });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "late" });
      const late = await stage.actor("late");
      main.tell({ action: "exit", code: 7 });
      await main.gone;
      await late.do({ action: "write", text: "late\n" });
      late.tell({ action: "exit", code: 0 });
      assert.deepEqual(await run, { type: "failed", exitCode: 7 });
      assert.deepEqual(output.lines, ["stdout: late"]);
    });

    it("ends a daemon that holds the output open, with a notice, and keeps the exit code", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const run = runStep(stage.step("main"), { drain: 100, onLines: output.onLines });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "daemon" });
      const daemon = await stage.actor("daemon");
      await daemon.do({ action: "write", text: "begun" });
      main.tell({ action: "exit", code: 0 });
      assert.deepEqual(await run, { type: "succeeded" });
      await daemon.gone;
      assert.deepEqual(output.lines, ["stdout: begun (open)", KEPT_OPEN, "stdout: begun"]);
    });

    it("ends a daemon that has left the process group and holds the output open", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const run = runStep(stage.step("main"), { drain: 100, onLines: output.onLines });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "daemon", detached: true });
      const daemon = await stage.actor("daemon");
      await daemon.do({ action: "write", to: 2, text: "begun" });
      main.tell({ action: "exit", code: 3 });
      assert.deepEqual(await run, { type: "failed", exitCode: 3 });
      await daemon.gone;
      assert.deepEqual(output.lines, ["stdout: begun (open)", KEPT_OPEN, ESCAPED, "stdout: begun"]);
    });

    it("does not wait for a daemon that it cannot find", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const run = runStep(stage.step("main"), { drain: 100, onLines: output.onLines });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "daemon", detached: true, isBare: true });
      const daemon = await stage.actor("daemon");
      await daemon.do({ action: "write", to: 2, text: "begun" });
      main.tell({ action: "exit", code: 3 });
      assert.deepEqual(await run, { type: "failed", exitCode: 3 });
      assert.deepEqual(output.lines, ["stdout: begun (open)", KEPT_OPEN, "stdout: begun"]);
      await daemon.do({ action: "onTerm", say: "" });
    });

    it("ends processes that hold the output and ignore SIGTERM, in and outside the group, within 5 s", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const delays = watchDelays(t);
      const run = runStep(stage.step("main"), { onLines: output.onLines });
      const main = await stage.actor("main");
      for (const child of ["inside", "outside"]) {
        await main.do({ action: "spawn", child, detached: child === "outside" });
        await (await stage.actor(child)).do({ action: "onTerm", say: "" });
      }
      main.tell({ action: "exit", code: 3 });
      assert.deepEqual(await run, { type: "failed", exitCode: 3 });
      await Promise.all([(await stage.actor("inside")).gone, (await stage.actor("outside")).gone]);
      assert.deepEqual(output.lines, [KEPT_OPEN, ESCAPED]);
      const total = delays.reduce((sum, milliseconds) => sum + milliseconds, 0);
      assert.ok(total >= 3000 && total <= 5000, `it has waited for ${total} ms`);
    });

    it("ends processes in their own session after their parents have ended", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const run = runStep(stage.step("main"), { drain: FOR_EVER, onLines: output.onLines });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "between", output: "ignore", detached: true });
      const between = await stage.actor("between");
      await between.do({ action: "spawn", child: "daemon", output: "ignore", detached: true });
      const daemon = await stage.actor("daemon");
      await daemon.do({ action: "onTerm", say: "" });
      between.tell({ action: "exit", code: 0 });
      await between.gone;
      main.tell({ action: "exit", code: 0 });
      assert.deepEqual(await run, { type: "succeeded" });
      await daemon.gone;
      assert.deepEqual(output.lines, [ESCAPED]);
    });

    it("continues in the background with processes that it could not end", async (t) => {
      const stage = await Stage.open(t);
      const left: Promise<boolean>[] = [];
      const onLeft = (gone: Promise<boolean>): void => void left.push(gone);
      const run = runStep(stage.step("main"), { onLeft, onLines: () => undefined });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "child", output: "ignore", detached: true });
      const child = await stage.actor("child");
      watchDelays(t, 50);
      const makeMortal = makeOthersImmortal(t);
      main.tell({ action: "exit", code: 0 });
      await run;
      await child.do({ action: "onTerm", say: "" });
      makeMortal();
      assert.deepEqual(await Promise.all(left), [true]);
      await child.gone;
    });

    it("lets a process outside the group exit if it ends soon", async (t) => {
      const stage = await Stage.open(t);
      const delays = watchDelays(t);
      const run = runStep(stage.step("main"), { onLines: () => assert.fail("there is nothing to say") });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "sender", output: "ignore", detached: true });
      const sender = await stage.actor("sender");
      main.tell({ action: "exit", code: 0 });
      await main.gone;
      // The group is empty by then, so the step waits for the sender.
      while (delays.length === 0) await turn();
      sender.tell({ action: "exit", code: 0 });
      assert.deepEqual(await run, { type: "succeeded" });
    });

    it("does not touch the processes of another step", async (t) => {
      const stage = await Stage.open(t);
      const runs = ["main", "other"].map((name) => runStep(stage.step(name), { onLines: () => undefined }));
      const other = await stage.actor("other");
      (await stage.actor("main")).tell({ action: "exit", code: 0 });
      assert.deepEqual(await runs[0], { type: "succeeded" });
      other.tell({ action: "exit", code: 7 });
      assert.deepEqual(await runs[1], { type: "failed", exitCode: 7 });
    });

    it("waits only once for output that only a process outside the group holds open", async (t) => {
      const stage = await Stage.open(t);
      const drain = 500;
      const delays = watchDelays(t);
      const run = runStep(stage.step("main"), { drain, onLines: () => undefined });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "daemon", detached: true });
      await stage.actor("daemon");
      main.tell({ action: "exit", code: 0 });
      assert.deepEqual(await run, { type: "succeeded" });
      assert.deepEqual(delays.filter((delay) => delay === drain), [drain]);
    });

    it("waits for the output only once if processes in and outside the group hold it open", async (t) => {
      const stage = await Stage.open(t);
      const drain = 1200;
      const delays = watchDelays(t);
      const output = new Output();
      const run = runStep(stage.step("main"), { drain, onLines: output.onLines });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "outsider", detached: true });
      await main.do({ action: "spawn", child: "daemon" });
      await stage.actor("outsider");
      const daemon = await stage.actor("daemon");
      await daemon.do({ action: "onTerm", say: "last words\n", code: 0 });
      main.tell({ action: "exit", code: 0 });
      assert.deepEqual(await run, { type: "succeeded" });
      await daemon.gone;
      assert.deepEqual(output.lines, [KEPT_OPEN, "stdout: last words", ESCAPED]);
      assert.deepEqual(delays.filter((delay) => delay === drain), [drain]);
    });

    it("ends processes that do not hold the output", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const run = runStep(stage.step("main"), { drain: FOR_EVER, onLines: output.onLines });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "daemon", output: "ignore" });
      const daemon = await stage.actor("daemon");
      main.tell({ action: "exit", code: 0 });
      assert.deepEqual(await run, { type: "succeeded" });
      await daemon.gone;
      assert.deepEqual(output.lines, ["system: the command has left processes running; they are ended now"]);
    });
  });
});
