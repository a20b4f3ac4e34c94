import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import os, { getPriority } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { buildEnvironment } from "../../../dist/runner/program/environment.js";
import { identify } from "../../../dist/runner/process/identity.js";
import { runStep } from "../../../dist/runner/process/run-step.js";
import { Stage } from "../../support/actors.js";
import { makeFolder } from "../../support/folders.js";
import { shellStep } from "../one-build.js";
import { Output } from "./step-lines.js";
import type { Step } from "../../../dist/runner/planning/step.js";
import type { ProcessIdentity } from "../../../dist/runner/process/identity.js";
import type { OutputLine } from "../../../dist/runner/output/step-output.js";

const environmentProgram = fileURLToPath(new URL("../../../test/fixtures/environment.mjs", import.meta.url));

/** The output of `environment.mjs`. */
interface Given {
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly input: string;
}

describe("runStep()", () => {
  it("delivers both pipes as lines, including a last line without a line end", async (t) => {
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
    // The line before it arrives in the same read as the first byte, so that byte has arrived with the line.
    const start = Buffer.concat([Buffer.from("first\n"), bytes.subarray(0, 1)]);
    await main.do({ action: "write", base64: start.toString("base64") });
    await output.until("stdout: first");
    await main.do({ action: "write", base64: bytes.subarray(1).toString("base64") });
    main.tell({ action: "exit", code: 0 });
    await run;
    assert.deepEqual(output.lines, ["stdout: first", "stdout: €"]);
  });

  it("delivers everything that a command prints right before it ends", async () => {
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
    // No turn delivers more than 512 lines.
    assert.ok(most <= 512, `${most} lines in one turn`);
  });

  it("distinguishes exit codes and signals", async () => {
    const { onLines } = new Output();
    assert.deepEqual(await runStep(shellStep("exit 0"), { onLines }), { type: "succeeded" });
    assert.deepEqual(await runStep(shellStep("exit 1"), { onLines }), { type: "failed", exitCode: 1 });
    assert.deepEqual(await runStep(shellStep("exit 137"), { onLines }), { type: "failed", exitCode: 137 });
    assert.deepEqual(await runStep(shellStep("kill -KILL $$"), { onLines }), { type: "killed", signal: "SIGKILL" });
    assert.deepEqual(await runStep(shellStep("kill -TERM $$"), { onLines }), { type: "killed", signal: "SIGTERM" });
  });

  it("passes arguments unchanged, closes stdin, and cleans the environment", async (t) => {
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

  it("uses the given environment, and no other variables", async () => {
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

    it("reports a program that is not on PATH", async () => {
      const reason = "no-such-tool is not on PATH; install it, or add its directory to PATH";
      assert.equal(await reasonOf({ command: "no-such-tool" }), reason);
      assert.match(await reasonOf({ command: "pnpm", env: { PATH: "/nowhere" } }), /^pnpm is not on PATH; install it/);
    });

    it("reports a directory that is missing, or is not a directory", async (t) => {
      const folder = await makeFolder(t, { file: "" });
      assert.equal(await reasonOf({ cwd: join(folder, "gone") }), `the directory ${folder}/gone does not exist`);
      assert.equal(await reasonOf({ cwd: join(folder, "file") }), `${folder}/file is not a directory`);
      assert.match(await reasonOf({ cwd: join(folder, "file/below") }), /ENOTDIR/);
    });

    it("reports a file that cannot be executed", async (t) => {
      const folder = await makeFolder(t, { plain: "" });
      assert.equal(await reasonOf({ command: join(folder, "plain") }), `${folder}/plain is not an executable file`);
      await writeFile(join(folder, "run"), "#!/no/such/interpreter\n", { mode: 0o755 });
      const ending = "does not exist, or the interpreter that its first line names does not";
      assert.equal(await reasonOf({ command: join(folder, "gone") }), `${folder}/gone ${ending}`);
      assert.equal(await reasonOf({ command: join(folder, "run") }), `${folder}/run ${ending}`);
      assert.equal(await reasonOf({ command: "run", env: { PATH: folder } }), `run ${ending}`);
    });

    it("reports any other error of the system", async () => {
      assert.match(await reasonOf({ args: ["a\0b"] }), /null bytes/);
      assert.match(await reasonOf({ args: ["x".repeat(4 * 1024 * 1024)] }), /E2BIG/);
    });
  });

  it("passes the identity of its process to onSpawn", async (t) => {
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

  it("marks all processes with the given cookie, or with a new one", async () => {
    const output = new Output();
    const step = { ...shellStep("echo $TAILCAST_BUILD"), env: { TAILCAST_BUILD: "mine" } };
    await runStep(step, { cookie: "0123", onLines: output.onLines });
    for (let time = 0; time < 2; time++) await runStep(step, { onLines: output.onLines });
    const [given, first, second] = output.lines;
    assert.equal(given, "stdout: 0123");
    for (const line of [first, second]) assert.match(line ?? "", /^stdout: [0-9a-f]{32}$/);
    assert.notEqual(first, second);
  });

  it("lowers the priority of the command and of the processes that it starts", async (t) => {
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

  it("keeps the priority by default, and never raises it", async (t) => {
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

  it("removes its listeners from the signals", async (t) => {
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
