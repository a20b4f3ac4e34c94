import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runBuild, shellStep } from "../one-build.js";
import type { BuildLineEvent } from "../../../dist/runner/events.js";

/** The lines of a step, as `stream: text`, without the command and its result. */
function linesOf(lines: readonly BuildLineEvent[], step: string): string[] {
  return lines
    .filter((line) => line.step === step)
    .slice(1, -1)
    .map(({ stream, text }) => `${stream}: ${text}`);
}

function numbers(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `stdout: ${first + index}`);
}

describe("the limit of a log", () => {
  const notice = "system: the log has reached its limit of 1000 bytes; only the end of this step is kept";

  it("keeps the head, and the last lines of each step", async (t) => {
    const steps = [shellStep("seq 101 999", { name: "first" }), shellStep("seq 1001 1003; exit 1", { name: "second" })];
    const { lines, end } = await runBuild(t, steps, { logLimit: 1000 });
    // A line of three digits counts as 103 bytes.
    assert.deepEqual(linesOf(lines, "first"), [
      ...numbers(101, 109),
      notice,
      "system: 390 lines (1.1 KiB) were left out here; the last 500 lines of this step follow",
      ...numbers(500, 999),
    ]);
    assert.deepEqual(linesOf(lines, "second"), [notice, ...numbers(1001, 1003)]);
    assert.deepEqual(
      lines.map(({ number }) => number),
      lines.map((_, index) => index + 1),
    );
    assert.equal(end.message, "second failed with exit code 1");
  });

  it("keeps the last state of lines that are redrawn beyond the limit", async (t) => {
    const script = "seq 101 110; printf '1 %%\\n2 %%\\n'; sleep 0.1; printf '\\033[2A100 %%\\n100 %%\\n'; seq 1 100";
    const { lines } = await runBuild(t, [shellStep(script)], { logLimit: 1000 });
    const kept = [...numbers(101, 109), notice, "stdout: 110", "stdout: 100 %", "stdout: 100 %", ...numbers(1, 100)];
    assert.deepEqual(linesOf(lines, "build"), kept);
  });

  it("accepts exactly the limit, in bytes of UTF-8", async (t) => {
    const step = shellStep("echo é; echo é; echo é");
    const full = await runBuild(t, [step], { logLimit: 306 });
    assert.deepEqual(linesOf(full.lines, "build"), ["stdout: é", "stdout: é", "stdout: é"]);
    const less = await runBuild(t, [step], { logLimit: 305 });
    const said = notice.replace("1000", "305");
    assert.deepEqual(linesOf(less.lines, "build"), ["stdout: é", "stdout: é", said, "stdout: é"]);
  });

  it("limits the size of the end of a step too, and counts empty lines", async (t) => {
    const long = await runBuild(t, [shellStep("yes $(printf %1000s | tr ' ' x) | head -n 1000")], { logLimit: 1 });
    assert.deepEqual(linesOf(long.lines, "build").slice(1), [
      "system: 738 lines (720.7 KiB) were left out here; the last 262 lines of this step follow",
      ...new Array<string>(262).fill(`stdout: ${"x".repeat(1000)}`),
    ]);
    const empty = await runBuild(t, [shellStep("yes '' | head -n 10000")], { logLimit: 1000 });
    assert.equal(linesOf(empty.lines, "build").length, 10 + 2 + 500);
  });

  it("does not count lines of the runner, and keeps everything without a limit", async (t) => {
    const { lines } = await runBuild(t, [shellStep("true")], { logLimit: 1 });
    assert.deepEqual(lines.map(({ text }) => text.replace(/[\d.]+ s$/, "N s")).slice(-2), [
      "build succeeded after N s",
      "succeeded in N s",
    ]);
    const unbounded = await runBuild(t, [shellStep("seq 1 20000")], { logLimit: Infinity });
    assert.deepEqual(linesOf(unbounded.lines, "build"), numbers(1, 20_000));
  });

  it("emits the end of a step that was stopped, and of a step with a slow consumer", async (t) => {
    const never = new Promise<void>(() => undefined);
    const { lines, end } = await runBuild(t, [shellStep("seq 1 10; kill -KILL $$")], {
      logLimit: 1,
      onEvent: (event) => (event.type === "line" ? never : undefined),
    });
    assert.equal(end.steps[0]?.signal, "SIGKILL");
    assert.deepEqual(linesOf(lines, "build").slice(1), numbers(1, 10));
  });
});
