import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { runBuild } from "../../../dist/runner/standalone/run-build.js";
import { makeFolder } from "../../support/folders.js";
import { shellStep } from "../one-build.js";
import type { BuildEvent } from "../../../dist/runner/events.js";
import type { RunBuildOptions } from "../../../dist/runner/standalone/run-build.js";

const OPTIONS: RunBuildOptions = { env: { PATH: process.env["PATH"] } };

/** A step that prints numbers until it is ended. */
const endless = shellStep("i=0; while :; do i=$((i+1)); echo $i; done");

/** The texts that commands have printed. */
function outputOf(events: readonly BuildEvent[]): string[] {
  return events.flatMap((event) => (event.type === "line" && event.stream !== "system" ? [event.text] : []));
}

describe("runBuild()", () => {
  it("yields the events of steps, from the first to the end", async () => {
    const events: BuildEvent[] = [];
    const build = runBuild([shellStep("echo one"), shellStep("echo two", { name: "second" })], OPTIONS);
    for await (const event of build) events.push(event);
    assert.deepEqual(outputOf(events), ["one", "two"]);
    const [first] = events;
    assert.ok(first?.type === "build");
    assert.equal(first.build.status, "queued");
    const numbers = events.flatMap((event) => (event.type === "line" ? [event.number] : []));
    assert.deepEqual(numbers, Array.from(numbers, (_, index) => index + 1));
    const last = events.at(-1);
    assert.ok(last?.type === "end");
    assert.equal(await build.result, last.build);
    assert.equal(build.record, last.build);
  });

  it("resolves with the result without a loop, also of a command that prints more than a pipe holds", async () => {
    const step = shellStep("head -c 300000 /dev/zero | tr '\\0' '\\n'; exit 3");
    const { status, message, steps } = await runBuild([step], OPTIONS).result;
    assert.equal(status, "failed");
    assert.equal(message, "build failed with exit code 3");
    assert.equal(steps[0]?.exitCode, 3);
  });

  it("has no line for the reason of a plan that was made of steps", async () => {
    const lines: string[] = [];
    for await (const event of runBuild([shellStep("true")], OPTIONS)) if (event.type === "line") lines.push(event.text);
    assert.ok(!lines.includes(""), JSON.stringify(lines));
  });

  it("accepts a plan and a draft", async () => {
    const project = { projectPath: process.cwd(), projectName: "demo", packageManager: null };
    const plan = { ...project, reason: "because", warnings: [], steps: [shellStep("echo planned")] };
    const draft = { ...project, directories: [process.cwd()], plan: () => Promise.resolve(plan) };
    for (const source of [plan, draft]) {
      const events: BuildEvent[] = [];
      const build = runBuild(source, OPTIONS);
      for await (const event of build) events.push(event);
      assert.deepEqual(outputOf(events), ["planned"]);
      assert.equal((await build.result).projectName, "demo");
    }
  });

  it("runs the steps as they were at the call", async (t) => {
    const args = ["-c", "pwd; echo $ROUND"];
    const step = { name: "where", command: "sh", args, cwd: "", env: { ROUND: "" } };
    const folders = [await makeFolder(t), await makeFolder(t)];
    const builds = folders.map((folder, index) => {
      Object.assign(step, { cwd: folder });
      step.env.ROUND = String(index);
      return runBuild([step], OPTIONS);
    });
    args.splice(0);
    const outputs = builds.map(async (build) => {
      const events: BuildEvent[] = [];
      for await (const event of build) events.push(event);
      return outputOf(events);
    });
    assert.deepEqual(await Promise.all(outputs), folders.map((folder, index) => [folder, String(index)]));
  });

  it("holds the command back while the loop is busy", async (t) => {
    const file = `${await makeFolder(t)}/count`;
    const step = shellStep(`i=0; while :; do i=$((i+1)); echo $i ${"x".repeat(2000)}; echo $i > ${file}; done`);
    const build = runBuild([step], OPTIONS);
    let count = 0;
    for await (const event of build) {
      if (event.type !== "line" || event.stream === "system") continue;
      assert.equal(parseInt(event.text, 10), ++count);
      if (count === 1) {
        // The pipe is full, and nobody reads it. The file appears after the first line.
        const read = (): Promise<string> => readFile(file, "utf8").catch(() => "");
        let printed = "";
        while (printed === "" || printed !== (await read())) {
          printed = await read();
          await delay(200);
        }
      }
      if (count === 500) break;
    }
    assert.equal((await build.result).status, "cancelled");
  });

  it("is cancelled by its signal, while it runs and before it starts", async () => {
    const controller = new AbortController();
    const build = runBuild([endless], { ...OPTIONS, signal: controller.signal });
    let isAborted = false;
    for await (const event of build) {
      if (event.type === "line" && event.text === "5") {
        controller.abort();
        isAborted = true;
      }
    }
    assert.ok(isAborted);
    assert.equal((await build.result).status, "cancelled");
    const late = runBuild([endless], { ...OPTIONS, signal: controller.signal });
    assert.equal((await late.result).status, "cancelled");
  });

  it("removes its listener from the signal when it ends", async () => {
    const { signal } = new AbortController();
    const counts = { added: 0, removed: 0 };
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = function (...args: Parameters<AbortSignal["addEventListener"]>) {
      counts.added++;
      addEventListener.apply(this, args);
    };
    signal.removeEventListener = function (...args: Parameters<AbortSignal["removeEventListener"]>) {
      counts.removed++;
      removeEventListener.apply(this, args);
    };
    await runBuild([shellStep("true")], { ...OPTIONS, signal }).result;
    await runBuild([], { ...OPTIONS, signal }).result;
    assert.equal(counts.added, 1);
    assert.ok(counts.removed >= 1);
  });

  it("is cancelled by a loop that ends early or throws", async () => {
    const left = runBuild([endless], OPTIONS);
    for await (const event of left) if (event.type === "line") break;
    assert.equal((await left.result).status, "cancelled");
    const thrown = runBuild([endless], OPTIONS);
    await assert.rejects(async () => {
      for await (const event of thrown) if (event.type === "line") throw new Error("no");
    }, /no/);
    assert.equal((await thrown.result).status, "cancelled");
    for await (const event of left) assert.fail(`an event after the loop: ${event.type}`);
  });

  it("yields later events to a loop that starts later", async () => {
    const build = runBuild([shellStep("echo early; sleep 0.3; echo late")], OPTIONS);
    await delay(50);
    const events: BuildEvent[] = [];
    for await (const event of build) events.push(event);
    assert.ok(outputOf(events).includes("late"));
    assert.equal(events.at(-1)?.type, "end");
  });

  it("succeeds without steps", async () => {
    const types: string[] = [];
    const build = runBuild([], OPTIONS);
    for await (const { type } of build) types.push(type);
    assert.equal(types.at(-1), "end");
    assert.equal((await build.result).status, "succeeded");
  });

  it("refuses bad options and steps", () => {
    const bad: [unknown, unknown, string][] = [
      [[], { timout: 1 }, '"timout"'],
      [[], { timeout: -1 }, '"timeout"'],
      [[], { signal: {} }, '"signal"'],
      [[], { store: {} }, '"store"'],
      [[{ name: "a" }], {}, '"plan.steps[0].command"'],
      [[{ name: "a", command: "b", args: [], cwd: 5 }], {}, '"plan.steps[0].cwd"'],
      [[null], {}, '"plan.steps[0]"'],
      ["make", {}, '"plan"'],
    ];
    for (const [steps, options, name] of bad) {
      const call = (): unknown => runBuild(steps as never, options as never);
      assert.throws(call, (error: Error & { code?: string }) => {
        return error.code === "INVALID_OPTION" && error.message.includes(name);
      }, name);
    }
  });
});
