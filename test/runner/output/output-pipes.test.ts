import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runStep } from "../../../dist/runner/process/run-step.js";
import { makeFolder } from "../../support/folders.js";
import { setVariable } from "../variables.js";
import type { OutputLine } from "../../../dist/runner/output/step-output.js";
import type { StepRunOptions } from "../../../dist/runner/process/run-step.js";
import type { Step } from "../../../dist/runner/planning/step.js";

/** Runs a command to its end and returns its lines as `stream: text`. */
async function linesOf(command: string, args: readonly string[], options: Partial<StepRunOptions> = {}) {
  const lines: string[] = [];
  const onLines = (some: readonly OutputLine[]): void => {
    for (const { stream, text } of some) lines.push(`${stream}: ${text}`);
  };
  const step: Step = { name: "x", command, args, cwd: process.cwd() };
  const result = await runStep(step, { ...options, onLines });
  return { lines, result };
}

function shell(script: string, options?: Partial<StepRunOptions>) {
  return linesOf("/bin/sh", ["-c", script], options);
}

function node(program: string, options?: Partial<StepRunOptions>) {
  return linesOf(process.execPath, ["-e", program], options);
}

const hasPython = spawnSync("python3", ["-c", ""]).status === 0;
const canEnlarge = hasPython || ["pipesz", "perl"].some((name) => spawnSync(name, ["--version"]).status === 0);

describe("the output of a step", { skip: process.platform === "win32" }, () => {
  for (const output of ["merged", "separate"] as const) {
    const errors = output === "merged" ? "stdout" : "stderr";
    const commands: readonly (readonly [script: string, lines: readonly string[]])[] = [
      ["echo x > /dev/stderr", [`${errors}: x`]],
      ["echo x > /dev/stdout", ["stdout: x"]],
      ["echo x >> /proc/self/fd/1", ["stdout: x"]],
      ["echo x | tee /dev/stderr > /dev/null", [`${errors}: x`]],
      ["echo x | dd of=/dev/stdout status=none", ["stdout: x"]],
      [`'${process.execPath}' -e 'fs.writeFileSync("/dev/stdout", "x")'`, ["stdout: x"]],
      ...(hasPython ? [[`python3 -c 'open("/dev/stdout", "w").write("x")'`, ["stdout: x"]] as const] : []),
    ];
    for (const [script, expected] of commands) {
      it(`can be opened by name when it is ${output}: ${script.replace(process.execPath, "node")}`, async () => {
        const { lines, result } = await shell(script, { output });
        assert.deepEqual([lines, result.type], [expected, "succeeded"]);
      });
    }
  }

  it("loses nothing of a program of Node.js that prints 3000 lines and exits", async () => {
    const program = "for (let i = 1; i <= 3000; i++) console.log(`line ${i}`.padEnd(100)); process.exit(1)";
    const expected = Array.from({ length: 3000 }, (_, index) => `stdout: ${`line ${index + 1}`.padEnd(100)}`);
    // Half of the rounds run while all processors are busy, if a pipe can hold more than 64 KiB. test/stress has more.
    const busy = Array.from({ length: 3 }, () => spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }));
    try {
      for (let round = 1; round <= 20; round++) {
        if (round === 10 || !canEnlarge) for (const each of busy) each.kill("SIGKILL");
        const { lines, result } = await node(program);
        assert.deepEqual(result, { type: "failed", exitCode: 1 });
        assert.deepEqual(lines.slice(-1), expected.slice(-1), `round ${round}`);
        assert.deepEqual(lines, expected);
      }
    } finally {
      for (const each of busy) each.kill("SIGKILL");
    }
  });

  it("keeps the order of stdout and stderr", async () => {
    const program = "for (let i = 0; i < 100; i++) { console.log(`out ${i}`); console.error(`error ${i}`); }";
    const expected = Array.from({ length: 200 }, (_, index) => {
      return `stdout: ${index % 2 === 0 ? "out" : "error"} ${Math.floor(index / 2)}`;
    });
    assert.deepEqual((await node(program)).lines, expected);
    const script = "i=0; while [ $i -lt 100 ]; do echo out $i; echo error $i >&2; i=$((i + 1)); done";
    assert.deepEqual((await shell(script)).lines, expected);
  });

  it("shows the trace of a shell next to the output of each command", async () => {
    const { lines } = await shell("set -x; echo one; echo two");
    assert.deepEqual(lines, ["stdout: + echo one", "stdout: one", "stdout: + echo two", "stdout: two"]);
  });

  it("distinguishes the streams when they are separate", async () => {
    const { lines } = await shell("echo out; echo error >&2", { output: "separate" });
    assert.deepEqual(lines.toSorted(), ["stderr: error", "stdout: out"]);
  });

  it("falls back to sockets with a warning when no pipe can be made", async (t) => {
    setVariable(t, "PATH", await makeFolder(t));
    const { lines, result } = await shell("echo out; echo error >&2");
    const warning =
      "no pipe could be made for the output (mkfifo is not on PATH): /dev/stdout cannot be opened, and lines of " +
      "stdout and stderr can change places";
    assert.equal(result.type, "succeeded");
    assert.equal(lines[0], `system: warning: ${warning}`);
    assert.deepEqual(lines.slice(1).toSorted(), ["stderr: error", "stdout: out"]);
  });

  it("leaves no descriptor open after 40 steps, half of which cannot start", async () => {
    const count = async (): Promise<number> => (await readdir("/proc/self/fd")).length;
    const run = (index: number) => {
      return index % 2 === 0 ? shell("echo x") : linesOf(`/no/such/program-${index}`, []);
    };
    for (let index = 0; index < 4; index++) await run(index);
    const before = await count();
    for (let index = 0; index < 40; index++) await run(index);
    // The last descriptors close in the next turns.
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    assert.ok((await count()) <= before, `${await count()} descriptors, and ${before} before`);
  });

  it("leaves no named pipe behind when its process is killed", async (t) => {
    const folder = await makeFolder(t, { "tmp/": "" });
    const runStepUrl = new URL("../../../dist/runner/process/run-step.js", import.meta.url).href;
    const program = `import { runStep } from ${JSON.stringify(runStepUrl)};
      const args = ["-c", "echo ready; while sleep 0.1; do echo; done"];
      const step = { name: "x", command: "/bin/sh", args, cwd: "/" };
      await runStep(step, { onLines: (lines) => process.stdout.write(lines[0].text), onSpawn: () => undefined });`;
    await writeFile(join(folder, "main.mjs"), program);
    const env = { ...process.env, TMPDIR: join(folder, "tmp") };
    const child = spawn(process.execPath, [join(folder, "main.mjs")], { env, stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    for await (const text of child.stdout) {
      assert.equal(String(text), "ready");
      break;
    }
    child.kill("SIGKILL");
    await ended;
    assert.deepEqual(await readdir(join(folder, "tmp")), []);
  });
});
