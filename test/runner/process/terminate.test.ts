import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createCookie, findByCookie } from "../../../dist/runner/process/marker.js";
import { endOrphans } from "../../../dist/runner/process/orphans.js";
import { endInBackground, endProcesses } from "../../../dist/runner/process/terminate.js";
import { readProcessStat } from "../../../dist/runner/process/proc-stat.js";
import { runStep } from "../../../dist/runner/process/run-step.js";
import { Stage } from "../../support/actors.js";
import { watchDelays } from "../delays.js";
import type { TestContext } from "node:test";
import type { ProcessStat } from "../../../dist/runner/process/proc-stat.js";
import type { FindProcesses } from "../../../dist/runner/process/terminate.js";
import type { Actor } from "../../support/actors.js";

const FOR_EVER = 2 ** 31 - 1;
const nobody = async (): Promise<void> => undefined;

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
  it("kills processes that ignore SIGTERM at once when it is forced", async (t) => {
    const actor = await startActor(t, "deaf");
    await actor.do({ action: "onTerm", say: "" });
    const force = new AbortController();
    const ended = endProcesses(nobody, { found: [seen(actor)], grace: FOR_EVER, force: force.signal });
    force.abort();
    assert.equal(await ended, true);
    await actor.gone;
  });

  it("kills processes that were started during the grace", async (t) => {
    const first = await startActor(t, "first");
    const second = await startActor(t, "second");
    const late = [seen(second)];
    const find: FindProcesses = async (visit) => late.splice(0).forEach(visit);
    assert.equal(await endProcesses(find, { found: [seen(first)], grace: 60_000 }), true);
    await Promise.all([first.gone, second.gone]);
  });

  it("kills the processes that it has found even when one search takes longer than the deadline", async (t) => {
    const actor = await startActor(t, "deaf");
    await actor.do({ action: "onTerm", say: "" });
    const slowLook = async (): Promise<void> => void (await delay(20));
    assert.equal(await endProcesses(slowLook, { found: [seen(actor)], grace: 0, killTimeout: 0 }), false);
    await actor.gone;
  });

  it("stops each process as soon as a search finds it, and kills all when a search finds nothing new", async (t) => {
    const actor = await startActor(t, "spawner");
    const signals: unknown[] = [];
    const original = process.kill.bind(process);
    t.mock.method(process, "kill", (pid: number, signal: string) => {
      // The step of the actor checks it with signal 0.
      if (signal !== (0 as never)) signals.push(signal);
      return original(pid, signal);
    });
    let looks = 0;
    const find: FindProcesses = async (visit) => {
      signals.push(`look ${++looks}`);
      if (looks < 3) visit(seen(actor));
    };
    assert.equal(await endProcesses(find, { found: [], grace: 0 }), true);
    assert.deepEqual(signals, ["look 1", "SIGSTOP", "look 2", "SIGKILL", "look 3", "look 4"]);
    await actor.gone;
  });

  it("stops the processes that it knows, and kills after three searches that each find others", async (t) => {
    const actors = await Promise.all(["deaf", "second", "third", "fourth"].map((name) => startActor(t, name)));
    await actors[0]?.do({ action: "onTerm", say: "" });
    const [first, ...others] = actors.map(seen);
    assert.ok(first !== undefined);
    const steps: string[] = [];
    const original = process.kill.bind(process);
    t.mock.method(process, "kill", (pid: number, signal: string) => {
      if (signal !== (0 as never)) steps.push(`${signal} ${actors.findIndex((each) => each.pid === pid) + 1}`);
      return original(pid, signal);
    });
    const find: FindProcesses = async (visit) => {
      steps.push("search");
      others.splice(0, 1).forEach(visit);
    };
    const killAll = (): void => void steps.push("kill all");
    assert.equal(await endProcesses(find, { found: [first], grace: 0, killAll }), true);
    const killed = ["kill all", "SIGKILL 1", "SIGKILL 2", "SIGKILL 3", "SIGKILL 4"];
    const searches = ["search", "SIGSTOP 2", "search", "SIGSTOP 3", "search", "SIGSTOP 4"];
    assert.deepEqual(steps.slice(0, 13), ["SIGTERM 1", "SIGSTOP 1", ...searches, ...killed]);
    await Promise.all(actors.map(({ gone }) => gone));
  });

  it("ends processes that ignore SIGTERM and constantly start others, each in its own session", async (t) => {
    const cookie = createCookie();
    t.after(async () => void (await endOrphans({ cookie, grace: 0 })));
    const script = "trap '' TERM; i=0; while [ $i -lt 200 ]; do setsid sleep 60 & i=$((i+1)); sleep 0.02; done; wait";
    const env = { PATH: process.env["PATH"], TAILCAST_BUILD: cookie };
    for (let count = 0; count < 4; count++) {
      spawn("/bin/sh", ["-c", script], { env, stdio: "ignore", detached: true }).unref();
    }
    const find: FindProcesses = (visit) => findByCookie(cookie, visit);
    const count = async (): Promise<number> => {
      let found = 0;
      await find(() => void found++);
      return found;
    };
    while ((await count()) < 12) await delay(20);
    // A search takes long on a busy machine.
    assert.equal(await endProcesses(find, { found: [], grace: 0, killTimeout: 60_000 }), true);
    assert.equal(await count(), 0);
  });

  it("continues in the background until nothing is left", async (t) => {
    const actor = await startActor(t, "late");
    watchDelays(t, 1);
    let looks = 0;
    const find: FindProcesses = async (visit) => {
      if (++looks === 5) visit(seen(actor));
    };
    // The first two attempts fail, as if the deadline had passed.
    let isSlow = true;
    const now = performance.now.bind(performance);
    t.mock.method(performance, "now", () => now() + (isSlow ? looks * 10_000 : 50_000));
    const ended = endInBackground(async (visit) => {
      await find(visit);
      isSlow = looks < 5;
    });
    assert.equal(await ended, true);
    await actor.gone;
    assert.ok(looks >= 7, "two looks have found nothing in the end");
  });

  it("never signals another process with the pid of a process that was found", async (t) => {
    const actor = await startActor(t, "stranger");
    const stat = seen(actor);
    const kill = t.mock.method(process, "kill", () => true);
    const past = { ...stat, startTime: stat.startTime - 1 };
    assert.equal(await endProcesses(nobody, { found: [past], grace: 60_000 }), true);
    assert.equal(kill.mock.callCount(), 0);
    t.mock.restoreAll();
    await actor.do({ action: "onTerm", say: "" });
  });

  it("sends no second signal when another process got the pid during the grace", async (t) => {
    const actor = await startActor(t, "stranger");
    const stat = { ...seen(actor) };
    const signals: unknown[] = [];
    t.mock.method(process, "kill", (_: number, signal: string) => {
      signals.push(signal);
      // As if the process had ended, and another one had its pid.
      (stat as { startTime: number }).startTime -= 1;
      return true;
    });
    assert.equal(await endProcesses(nobody, { found: [stat], grace: 60_000 }), true);
    assert.deepEqual(signals, ["SIGTERM"]);
  });

  it("returns false for a process that cannot be ended", async (t) => {
    const actor = await startActor(t, "immortal");
    let now = 0;
    t.mock.method(performance, "now", () => now);
    t.mock.method(process, "kill", (_: number, signal: string) => {
      if (signal === "SIGKILL") setImmediate(() => (now += 60_000));
      throw Object.assign(new Error("not permitted"), { code: "EPERM" });
    });
    assert.equal(await endProcesses(nobody, { found: [seen(actor)], grace: 0 }), false);
  });

  it("does not wait for zombies", async (t) => {
    // Its parent, which has replaced the shell, never reaps it.
    const parent = spawn("/bin/sh", ["-c", "sleep 1000 & echo $!; exec sleep 1000"], { detached: true });
    t.after(() => parent.pid !== undefined && process.kill(-parent.pid, "SIGKILL"));
    const [pid] = (await once(parent.stdout, "data")) as [Buffer];
    // A shell would reap it.
    while (readFileSync(`/proc/${parent.pid}/comm`, "utf8") !== "sleep\n") await new Promise(setImmediate);
    const stat = readProcessStat(Number(pid));
    assert.ok(stat !== undefined);
    assert.equal(await endProcesses(nobody, { found: [stat], grace: 60_000 }), true);
    assert.equal(readProcessStat(Number(pid))?.state, "Z");
  });
});
