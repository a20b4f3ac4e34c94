import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { endProcesses } from "../../../dist/runner/process/terminate.js";
import { readProcessStat } from "../../../dist/runner/process/proc-stat.js";
import { runStep } from "../../../dist/runner/process/run-step.js";
import { Stage } from "../actors.js";
import type { TestContext } from "node:test";
import type { ProcessStat } from "../../../dist/runner/process/proc-stat.js";
import type { Actor } from "../actors.js";

const forEver = 2 ** 31 - 1;
const nobody = async (): Promise<readonly ProcessStat[]> => [];

async function startActor(t: TestContext, name: string): Promise<Actor> {
  const stage = await Stage.open(t);
  void runStep(stage.step(name), { onLines: () => undefined });
  return stage.actor(name);
}

function seen({ pid }: Actor): ProcessStat {
  const stat = readProcessStat(pid);
  assert.ok(stat !== undefined);
  return stat;
}

describe("endProcesses()", () => {
  it("kills at once, when it is forced, what ignores SIGTERM", async (t) => {
    const actor = await startActor(t, "deaf");
    await actor.do({ action: "onTerm", say: "" });
    const force = new AbortController();
    const ended = endProcesses([seen(actor)], nobody, forEver - 10_000, force.signal);
    force.abort();
    assert.equal(await ended, true);
    await actor.gone;
  });

  it("kills what was started meanwhile", async (t) => {
    const first = await startActor(t, "first");
    const second = await startActor(t, "second");
    const late = [seen(second)];
    assert.equal(await endProcesses([seen(first)], async () => late.splice(0), 60_000), true);
    await Promise.all([first.gone, second.gone]);
  });

  it("never signals a process that only has the pid of the one that was seen", async (t) => {
    const actor = await startActor(t, "stranger");
    const stat = seen(actor);
    const kill = t.mock.method(process, "kill", () => true);
    const past = { ...stat, startTime: stat.startTime - 1 };
    assert.equal(await endProcesses([past], nobody, 60_000), true);
    assert.equal(kill.mock.callCount(), 0);
    t.mock.restoreAll();
    await actor.do({ action: "onTerm", say: "" });
  });

  it("does not signal again when another process took the pid during the grace", async (t) => {
    const actor = await startActor(t, "stranger");
    const stat = { ...seen(actor) };
    const signals: unknown[] = [];
    t.mock.method(process, "kill", (_: number, signal: string) => {
      signals.push(signal);
      // As if it had ended, and its pid were another's now.
      (stat as { startTime: number }).startTime -= 1;
      return true;
    });
    assert.equal(await endProcesses([stat], nobody, 60_000), true);
    assert.deepEqual(signals, ["SIGTERM"]);
  });

  it("gives up on what cannot be ended", async (t) => {
    const actor = await startActor(t, "immortal");
    let now = 0;
    t.mock.method(performance, "now", () => now);
    t.mock.method(process, "kill", (_: number, signal: string) => {
      if (signal === "SIGKILL") setImmediate(() => (now += 60_000));
      throw Object.assign(new Error("not permitted"), { code: "EPERM" });
    });
    assert.equal(await endProcesses([seen(actor)], nobody, 0), false);
  });

  it("does not wait for zombies", async (t) => {
    // Its parent, the shell's successor, never fetches it.
    const parent = spawn("/bin/sh", ["-c", "sleep 1000 & echo $!; exec sleep 1000"], { detached: true });
    t.after(() => parent.pid !== undefined && process.kill(-parent.pid, "SIGKILL"));
    const [pid] = (await once(parent.stdout, "data")) as [Buffer];
    // A shell would fetch it.
    while (readFileSync(`/proc/${parent.pid}/comm`, "utf8") !== "sleep\n") await new Promise(setImmediate);
    const stat = readProcessStat(Number(pid));
    assert.ok(stat !== undefined);
    assert.equal(await endProcesses([stat], nobody, 60_000), true);
    assert.equal(readProcessStat(Number(pid))?.state, "Z");
  });
});
