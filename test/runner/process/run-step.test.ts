import assert from "node:assert/strict";
import { EventEmitter, getEventListeners, once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import os, { getPriority } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import timers, { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { buildEnvironment } from "../../../dist/runner/program/environment.js";
import { identify } from "../../../dist/runner/process/identity.js";
import { runStep } from "../../../dist/runner/process/run-step.js";
import { Stage } from "../actors.js";
import { watchDelays } from "../delays.js";
import { makeFolder } from "../folders.js";
import type { Step } from "../../../dist/runner/planning/step.js";
import type { ProcessIdentity } from "../../../dist/runner/process/identity.js";
import type { OutputLine } from "../../../dist/runner/output/step-output.js";

const environmentProgram = fileURLToPath(new URL("../../../test/fixtures/environment.mjs", import.meta.url));
const forEver = 2 ** 31 - 1;
const ESCAPED = "system: processes were left running outside the process group of the command; they are ended now";
const KEPT_OPEN = "system: the command has ended, but a background process keeps its output open; the rest is cut off";

/** What `environment.mjs` prints. */
interface Given {
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly input: string;
}

/** Collects lines as `stream: text`, and lets a test wait for one. */
class Output {
  readonly lines: string[] = [];
  readonly #news = new EventEmitter();

  readonly onLines = (lines: readonly OutputLine[]): void => {
    this.lines.push(...lines.map(({ stream, text }) => `${stream}: ${text}`));
    this.#news.emit("lines");
  };

  async until(line: string): Promise<void> {
    while (!this.lines.includes(line)) await once(this.#news, "lines");
  }
}

function shellStep(script: string): Step {
  return { name: "x", command: "/bin/sh", args: ["-c", script], cwd: process.cwd() };
}

describe("runStep()", () => {
  it("delivers both pipes as lines, a last one without a line end too", async (t) => {
    const stage = await Stage.open(t);
    const output = new Output();
    const run = runStep(stage.step("main"), { output: "separate", onLines: output.onLines });
    const main = await stage.actor("main");
    await main.do({ action: "write", text: "one\ntwo\r\n" });
    await output.until("stdout: two");
    await main.do({ action: "write", to: 2, text: "error\n" });
    await output.until("stderr: error");
    await main.do({ action: "write", text: "10%\r20%\r" });
    main.tell({ action: "exit", code: 0 });
    assert.deepEqual(await run, { type: "succeeded" });
    assert.deepEqual(output.lines, ["stdout: one", "stdout: two", "stderr: error", "stdout: 20%"]);
  });

  it("decodes a character that is cut across two writes", async (t) => {
    const stage = await Stage.open(t);
    const output = new Output();
    const run = runStep(stage.step("main"), { onLines: output.onLines });
    const main = await stage.actor("main");
    const bytes = Buffer.from("€\n");
    // The line in front arrives in the same read as the first byte: once it is there, so is that byte.
    const start = Buffer.concat([Buffer.from("first\n"), bytes.subarray(0, 1)]);
    await main.do({ action: "write", base64: start.toString("base64") });
    await output.until("stdout: first");
    await main.do({ action: "write", base64: bytes.subarray(1).toString("base64") });
    main.tell({ action: "exit", code: 0 });
    await run;
    assert.deepEqual(output.lines, ["stdout: first", "stdout: €"]);
  });

  it("delivers everything that a command prints before it ends at once", async () => {
    const output = new Output();
    const outcome = await runStep(shellStep("seq 1 100000; exit 0"), { onLines: output.onLines });
    assert.deepEqual(outcome, { type: "succeeded" });
    assert.deepEqual(output.lines, Array.from({ length: 100_000 }, (_, index) => `stdout: ${index + 1}`));
  });

  it("lets the event loop turn while both pipes are flooded with short lines", async () => {
    let sinceTurn = 0;
    let most = 0;
    let isOver = false;
    const watch = async (): Promise<void> => {
      for (; !isOver; sinceTurn = 0) {
        await turn();
        most = Math.max(most, sinceTurn);
      }
    };
    const counts = { stdout: 0, stderr: 0, system: 0 };
    const onLines = (lines: readonly OutputLine[]): void => {
      sinceTurn += lines.length;
      for (const { stream } of lines) counts[stream] += 1;
    };
    const watched = watch();
    const flood = "yes '' | head -n 200000";
    await runStep(shellStep(`${flood} >&2 & ${flood}; wait`), { output: "separate", onLines });
    isOver = true;
    await watched;
    assert.deepEqual(counts, { stdout: 200_000, stderr: 200_000, system: 0 });
    // At most what was left of one turn's room, and that of the next.
    assert.ok(most <= 512, `${most} lines in one turn`);
  });

  it("tells exit codes and signals apart", async () => {
    const { onLines } = new Output();
    assert.deepEqual(await runStep(shellStep("exit 0"), { onLines }), { type: "succeeded" });
    assert.deepEqual(await runStep(shellStep("exit 1"), { onLines }), { type: "failed", exitCode: 1 });
    assert.deepEqual(await runStep(shellStep("exit 137"), { onLines }), { type: "failed", exitCode: 137 });
    assert.deepEqual(await runStep(shellStep("kill -KILL $$"), { onLines }), { type: "killed", signal: "SIGKILL" });
    assert.deepEqual(await runStep(shellStep("kill -TERM $$"), { onLines }), { type: "killed", signal: "SIGTERM" });
  });

  it("hands over arguments as they are, closes stdin, and cleans the environment", async (t) => {
    const cwd = await makeFolder(t);
    const args = ["$HOME", "a b", "; exit 1", "*", ""];
    const output = new Output();
    process.env["TAILCAST_SECRET"] = "1";
    t.after(() => delete process.env["TAILCAST_SECRET"]);
    const env = { CI: "no", MINE: "yes" };
    const step = { name: "x", command: process.execPath, args: [environmentProgram, ...args], cwd, env };
    await runStep(step, { onLines: output.onLines });
    const [line = ""] = output.lines;
    const seen = JSON.parse(line.slice("stdout: ".length)) as Given;
    assert.deepEqual([seen.args, seen.cwd, seen.input], [args, cwd, ""]);
    const { PATH, CI, MINE, FORCE_COLOR, TAILCAST_SECRET, NODE_TEST_CONTEXT } = seen.env;
    assert.deepEqual([PATH, CI, MINE, FORCE_COLOR], [buildEnvironment()["PATH"], "no", "yes", undefined]);
    assert.deepEqual([TAILCAST_SECRET, NODE_TEST_CONTEXT], [undefined, undefined]);
  });

  it("takes another environment, and only that", async () => {
    const output = new Output();
    const step = { ...shellStep('echo "$A$B$CI"'), env: { B: "2" } };
    await runStep(step, { env: { A: "1", B: "1" }, onLines: output.onLines });
    assert.deepEqual(output.lines, ["stdout: 12"]);
  });

  describe("when the command cannot start", () => {
    const onLines = (): void => assert.fail("there is no output");

    async function reasonOf(step: Partial<Step>): Promise<string> {
      const outcome = await runStep({ ...shellStep("exit 0"), ...step }, { onLines });
      assert.equal(outcome.type, "not-started");
      return outcome.type === "not-started" ? outcome.reason : "";
    }

    it("says that the program is not on PATH", async () => {
      const reason = "no-such-tool is not on PATH; install it, or add its directory to PATH";
      assert.equal(await reasonOf({ command: "no-such-tool" }), reason);
      assert.match(await reasonOf({ command: "pnpm", env: { PATH: "/nowhere" } }), /^pnpm is not on PATH; install it/);
    });

    it("says that the directory is missing, or is none", async (t) => {
      const folder = await makeFolder(t, { file: "" });
      assert.equal(await reasonOf({ cwd: join(folder, "gone") }), `the directory ${folder}/gone does not exist`);
      assert.equal(await reasonOf({ cwd: join(folder, "file") }), `${folder}/file is not a directory`);
      assert.match(await reasonOf({ cwd: join(folder, "file/below") }), /ENOTDIR/);
    });

    it("says that the file cannot be executed", async (t) => {
      const folder = await makeFolder(t, { plain: "" });
      assert.equal(await reasonOf({ command: join(folder, "plain") }), `${folder}/plain is not an executable file`);
      await writeFile(join(folder, "run"), "#!/no/such/interpreter\n", { mode: 0o755 });
      const ending = "does not exist, or the interpreter that its first line names does not";
      assert.equal(await reasonOf({ command: join(folder, "gone") }), `${folder}/gone ${ending}`);
      assert.equal(await reasonOf({ command: join(folder, "run") }), `${folder}/run ${ending}`);
      assert.equal(await reasonOf({ command: "run", env: { PATH: folder } }), `run ${ending}`);
    });

    it("says what else the system has against it", async () => {
      assert.match(await reasonOf({ args: ["a\0b"] }), /null bytes/);
      assert.match(await reasonOf({ args: ["x".repeat(4 * 1024 * 1024)] }), /E2BIG/);
    });
  });

  describe("when it is aborted", () => {
    it("does not start when that was before", async () => {
      const onLines = (): void => assert.fail("it ran");
      // Also when there is another reason not to start.
      for (const cwd of ["/", "/no/such/directory"]) {
        const outcome = await runStep({ ...shellStep("echo ran"), cwd }, { signal: AbortSignal.abort(), onLines });
        assert.deepEqual(outcome, { type: "aborted", exitCode: null, signal: null });
      }
    });

    it("does not start when that happens while its directory is verified", async () => {
      const controller = new AbortController();
      const verify = async (): Promise<undefined> => controller.abort() as undefined;
      const onSpawn = (): void => assert.fail("it ran");
      const options = { signal: controller.signal, verify, onSpawn, onLines: () => undefined };
      assert.deepEqual(await runStep(shellStep("exit 0"), options), { type: "aborted", exitCode: null, signal: null });
    });

    it("ends at whatever moment that happens", async () => {
      const step: Step = { name: "x", command: "sleep", args: ["1000"], cwd: process.cwd() };
      for (let turns = 0; turns < 30; turns++) {
        const controller = new AbortController();
        const run = runStep(step, { signal: controller.signal, killGrace: forEver, onLines: () => undefined });
        for (let count = 0; count < turns; count++) await turn();
        controller.abort();
        const outcome = await run;
        assert.equal(outcome.type, "aborted");
        assert.ok("signal" in outcome && (outcome.signal === null || outcome.signal === "SIGTERM"));
      }
    });

    it("lets the command end by itself, and delivers its last words", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const controller = new AbortController();
      const { signal } = controller;
      const run = runStep(stage.step("main"), { signal, killGrace: forEver, onLines: output.onLines });
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

    it("kills it at once when it is forced", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const controller = new AbortController();
      const force = new AbortController();
      const signals = { signal: controller.signal, forceSignal: force.signal };
      const run = runStep(stage.step("main"), { ...signals, killGrace: forEver, onLines: output.onLines });
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

    it("ends what has left the process group, and says so", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const controller = new AbortController();
      const { signal } = controller;
      const run = runStep(stage.step("main"), { signal, drain: forEver, onLines: output.onLines });
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

    it("kills what ignores SIGTERM after the command itself has obeyed", async (t) => {
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

    it("wins over the exit code while a background process still holds the output", async (t) => {
      const stage = await Stage.open(t);
      const controller = new AbortController();
      const { signal } = controller;
      const run = runStep(stage.step("main"), { signal, drain: forEver, onLines: () => undefined });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "daemon" });
      const daemon = await stage.actor("daemon");
      main.tell({ action: "exit", code: 0 });
      await main.gone;
      controller.abort();
      assert.equal((await run).type, "aborted");
      await daemon.gone;
    });

    it("says so when a process cannot be ended, and does not wait for ever", async (t) => {
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

  describe("when something outlives the command", () => {
    it("waits for the output of a background process that ends in time", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const run = runStep(stage.step("main"), { drain: forEver, onLines: output.onLines });
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

    it("ends a daemon that holds the output open, says so, and keeps the exit code", async (t) => {
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
      assert.deepEqual(output.lines, [KEPT_OPEN, "stdout: begun"]);
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
      assert.deepEqual(output.lines, [KEPT_OPEN, ESCAPED, "stdout: begun"]);
    });

    it("gives up on one that cannot even be found", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const run = runStep(stage.step("main"), { drain: 100, onLines: output.onLines });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "daemon", detached: true, isBare: true });
      const daemon = await stage.actor("daemon");
      await daemon.do({ action: "write", to: 2, text: "begun" });
      main.tell({ action: "exit", code: 3 });
      assert.deepEqual(await run, { type: "failed", exitCode: 3 });
      assert.deepEqual(output.lines, [KEPT_OPEN, "stdout: begun"]);
      await daemon.do({ action: "onTerm", say: "" });
    });

    it("takes at most 5 s for what holds the output and ignores SIGTERM, wherever it is", async (t) => {
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

    it("ends those that made their own session, though their parents are gone", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const run = runStep(stage.step("main"), { drain: forEver, onLines: output.onLines });
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

    it("lets one outside the group end by itself, when that is soon", async (t) => {
      const stage = await Stage.open(t);
      const delays = watchDelays(t);
      const run = runStep(stage.step("main"), { onLines: () => assert.fail("there is nothing to say") });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "sender", output: "ignore", detached: true });
      const sender = await stage.actor("sender");
      main.tell({ action: "exit", code: 0 });
      await main.gone;
      // The group is empty by then, so what is waited for is the sender.
      while (delays.length === 0) await turn();
      sender.tell({ action: "exit", code: 0 });
      assert.deepEqual(await run, { type: "succeeded" });
    });

    it("leaves the processes of another step alone", async (t) => {
      const stage = await Stage.open(t);
      const runs = ["main", "other"].map((name) => runStep(stage.step(name), { onLines: () => undefined }));
      const other = await stage.actor("other");
      (await stage.actor("main")).tell({ action: "exit", code: 0 });
      assert.deepEqual(await runs[0], { type: "succeeded" });
      other.tell({ action: "exit", code: 7 });
      assert.deepEqual(await runs[1], { type: "failed", exitCode: 7 });
    });

    it("waits only once for output that nobody in the process group holds", async (t) => {
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

    it("does not give one outside the group a second time to drain after ending those inside", async (t) => {
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
      const run = runStep(stage.step("main"), { drain: forEver, onLines: output.onLines });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "daemon", output: "ignore" });
      const daemon = await stage.actor("daemon");
      main.tell({ action: "exit", code: 0 });
      assert.deepEqual(await run, { type: "succeeded" });
      await daemon.gone;
      assert.deepEqual(output.lines, ["system: the command has left processes running; they are ended now"]);
    });
  });

  describe("with a slow or broken consumer", () => {
    it("reads nothing more while a delivery waits, so that the command waits too", async (t) => {
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

      // Another command does the same with a consumer that takes everything: when it is through, the first would be
      // too.
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

    it("does not take the time of the consumer for that of a background process", async (t) => {
      const drain = 1000;
      const delays = watchDelays(t);
      const output = new Output();
      let isFirst = true;
      const onLines = async (lines: readonly OutputLine[]): Promise<void> => {
        output.onLines(lines);
        // Until after the command has ended, and the time for its output is over.
        while (isFirst && !delays.includes(drain)) await turn();
        isFirst = false;
      };
      const outcome = await runStep(shellStep("echo one; seq 1 1000; printf last"), { drain, onLines });
      assert.deepEqual(outcome, { type: "succeeded" });
      const numbers = Array.from({ length: 1000 }, (_, index) => `stdout: ${index + 1}`);
      assert.deepEqual(output.lines, ["stdout: one", ...numbers, "stdout: last"]);
    });

    it("gives up on a background process that keeps it busy for ever", async (t) => {
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

    it("does not wait for ever for a consumer that never takes the output", async (t) => {
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
      // The second line has no end: it would be delivered when the pipe ends.
      await main.do({ action: "write", text: "one\ntwo" });
      await delivered;
      controller.abort();
      assert.equal((await run).type, "aborted");
      take();
      await turn();
      assert.deepEqual(texts, ["one"], "nothing is delivered after the end");
    });
  });

  it("tells which process it has started", async (t) => {
    const stage = await Stage.open(t);
    const identities: ProcessIdentity[] = [];
    const run = runStep(stage.step("main"), { onSpawn: (one) => identities.push(one), onLines: () => undefined });
    const main = await stage.actor("main");
    assert.equal(identities[0]?.pid, main.pid);
    assert.deepEqual(identities, [identify(main.pid)]);
    main.tell({ action: "exit", code: 0 });
    await run;
    const missing = { ...shellStep("exit 0"), command: "no-such-tool" };
    await runStep(missing, { onSpawn: () => assert.fail("nothing has started"), onLines: () => undefined });
  });

  it("marks all processes with the cookie, or with one of its own", async () => {
    const output = new Output();
    const step = { ...shellStep("echo $TAILCAST_BUILD"), env: { TAILCAST_BUILD: "mine" } };
    await runStep(step, { cookie: "0123", onLines: output.onLines });
    for (let time = 0; time < 2; time++) await runStep(step, { onLines: output.onLines });
    const [given, first, second] = output.lines;
    assert.equal(given, "stdout: 0123");
    for (const line of [first, second]) assert.match(line ?? "", /^stdout: [0-9a-f]{32}$/);
    assert.notEqual(first, second);
  });

  it("makes the command and what it starts give way", async (t) => {
    const stage = await Stage.open(t);
    const nice = getPriority() + 3;
    const run = runStep(stage.step("main"), { nice, onLines: () => undefined });
    const main = await stage.actor("main");
    await main.do({ action: "spawn", child: "child" });
    const child = await stage.actor("child");
    const own = Number(await readFile("/proc/self/oom_score_adj", "utf8"));
    for (const { pid } of [main, child]) {
      assert.equal(getPriority(pid), nice);
      const score = Number(await readFile(`/proc/${pid}/oom_score_adj`, "utf8"));
      assert.equal(score, Math.min(1000, Math.max(0, own) + 500));
    }
    for (const actor of [child, main]) actor.tell({ action: "exit", code: 0 });
    assert.deepEqual(await run, { type: "succeeded" });
  });

  it("leaves the priority alone when it is not told, and never raises it", async (t) => {
    const set = t.mock.method(os, "setPriority", () => undefined);
    syncBuiltinESMExports();
    t.after(() => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    });
    for (const nice of [undefined, 0, getPriority()]) {
      await runStep(shellStep("exit 0"), { nice, onLines: () => undefined });
    }
    assert.equal(set.mock.callCount(), 0);
    set.mock.mockImplementation(() => {
      throw new Error("forbidden");
    });
    const outcome = await runStep(shellStep("exit 0"), { nice: getPriority() + 1, onLines: () => undefined });
    assert.deepEqual([outcome, set.mock.callCount()], [{ type: "succeeded" }, 1]);
  });

  describe("when the command prints nothing", () => {
    it("says so after a while, and goes on", async (t) => {
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

    it("no longer listens once the command has ended", async (t) => {
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
      const run = runStep(stage.step("main"), { silence: 123_456, drain: forEver, onLines: () => undefined });
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

    it("does not take its own absence for silence", async (t) => {
      const stage = await Stage.open(t);
      const output = new Output();
      const onSilence = (): void => assert.fail("the command has printed something");
      const run = runStep(stage.step("main"), { silence: 3000, onSilence, onLines: output.onLines });
      const main = await stage.actor("main");
      main.tell({ action: "write", text: "here\n" });
      // Meanwhile the actor writes, and nobody reads.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3300);
      await output.until("stdout: here");
      main.tell({ action: "exit", code: 0 });
      await run;
    });
  });

  it("leaves no listener on the signals", async (t) => {
    const stage = await Stage.open(t);
    const controller = new AbortController();
    const forceSignal = new AbortController().signal;
    const options = { signal: controller.signal, forceSignal, killGrace: 100, onLines: () => undefined };
    const short = runStep(stage.step("short"), options);
    const actor = await stage.actor("short");
    assert.equal(getEventListeners(controller.signal, "abort").length, 1);
    actor.tell({ action: "exit", code: 0 });
    await short;
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);
    const run = runStep(stage.step("main"), options);
    await (await stage.actor("main")).do({ action: "onTerm", say: "no" });
    controller.abort();
    await run;
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);
    assert.equal(getEventListeners(forceSignal, "abort").length, 0);
  });
});
