import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { createCookie } from "../../dist/runner/process/marker.js";
import { BuildStore } from "../../dist/runner/store/build-store.js";
import { Stage } from "../support/actors.js";
import { makeFolder } from "../support/folders.js";
import { ask } from "../support/http.js";
import { lastFirst } from "../support/lifetime.js";
import { actorProject, build, follow, open, scene } from "./recover-scene.js";
import type { BuildLineEvent } from "../../dist/runner/events.js";
import type { BuildRecord } from "../../dist/runner/record.js";
import type { BuildAppOptions } from "../../dist/web/build-app-options.js";
import type { Scene } from "./recover-scene.js";

const ID = "0mws57xuu29mfzgl";

/** A build in the middle of its second step. */
function running({ root }: Scene, change: Partial<BuildRecord> = {}): BuildRecord {
  const step = { exitCode: null, signal: null, startedAt: null, finishedAt: null };
  return {
    id: ID,
    projectPath: join(root, "p"),
    projectName: "p",
    packageManager: "npm",
    nodeVersion: null,
    script: "build",
    install: "auto",
    ...{ variables: [], color: null, hint: null, git: null, result: null, lastOutputAt: null },
    status: "running",
    queuePosition: null,
    message: null,
    steps: [
      { ...step, name: "install", command: "npm ci", status: "succeeded", exitCode: 0 },
      { ...step, name: "build", command: "npm run build", status: "running" },
      { ...step, name: "deploy", command: "npm run deploy", status: "pending" },
    ],
    estimatedDuration: null,
    queuedAt: "2026-11-22T00:00:00.000Z",
    startedAt: "2026-11-22T00:00:00.000Z",
    finishedAt: null,
    ...change,
  };
}

const lineData = (fields: object): string => JSON.stringify({ ...fields, time: "" });
const line = (number: number, text: string): string =>
  `event: line\nid: ${ID}-${number + 1}\ndata: ${lineData({ number, step: "build", stream: "stdout", text })}\n\n`;
const state = (sequence: number, record: BuildRecord, type = "build"): string =>
  `event: ${type}\nid: ${ID}-${sequence}\ndata: ${JSON.stringify(record)}\n\n`;

/** The files of a server that was killed: a state, and a log. */
async function leave({ data }: Scene, record: BuildRecord | undefined, log: string | undefined): Promise<string> {
  const store = await BuildStore.open(data);
  if (record !== undefined) await store.save(ID, { record });
  const path = store.logPath(ID);
  if (log !== undefined) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, log);
  }
  await store.close();
  return path;
}

describe("BuildApp.open()", () => {
  it("stores its builds, and has them after a restart", async (test) => {
    const t = lastFirst(test);
    const { options, data } = await scene(t);
    const first = await open(t, options);
    const { id } = await build(first.port, "p");
    const client = await follow(first.port, id);
    await client.ended();
    const before = (await ask(first.port, "GET", `/api/builds/${id}`)).json;
    const log = (await ask(first.port, "GET", `/api/builds/${id}/log`)).text;
    assert.match(log, /\nbuilt\n/);
    await first.close();
    assert.deepEqual(await readdir(data), ["builds", "feed", "installs"]);

    const { port } = await open(t, options);
    assert.deepEqual((await ask(port, "GET", "/api/builds")).json["builds"], [before]);
    assert.equal((await ask(port, "GET", `/api/builds/${id}/log`)).text, log);
    const stream = await ask(port, "GET", `/api/builds/${id}/events`);
    assert.equal(stream.text, `retry: 2000\n${await readFile(join(data, "builds", id, "events"), "utf8")}`);
    const rest = await follow(port, id, `${id}-5`);
    assert.deepEqual(await rest.ended(), client.events.slice(5));
    const over = await ask(port, "GET", `/api/builds/${id}/events`, {
      headers: { "Last-Event-ID": client.decoder.lastEventId },
    });
    assert.equal(over.status, 204);
    const again = await ask(port, "POST", `/api/builds/${id}/rerun`);
    assert.equal((again.json["build"] as BuildRecord).install, "skip");
  });

  it("ends a running build as lost: its log says so, and every client gets the rest", async (test) => {
    const t = lastFirst(test);
    const here = await scene(t);
    const record = running(here);
    const log = state(1, record) + line(1, "one") + line(2, "two");
    const path = await leave(here, record, `${log}event: line\nid: ${ID}-4\ndata: {"numb`);
    const { port, app } = await open(t, here.options);
    assert.deepEqual(app.warnings, []);
    const { status, message, steps, finishedAt } = (await ask(port, "GET", `/api/builds/${ID}`))
      .json as unknown as BuildRecord;
    assert.equal(status, "lost");
    assert.equal(message, "lost: the server ended while build was running");
    assert.deepEqual(
      steps.map((step) => step.status),
      ["succeeded", "lost", "skipped"],
    );
    assert.equal(steps[1]?.finishedAt, finishedAt);
    const client = await follow(port, ID, `${ID}-2`);
    const events = await client.ended();
    assert.deepEqual(
      events.map(({ lastEventId }) => lastEventId),
      [3, 4, 5].map((sequence) => `${ID}-${sequence}`),
    );
    const [, said, end] = events;
    const { number, stream, text } = JSON.parse(said?.data ?? "") as BuildLineEvent;
    assert.deepEqual([number, stream, text], [3, "system", message]);
    assert.equal(end?.type, "end");
    assert.ok((await readFile(path, "utf8")).startsWith(`${log}event: line\nid: ${ID}-4\n`));
    assert.equal((await follow(port, ID, `${ID}-5`)).status, 204);
    // The project is free again.
    const rerun = await ask(port, "POST", `/api/builds/${ID}/rerun`);
    assert.equal(rerun.status, 202);
  });

  it("reports the end of a build whose log is incomplete", async (test) => {
    const t = lastFirst(test);
    const here = await scene(t);
    const record = running(here, {
      status: "failed",
      finishedAt: "2026-11-22T00:00:09.000Z",
      message: "no space left",
    });
    const log = state(1, running(here)) + line(1, "one");
    const path = await leave(here, record, log);
    const { port } = await open(t, here.options);
    for (let time = 0; time < 2; time++) {
      const client = await follow(port, ID, `${ID}-1`);
      assert.deepEqual(await client.ended(), [
        { type: "line", data: log.split("data: ")[2]?.trim(), lastEventId: `${ID}-2` },
        { type: "end", data: JSON.stringify(record), lastEventId: `${ID}-3` },
      ]);
    }
    assert.equal((await follow(port, ID, `${ID}-3`)).status, 204);
    assert.equal(await readFile(path, "utf8"), log);
  });

  it("prefers the log to an older state", async (test) => {
    const t = lastFirst(test);
    const here = await scene(t);
    const finished = running(here, { status: "succeeded", finishedAt: "2026-11-22T00:00:01.000Z", message: "done" });
    await leave(here, running(here), state(1, running(here)) + line(1, "one") + state(3, finished, "end"));
    const first = await open(t, here.options);
    assert.deepEqual((await ask(first.port, "GET", `/api/builds/${ID}`)).json, finished);
    assert.equal((await (await follow(first.port, ID)).ended()).length, 3);
    await first.close();

    const there = await scene(t);
    const waiting = running(there, { status: "queued", startedAt: null, queuePosition: 1, steps: [] });
    await leave(there, undefined, state(1, waiting));
    const second = await open(t, there.options);
    const { status, message } = (await ask(second.port, "GET", `/api/builds/${ID}`)).json as unknown as BuildRecord;
    assert.deepEqual([status, message], ["lost", "lost: the server ended while the build was waiting"]);
  });

  for (const [what, cookie, outcome] of [
    ["continues the lines of a build that had started, but whose first command had not", null, "succeeded"],
    ["does not run a build again whose first command may have been started", "0".repeat(32), "lost"],
  ] as const) {
    it(`${what}, though its state says that it waits`, async (test) => {
      const t = lastFirst(test);
      const here = await scene(t);
      const plan = { install: "skip", queuePosition: 1, startedAt: null, steps: [] } as const;
      const waiting = running(here, { status: "queued", ...plan });
      const store = await BuildStore.open(here.data);
      await store.save(ID, { record: waiting, cookie });
      await writeFile(store.logPath(ID), state(1, running(here)) + line(1, "because"));
      await store.close();
      const { port } = await open(t, here.options);
      const events = await (await follow(port, ID)).ended();
      const numbers = events.flatMap(({ type, data }) =>
        type === "line" ? [(JSON.parse(data) as BuildLineEvent).number] : [],
      );
      assert.deepEqual(
        numbers,
        numbers.map((_, index) => index + 1),
      );
      assert.equal((JSON.parse(events.at(-1)?.data ?? "") as BuildRecord).status, outcome);
    });
  }

  it("drops a build that no client could know", async (test) => {
    const t = lastFirst(test);
    const here = await scene(t);
    await leave(here, undefined, "event: build\nid: 0mws57x");
    await mkdir(join(here.data, "builds", "1".repeat(16)));
    const { port, app } = await open(t, here.options);
    assert.deepEqual((await ask(port, "GET", "/api/builds")).json["builds"], []);
    assert.deepEqual(app.warnings, []);
    assert.deepEqual(await readdir(join(here.data, "builds")), []);
  });

  it("warns of builds that it cannot recover, leaves them unchanged, and recovers the rest", async (test) => {
    const t = lastFirst(test);
    const here = await scene(t);
    const path = await leave(here, running(here), "Dear aunt,\n\nthis is no log.");
    const first = await open(t, here.options);
    assert.equal(first.app.warnings.length, 1);
    assert.match(first.app.warnings[0] ?? "", new RegExp(`^cannot take over the build ${ID}: Cannot continue `));
    assert.equal(await readFile(path, "utf8"), "Dear aunt,\n\nthis is no log.");
    const { id } = await build(first.port, "p");
    await (await follow(first.port, id)).ended();
    await first.close();
    await appendFile(join(here.data, "builds", ID, "build.json"), "}");
    const { app, port } = await open(t, here.options);
    assert.match(app.warnings[0] ?? "", /^cannot read .*build\.json: /);
    assert.deepEqual(
      ((await ask(port, "GET", "/api/builds")).json["builds"] as BuildRecord[]).map((known) => known.id),
      [id],
    );
  });

  it("does not build what waited when its project is gone, or outside the roots now", async (test) => {
    const t = lastFirst(test);
    const stage = await Stage.open(test);
    const here = await scene(t, actorProject(stage));
    const first = await open(t, { ...here.options, concurrency: 1 });
    await build(first.port, "first");
    const { id } = await build(first.port, "p");
    await stage.actor("actor");
    await first.close();
    await rm(join(here.root, "p"), { recursive: true });
    const second = await open(t, here.options);
    const { status, message } = (await ask(second.port, "GET", `/api/builds/${id}`)).json as unknown as BuildRecord;
    assert.equal(status, "lost");
    assert.match(String(message), /^lost: the server ended while .*, and it cannot be planned again \(Cannot open /);
    assert.equal((await (await follow(second.port, id)).ended()).at(-1)?.type, "end");
  });

  it("never runs a stored plan: it plans a queued build again, with the checks of a request", async (test) => {
    const t = lastFirst(test);
    const here = await scene(t);
    const outside = await makeFolder(t, { "package.json": JSON.stringify({ scripts: { build: "touch pwned" } }) });
    const step = { name: "build", command: "/bin/sh", args: ["-c", "touch pwned"], cwd: outside };
    const project = { projectName: "p", packageManager: null, reason: "planted", warnings: [], steps: [step] };
    const planted = [join(here.root, "p"), outside].map((projectPath, index) => {
      const id = ID.replace(/.$/, String(index));
      const queued = { status: "queued", startedAt: null, install: "skip", steps: [] } as const;
      return { record: running(here, { ...queued, id, projectPath }), plan: { ...project, projectPath } };
    });
    const store = await BuildStore.open(here.data);
    for (const { record, plan } of planted) {
      await store.save(record.id, { record });
      const stored = JSON.stringify({ record, plan, cookie: null, identity: null });
      await writeFile(join(here.data, "builds", record.id, "build.json"), stored);
    }
    await store.close();
    const { port } = await open(t, here.options);
    const ends = await Promise.all(planted.map(async ({ record }) => (await follow(port, record.id)).ended()));
    const [allowed, refused] = ends.map((events) => JSON.parse(events.at(-1)?.data ?? "") as BuildRecord);
    assert.equal(allowed?.status, "succeeded");
    assert.deepEqual(
      allowed?.steps.map(({ command }) => command),
      ["", "npm run build"],
    );
    assert.equal(refused?.status, "lost");
    assert.match(String(refused?.message), /\(Cannot open the project: .* no such directory under an allowed root/);
    assert.deepEqual(await readdir(outside), ["package.json"]);
    const folder = join(here.data, "builds", planted[0]?.record.id ?? "");
    assert.doesNotMatch(await readFile(join(folder, "build.json"), "utf8"), /pwned/);
  });

  it("ends what a finished build could not end before its server ended", async (test) => {
    const t = lastFirst(test);
    const here = await scene(t);
    const cookie = createCookie();
    const env = { PATH: process.env["PATH"], TAILCAST_BUILD: cookie };
    const left = spawn("/bin/sleep", ["1000"], { env, stdio: "ignore", detached: true });
    t.after(() => left.kill("SIGKILL"));
    const exited = once(left, "exit");
    const finished = running(here, { status: "cancelled", finishedAt: "2026-11-22T00:00:01.000Z" });
    await leave(here, finished, state(1, finished, "end"));
    const store = await BuildStore.open(here.data);
    await store.load(assert.fail);
    await store.save(ID, { cookie });
    await store.close();
    const { close } = await open(t, here.options);
    await exited;
    await close();
    const stored = await readFile(join(here.data, "builds", ID, "build.json"), "utf8");
    assert.equal((JSON.parse(stored) as { cookie: unknown }).cookie, null);
  });

  it("asks the planner of an embedder again for a queued build", async (test) => {
    const t = lastFirst(test);
    const here = await scene(t, { "m/Makefile": "" });
    const projectPath = join(here.root, "m");
    const queued = { status: "queued", startedAt: null, projectPath, script: null, install: null, steps: [] } as const;
    await leave(here, running(here, queued), undefined);
    const steps = [{ name: "build", command: "/bin/echo", args: ["described again"], cwd: projectPath }];
    const plan: BuildAppOptions["plan"] = ({ path }) => {
      return { projectPath: path, projectName: "m", packageManager: null, reason: "because", warnings: [], steps };
    };
    const { port } = await open(t, { ...here.options, plan });
    const events = await (await follow(port, ID)).ended();
    assert.ok(events.some(({ data }) => data.includes('"described again"')));
    assert.equal((JSON.parse(events.at(-1)?.data ?? "") as BuildRecord).status, "succeeded");
  });
});
