import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Stage } from "../support/actors.js";
import { FOR_EVER, Scene, plan, step } from "./queue-scene.js";

describe("Build", () => {
  describe("cancel()", () => {
    it("ends a queued build at once", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 1 });
      scene.queue.add(plan([stage.step("first")]));
      const { id } = scene.queue.add(plan([step("install", "echo no")]));
      const { status, message, startedAt } = scene.queue.cancel(id);
      assert.deepEqual([status, message, startedAt], ["cancelled", "cancelled before it started", null]);
      assert.deepEqual(scene.story(id), [
        "[build] queued, install pending",
        "install system: install skipped because the build was stopped",
        "- system: cancelled before it started",
        "[end] cancelled, install skipped",
      ]);
      assert.throws(() => scene.queue.cancel(id), { code: "BUILD_ENDED" });
    });

    it("ends the running step, and with it the build", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t);
      const { id } = scene.queue.add(plan([stage.step("install"), step("build", "echo no")]));
      const install = await stage.actor("install");
      await install.do({ action: "onTerm", say: "tidying up\n", code: 0 });
      assert.equal(scene.queue.cancel(id).status, "running");
      const end = await scene.end(id);
      assert.deepEqual([end.status, end.message], ["cancelled", "cancelled while install was running"]);
      assert.deepEqual(scene.story(id).slice(-6), [
        "install stdout: tidying up",
        "[build] running, install cancelled, build pending",
        "install system: install was stopped and ended with exit code 0 after N s",
        "build system: build skipped because the build was stopped",
        "- system: cancelled while install was running",
        "[end] cancelled, install cancelled, build skipped",
      ]);
    });

    it("kills after the grace", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { killGrace: 100 });
      const { id } = scene.queue.add(plan([stage.step("build")]));
      await (await stage.actor("build")).do({ action: "onTerm", say: "no" });
      scene.queue.cancel(id);
      assert.equal((await scene.end(id)).steps[0]?.signal, "SIGKILL");
    });

    it("kills at once when it is called a second time", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t);
      const { id } = scene.queue.add(plan([stage.step("build")]));
      await (await stage.actor("build")).do({ action: "onTerm", say: "no\n" });
      scene.queue.cancel(id);
      await scene.until("no");
      scene.queue.cancel(id);
      assert.equal((await scene.end(id)).steps[0]?.signal, "SIGKILL");
    });

    it("ends processes that have left the group, and processes that an earlier step has left running", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { killGrace: 100 });
      const { id } = scene.queue.add(plan([stage.step("install"), stage.step("build")]));
      const install = await stage.actor("install");
      // It has left the group and holds no pipe, so only the end of the step can end it.
      await install.do({ action: "spawn", child: "left", output: "ignore", detached: true });
      const left = await stage.actor("left");
      install.tell({ action: "exit", code: 0 });
      await left.gone;
      const build = await stage.actor("build");
      await build.do({ action: "spawn", child: "deaf", output: "ignore", detached: true });
      const deaf = await stage.actor("deaf");
      await deaf.do({ action: "onTerm", say: "" });
      scene.queue.cancel(id);
      assert.equal((await scene.end(id)).message, "cancelled while build was running");
      await deaf.gone;
      const line = "system: processes were left running outside the process group of the command; they are ended now";
      const said = scene.story(id).filter((each) => each.endsWith(line));
      assert.deepEqual(said, [`install ${line}`, `build ${line}`]);
    });

    it("takes effect at every event", async (t) => {
      // One pass for each event of a build that is not cancelled. Each pass cancels at its event.
      const steps = [step("install", "echo 1"), step("build", "echo 2")];
      const endings = new Set<string | null>();
      for (let at = 1, isThrough = false; !isThrough; at++) {
        let count = 0;
        let refusal: unknown;
        const scene: Scene = new Scene(t, {
          onEvent: (event) => {
            count += 1;
            if (count !== at) return;
            try {
              scene.queue.cancel("buildId" in event ? event.buildId : event.build.id);
            } catch (error) {
              refusal = error;
            }
          },
        });
        const end = await scene.end(scene.queue.add(plan(steps)).id);
        isThrough = count < at;
        const isLate = isThrough || refusal !== undefined;
        assert.equal(end.status, isLate ? "succeeded" : "cancelled", `cancelled at event ${at}`);
        if (!isLate) endings.add(end.message);
        assert.equal(scene.events.filter(({ type }) => type === "end").length, 1);
        assert.equal(scene.events.at(-1)?.type, "end");
      }
      assert.deepEqual([...endings], [
        "cancelled before it started",
        "cancelled before install started",
        "cancelled while install was running",
        "cancelled before build started",
        "cancelled while build was running",
        "cancelled after its last step",
      ]);
    });

    it("throws when the build has ended, or is unknown", async (t) => {
      const scene = new Scene(t);
      const { id } = scene.queue.add(plan([]));
      const message = "Cannot cancel the build: it has already ended (succeeded)";
      assert.throws(() => scene.queue.cancel(id), { code: "BUILD_ENDED", message });
      assert.throws(() => scene.queue.cancel("0000000000000000"), { code: "BUILD_NOT_FOUND" });
    });
  });

  it("stops a build that exceeds its time limit", async (t) => {
    const stage = await Stage.open(t);
    const scene = new Scene(t, { timeout: 100 });
    const { id } = scene.queue.add(plan([stage.step("install"), step("build", "echo no")]));
    const end = await scene.end(id);
    assert.deepEqual([end.status, end.message], ["timed-out", "timed out after 0.1 s while install was running"]);
    assert.deepEqual(end.steps.map(({ status }) => status), ["timed-out", "skipped"]);
    const said = "- system: time limit of 0.1 s reached; stopping the build";
    assert.ok(scene.story(id).includes(said), scene.story(id).join("\n"));
  });

  it("stops a build whose step prints nothing for too long", async (t) => {
    const stage = await Stage.open(t);
    const scene = new Scene(t, { timeout: FOR_EVER, silence: 100 });
    const { id } = scene.queue.add(plan([stage.step("install"), step("build", "echo no")]));
    const end = await scene.end(id);
    const message = "timed out after 0.1 s without output while install was running";
    assert.deepEqual([end.status, end.message], ["timed-out", message]);
    assert.deepEqual(end.steps.map(({ status }) => status), ["timed-out", "skipped"]);
    const said = "install system: install printed nothing for 0.1 s; stopping the build";
    assert.ok(scene.story(id).includes(said), scene.story(id).join("\n"));
  });

  it("reports only the limit that was reached first", async (t) => {
    const scene = new Scene(t, { timeout: 150, silence: 250 });
    const { id } = scene.queue.add(plan([step("install", "trap '' TERM; sleep 0.5")]));
    assert.equal((await scene.end(id)).message, "timed out after 0.1 s while install was running");
    assert.equal(scene.story(id).filter((line) => line.includes("stopping the build")).length, 1);
  });
});
