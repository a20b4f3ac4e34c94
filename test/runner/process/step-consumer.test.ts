import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { syncBuiltinESMExports } from "node:module";
import { describe, it } from "node:test";
import timers, { setImmediate as turn } from "node:timers/promises";
import { runStep } from "../../../dist/runner/process/run-step.js";
import { Stage } from "../../support/actors.js";
import { watchDelays } from "../delays.js";
import { shellStep } from "../one-build.js";
import { FOR_EVER, KEPT_OPEN, Output } from "./step-lines.js";
import type { OutputLine } from "../../../dist/runner/output/step-output.js";

describe("runStep()", () => {
  describe("with a slow or broken consumer", () => {
    it("reads nothing while a delivery is pending, so that the command blocks", async (t) => {
      const stage = await Stage.open(t);
      let release: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      const texts: string[] = [];
      let isTaking = false;
      const onLines = async (lines: readonly OutputLine[]): Promise<void> => {
        assert.equal(isTaking, false, "a second delivery has overtaken the first");
        isTaking = true;
        await gate;
        isTaking = false;
        texts.push(...lines.map(({ text }) => text));
      };
      const line = "x".repeat(1023);
      const run = runStep(stage.step("held"), { onLines });
      const held = await stage.actor("held");
      let isWritten = false;
      const written = held.do({ action: "write", text: `${line}\n`.repeat(4096) }).then(() => (isWritten = true));

      // Another command writes the same to a fast consumer. When it is done, the first one would be done too.
      const other = runStep(stage.step("other"), { onLines: () => undefined });
      const free = await stage.actor("other");
      await free.do({ action: "write", text: `${line}\n`.repeat(4096) });
      free.tell({ action: "exit", code: 0 });
      await other;
      assert.equal(isWritten, false);

      release();
      await written;
      held.tell({ action: "exit", code: 0 });
      assert.deepEqual(await run, { type: "succeeded" });
      assert.deepEqual(texts, Array.from({ length: 4096 }, () => line));
    });

    it("does not count the time of the consumer as the time of a background process", async (t) => {
      const drain = 1000;
      const delays = watchDelays(t);
      const output = new Output();
      let isFirst = true;
      const onLines = async (lines: readonly OutputLine[]): Promise<void> => {
        output.onLines(lines);
        // Waits until the command has ended, and the time for its output is over.
        while (isFirst && !delays.includes(drain)) await turn();
        isFirst = false;
      };
      const outcome = await runStep(shellStep("echo one; seq 1 1000; printf last"), { drain, onLines });
      assert.deepEqual(outcome, { type: "succeeded" });
      const numbers = Array.from({ length: 1000 }, (_, index) => `stdout: ${index + 1}`);
      assert.deepEqual(output.lines, ["stdout: one", ...numbers, "stdout: last"]);
    });

    it("stops reading from a background process that writes forever", async (t) => {
      const stage = await Stage.open(t);
      const delays = watchDelays(t);
      const output = new Output();
      let isOver = false;
      const onLines = async (lines: readonly OutputLine[]): Promise<void> => {
        output.onLines(lines);
        const { length } = delays;
        while (delays.length === length && !isOver) await turn();
      };
      const run = runStep(stage.step("main"), { drain: 50, onLines });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "daemon", detached: true });
      const daemon = await stage.actor("daemon");
      const line = "x".repeat(1023);
      daemon.tell({ action: "write", text: `${line}\n`.repeat(8192) });
      await output.until(`stdout: ${line}`);
      main.tell({ action: "exit", code: 0 });
      assert.deepEqual(await run, { type: "succeeded" });
      isOver = true;
      assert.ok(output.lines.includes(KEPT_OPEN));
      assert.ok(output.lines.length < 8192, "it was read to its end");
    });

    it("ends the command and rejects when the consumer throws", async (t) => {
      for (const isAsync of [false, true]) {
        const stage = await Stage.open(t);
        const error = new Error("disk full");
        let calls = 0;
        const run = runStep(stage.step("main"), {
          onLines: () => {
            calls += 1;
            if (isAsync) return Promise.reject(error);
            throw error;
          },
        });
        const rejected = assert.rejects(run, error);
        const main = await stage.actor("main");
        await main.do({ action: "onTerm", say: "last words\n", code: 0 });
        main.tell({ action: "write", text: "one\n" });
        await rejected;
        await main.gone;
        assert.equal(calls, 1);
      }
    });

    it("does not wait forever for a consumer that never accepts the output", async (t) => {
      const stage = await Stage.open(t);
      const controller = new AbortController();
      let take: () => void = () => undefined;
      const taken = new Promise<void>((resolve) => (take = resolve));
      const deliveries = new EventEmitter();
      const texts: string[] = [];
      const onLines = (lines: readonly OutputLine[]): Promise<void> => {
        texts.push(...lines.map(({ text }) => text));
        deliveries.emit("lines");
        return taken;
      };
      const run = runStep(stage.step("main"), { signal: controller.signal, drain: 1, onLines });
      const main = await stage.actor("main");
      const delivered = once(deliveries, "lines");
      // The second line has no line end, so it would be delivered at the end of the pipe.
      await main.do({ action: "write", text: "one\ntwo" });
      await delivered;
      controller.abort();
      assert.equal((await run).type, "aborted");
      take();
      await turn();
      assert.deepEqual(texts, ["one"], "nothing is delivered after the end");
    });
  });

  describe("when the command prints nothing", () => {
    it("reports the silence, and continues", async (t) => {
      const stage = await Stage.open(t);
      const silent = new EventEmitter();
      const options = { silence: 100, onSilence: () => silent.emit("silence"), onLines: () => undefined };
      const said = once(silent, "silence");
      const run = runStep(stage.step("main"), options);
      const main = await stage.actor("main");
      await said;
      main.tell({ action: "exit", code: 0 });
      assert.deepEqual(await run, { type: "succeeded" });
    });

    it("stops measuring the silence when the command has ended", async (t) => {
      const stage = await Stage.open(t);
      const original = timers.setTimeout;
      let watch: AbortSignal | undefined;
      const replacement: typeof original = (milliseconds, value, options) => {
        if (milliseconds === 123_456) watch = options?.signal;
        return original(milliseconds, value, options);
      };
      t.mock.method(timers, "setTimeout", replacement);
      syncBuiltinESMExports();
      t.after(() => {
        t.mock.restoreAll();
        syncBuiltinESMExports();
      });
      const run = runStep(stage.step("main"), { silence: 123_456, drain: FOR_EVER, onLines: () => undefined });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "daemon" });
      const daemon = await stage.actor("daemon");
      assert.ok(watch?.aborted === false);
      const stopped = once(watch, "abort");
      main.tell({ action: "exit", code: 0 });
      await stopped;
      daemon.tell({ action: "exit", code: 0 });
      assert.deepEqual(await run, { type: "succeeded" });
    });

    it("does not count time in which this process was blocked as silence", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const onSilence = (): void => assert.fail("the command has printed something");
      const run = runStep(stage.step("main"), { silence: 3000, onSilence, onLines: output.onLines });
      const main = await stage.actor("main");
      main.tell({ action: "write", text: "here\n" });
      // The actor writes while this process is blocked.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3300);
      await output.until("stdout: here");
      main.tell({ action: "exit", code: 0 });
      await run;
    });
  });
});
