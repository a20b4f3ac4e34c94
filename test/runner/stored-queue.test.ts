import assert from "node:assert/strict";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { BuildQueue } from "../../dist/runner/build-queue.js";
import { BuildStore } from "../../dist/runner/store/build-store.js";
import { lastFirst } from "../support/lifetime.js";
import { Stage } from "../support/actors.js";
import { makeFolder } from "../support/folders.js";
import type { BuildQueueOptions } from "../../dist/runner/build-queue-options.js";
import type { BuildEvent } from "../../dist/runner/events.js";
import type { Plan } from "../../dist/runner/planning/plan.js";
import type { Step } from "../../dist/runner/planning/step.js";
import type { BuildRecord } from "../../dist/runner/record.js";
import type { Lifetime } from "../support/lifetime.js";

let projects = 0;

function plan(...steps: Step[]): Plan {
  const projectPath = `/projects/${projects++}`;
  return { projectPath, projectName: "p", packageManager: null, reason: "because", warnings: [], steps };
}

/** A directory that exists, under a name that no other build uses. */
function ownDirectory(): string {
  return `/tmp/${"./".repeat(++projects)}`;
}

function echo(text = "hello"): Step {
  return { name: "build", command: "/bin/echo", args: [text], cwd: ownDirectory() };
}

/** A queue whose builds are stored. It is closed after the test, unless it was closed before. */
async function start(
  t: Lifetime,
  folder: string,
  options: Partial<BuildQueueOptions> = {},
): Promise<{
  queue: BuildQueue;
  store: BuildStore;
  events: BuildEvent[];
  end: (id: string) => Promise<BuildRecord>;
  close: () => Promise<void>;
}> {
  const store = await BuildStore.open(folder);
  const events: BuildEvent[] = [];
  const waiting = new Map<string, (build: BuildRecord) => void>();
  const queue = new BuildQueue({
    store,
    killGrace: 2 ** 31 - 1,
    ...options,
    onEvent: (event) => {
      events.push(event);
      if (event.type === "end") waiting.get(event.build.id)?.(event.build);
      return options.onEvent?.(event);
    },
  });
  const close = async (): Promise<void> => {
    await queue.close();
    await store.close();
  };
  t.after(close);
  const end = (id: string): Promise<BuildRecord> => new Promise((resolve) => waiting.set(id, resolve));
  return { queue, store, events, end, close };
}

/** Restores all stored builds, as a server does, with a new plan for each queued build. */
async function takeOver({ queue, store }: { queue: BuildQueue; store: BuildStore }, plans: Plan[] = []): Promise<void> {
  for (const stored of (await store.load(assert.fail)).values()) {
    if (stored === undefined) continue;
    const { record } = stored;
    await queue.restore(record, plans.find(({ projectPath }) => projectPath === record.projectPath));
  }
  queue.start();
}

describe("BuildQueue with a store", () => {
  it("stores each state after the consumer has accepted it, and how to find the processes", async (test) => {
    const t = lastFirst(test);
    const folder = await makeFolder(t);
    const taken: string[] = [];
    const first = await start(t, folder, {
      onEvent: async (event) => {
        await new Promise(setImmediate);
        taken.push(event.type);
      },
    });
    const save = test.mock.method(first.store, "save");
    const { id } = first.queue.add(plan(echo()));
    const ended = await first.end(id);
    assert.equal(ended.status, "succeeded");
    await first.queue.close();
    const saves = save.mock.calls.map(({ arguments: given }) => given);
    await first.close();
    const second = await start(t, folder);
    const stored = (await second.store.load(assert.fail)).get(id);
    assert.deepEqual(stored?.record, ended);
    const saved = saves.map(([, change = {}]) => change);
    assert.ok(saved.some(({ cookie }) => /^[0-9a-f]{32}$/.test(cookie ?? "")));
    assert.ok(saved.some(({ identity }) => (identity?.pid ?? 0) > 0));
    assert.deepEqual([stored?.cookie, stored?.identity], [null, null], "nothing is left to find");
    assert.equal(taken.at(-1), "end");
  });

  it("restores the builds of an earlier process, and uses them for estimates", async (test) => {
    const t = lastFirst(test);
    const folder = await makeFolder(t);
    const first = await start(t, folder);
    const demo = plan(echo());
    const { id } = first.queue.add(demo);
    const ended = await first.end(id);
    await first.close();
    const second = await start(t, folder);
    await takeOver(second);
    assert.deepEqual(second.queue.list(), [ended]);
    assert.throws(() => second.queue.cancel(id), { code: "BUILD_ENDED" });
    const again = second.queue.add(demo);
    assert.equal(typeof again.estimatedDuration, "number");
    await second.end(again.id);
  });

  it("leaves queued builds to the next process, which runs them under their ids and in their order", async (test) => {
    const t = lastFirst(test);
    const folder = await makeFolder(t);
    const stage = await Stage.open(test);
    const first = await start(t, folder, { concurrency: 1 });
    first.queue.add(plan(stage.step("running")));
    const plans = [plan(echo("one")), plan(echo("two"))];
    const waiting = plans.map((each) => first.queue.add(each));
    const actor = await stage.actor("running");
    await first.close();
    await actor.gone;
    assert.deepEqual(
      first.queue.list().map(({ status }) => status),
      ["queued", "queued", "cancelled"],
    );
    assert.equal(first.events.filter(({ type }) => type === "end").length, 1);

    const second = await start(t, folder, { concurrency: 1 });
    const ends = Promise.all(waiting.map(({ id }) => second.end(id)));
    await takeOver(second, plans);
    const finished = await ends;
    assert.deepEqual(
      finished.map(({ id, queuedAt, status }) => ({ id, queuedAt, status })),
      waiting.map(({ id, queuedAt }) => ({ id, queuedAt, status: "succeeded" })),
    );
    const lines = second.events.flatMap((event) =>
      event.type === "line" && event.stream === "stdout" ? event.text : [],
    );
    assert.deepEqual(lines, ["one", "two"]);
  });

  it("lets running builds continue for the grace of a shutdown, and starts no others", async (test) => {
    const t = lastFirst(test);
    const folder = await makeFolder(t);
    const stage = await Stage.open(test);
    const { queue, end } = await start(t, folder, { concurrency: 1 });
    const { id } = queue.add(plan(stage.step("running")));
    queue.add(plan(echo()));
    const actor = await stage.actor("running");
    const ended = end(id);
    const closed = queue.close({ grace: 2 ** 31 - 1 });
    assert.throws(() => queue.add(plan(echo())), { code: "SHUTTING_DOWN" });
    actor.tell({ action: "exit", code: 0 });
    assert.equal((await ended).status, "succeeded");
    await closed;
    assert.deepEqual(
      queue.list().map(({ status }) => status),
      ["queued", "succeeded"],
    );
  });

  it("cancels builds after the grace, and at once when it is closed a second time", async (test) => {
    const t = lastFirst(test);
    const folder = await makeFolder(t);
    const stage = await Stage.open(test);
    const { queue, end } = await start(t, folder);
    const ends = ["a", "b"].map((name) => end(queue.add(plan(stage.step(name, ownDirectory()))).id));
    await Promise.all(["a", "b"].map((name) => stage.actor(name)));
    const patient = queue.close({ grace: 2 ** 31 - 1 });
    await queue.close();
    await patient;
    assert.deepEqual(
      (await Promise.all(ends)).map(({ status }) => status),
      ["cancelled", "cancelled"],
    );
    const other = await start(t, await makeFolder(t));
    const late = other.end(other.queue.add(plan(stage.step("c"))).id);
    await stage.actor("c");
    await other.queue.close({ grace: 1 });
    assert.equal((await late).message, "cancelled by the shutdown while c was running");
  });

  it("fails a build whose state cannot be stored, and continues with others", async (test) => {
    const t = lastFirst(test);
    const folder = await makeFolder(t);
    const { queue, end, store } = await start(t, folder);
    const builds = dirname(dirname(store.logPath("0".repeat(16))));
    await rm(builds, { recursive: true });
    await writeFile(builds, "in the way");
    const { id } = queue.add(plan(echo()));
    const { status, message } = await end(id);
    assert.equal(status, "failed");
    assert.match(
      String(message),
      /^stopped because its events could not be stored \(ENOTDIR[^'\/]*\) before build started$/,
    );
    await assert.rejects(store.save(id), { code: "ENOTDIR" });
    await rm(builds);
    assert.equal((await end(queue.add(plan(echo())).id)).status, "succeeded");
  });

  it("removes all files of a build that is forgotten as it ends", async (test) => {
    const t = lastFirst(test);
    const folder = await makeFolder(t);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { queue, end, close } = await start(t, folder, {
      keep: 0,
      onEvent: (event) => (event.type === "end" ? held : undefined),
    });
    await Promise.all([1, 2, 3].map(() => end(queue.add(plan(echo())).id)));
    // Enough time to remove them before their ends are stored. Storing the ends later would create the files again.
    for (let turn = 0; turn < 500; turn++) await new Promise(setImmediate);
    release();
    await close();
    assert.deepEqual(await readdir(join(folder, "builds")), []);
  });

  it("forgets the oldest builds with their files when the logs are too large, but keeps the newest", async (test) => {
    const t = lastFirst(test);
    const folder = await makeFolder(t);
    const forgotten: string[] = [];
    let logs: (id: string) => Promise<void> = () => Promise.resolve();
    const { queue, store, end } = await start(t, folder, {
      keepSize: 250,
      onForget: (id) => forgotten.push(id),
      onEvent: (event) => (event.type === "end" ? logs(event.build.id) : undefined),
    });
    logs = async (id) => {
      await mkdir(dirname(store.logPath(id)), { recursive: true });
      await writeFile(store.logPath(id), "x".repeat(100));
    };
    const ids = [];
    for (let count = 0; count < 4; count++) {
      const { id } = queue.add(plan(echo()));
      await end(id);
      ids.push(id);
    }
    while (forgotten.length < 2) await new Promise(setImmediate);
    assert.deepEqual(forgotten, ids.slice(0, 2));
    assert.deepEqual(
      queue.list().map(({ id }) => id),
      ids.slice(2).reverse(),
    );
    logs = (id) => writeFile(store.logPath(id), "x".repeat(1000));
    const { id } = queue.add(plan(echo()));
    await end(id);
    while (forgotten.length < 4) await new Promise(setImmediate);
    assert.deepEqual(
      queue.list().map((build) => build.id),
      [id],
    );
    await queue.close();
    await store.close();
    const next = await start(t, folder, { keep: 0 });
    assert.deepEqual([...(await next.store.load(assert.fail)).keys()], [id]);
    await takeOver(next);
    assert.deepEqual(next.queue.list(), []);
  });
});
