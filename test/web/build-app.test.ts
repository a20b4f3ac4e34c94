import assert from "node:assert/strict";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { BuildApp } from "../../dist/web/build-app.js";
import { Stage } from "../runner/actors.js";
import { makeFolder } from "../runner/folders.js";
import { EventClient, RawClient, TestServer, ask, postJson } from "../support/http.js";
import type { TestContext } from "node:test";
import type { BuildRecord } from "../../dist/runner/record.js";
import type { DecodedEvent } from "../../dist/protocol/decode.js";
import type { BuildAppOptions } from "../../dist/web/build-app-options.js";

const LOCK = JSON.stringify({ name: "p", lockfileVersion: 3, requires: true, packages: { "": { name: "p" } } });

interface Setup {
  readonly port: number;
  readonly root: string;
  readonly app: BuildApp;
  readonly stage: Stage;
}

/** An app with a root that holds `project`, whose build is an actor named "build", and `other`, whose build is "other". */
async function start(t: TestContext, options: Partial<BuildAppOptions> = {}): Promise<Setup> {
  const stage = await Stage.open(t);
  const script = (name: string): string => {
    const call = (actor: string): string => {
      const { command, args } = stage.step(actor);
      return [command, ...args].map((part) => JSON.stringify(part)).join(" ");
    };
    return JSON.stringify({ name, scripts: { build: call(name), bundle: call("bundle"), "--version": "true" } });
  };
  const root = await makeFolder(t, {
    "project/package.json": script("build"),
    "project/package-lock.json": LOCK,
    "other/package.json": script("other"),
    "other/package-lock.json": LOCK,
    "scriptless/package.json": "{}",
    "broken/package.json": "{",
    "empty/": "",
  });
  const app = new BuildApp({ roots: [root], ...options });
  const server = await TestServer.start(app.handle);
  t.after(async () => {
    await app.close();
    await server.close();
  });
  return { port: server.port, root, app, stage };
}

const build = (port: number, projectPath: unknown, headers?: Record<string, string>) =>
  postJson(port, "/api/project/build", { projectPath }, headers);

const has = (type: string) => (events: readonly DecodedEvent[]) => events.some((event) => event.type === type);
const texts = (events: readonly DecodedEvent[]): string[] =>
  events.filter((event) => event.type === "line").map((event) => (JSON.parse(event.data) as { text: string }).text);

describe("BuildApp: a build", () => {
  it("is accepted at once, and streamed line by line to everybody, early or late, from its first line", async (t) => {
    const { port, stage } = await start(t);
    const feed = await EventClient.open(port, "/api/log/push");
    const accepted = await build(port, "project");
    assert.equal(accepted.status, 202);
    const { msg, build: record } = accepted.json as { msg: string; build: BuildRecord };
    assert.equal(msg, "Build of build accepted");
    assert.match(record.status, /^(queued|running)$/);
    assert.equal(accepted.headers.location, `/api/builds/${record.id}`);

    const early = await EventClient.open(port, `/api/builds/${record.id}/events`);
    const actor = await stage.actor("build");
    await actor.do({ action: "write", text: "one\n\x1b[31mtwo\x1b[0m\n" });
    const seen = await early.until((events) => texts(events).includes("one"));
    assert.equal(seen[0]?.type, "build");

    // A reload in the middle: the rest follows exactly where the first connection stopped.
    early.close();
    const before = [...early.events];
    await actor.do({ action: "write", to: 2, text: "three\n" });
    const again = await EventClient.open(port, `/api/builds/${record.id}/events`, {
      "Last-Event-ID": before.at(-1)?.lastEventId ?? "",
    });
    const late = await EventClient.open(port, `/api/builds/${record.id}/events`);
    actor.tell({ action: "exit", code: 0 });
    await again.ended();
    await late.ended();
    assert.deepEqual([...before, ...again.events], late.events);
    assert.deepEqual(
      late.events.map((event) => event.lastEventId),
      late.events.map((_, index) => `${record.id}-${index + 1}`),
    );

    const last = late.events.at(-1);
    assert.equal(last?.type, "end");
    const ended = JSON.parse(last?.data ?? "") as BuildRecord;
    assert.equal(ended.status, "succeeded");
    assert.deepEqual(
      ended.steps.map(({ name, status, exitCode }) => [name, status, exitCode]),
      [
        ["install", "succeeded", 0],
        ["build", "succeeded", 0],
      ],
    );
    const lines = texts(late.events);
    for (const line of ["one", "\x1b[31mtwo\x1b[0m", "three"]) assert.ok(lines.includes(line), line);
    const three = late.events.find((event) => event.type === "line" && event.data.includes("three"));
    const { time, number, ...line } = JSON.parse(three?.data ?? "") as Record<string, unknown>;
    assert.deepEqual(line, { step: "build", stream: "stderr", text: "three" });
    assert.equal(number, lines.indexOf("three") + 1);
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

    // Who comes back after the end is told not to come again.
    const done = await EventClient.open(port, `/api/builds/${record.id}/events`, {
      "Last-Event-ID": last?.lastEventId ?? "",
    });
    assert.equal(done.status, 204);

    // The feed had the same lines, as plain text with the time, and the build at each change of its state.
    await feed.until((events) =>
      events.some((event) => event.type === "build" && event.data.includes('"status":"succeeded","message"')),
    );
    const messages = feed.events.filter((event) => event.type === "message").map((event) => event.data);
    assert.ok(
      messages.every((message) => /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] /.test(message)),
      String(messages),
    );
    assert.deepEqual(
      messages.map((message) => message.slice(22)),
      lines.map((text) => text.replace(/\x1b\[\d*m/g, "")),
    );
    const states = feed.events
      .filter((event) => event.type === "build")
      .map((event) => (JSON.parse(event.data) as BuildRecord).status);
    assert.equal(states.at(-1), "succeeded");
    assert.ok(states.includes("running"));
    feed.close();

    assert.deepEqual((await ask(port, "GET", `/api/builds/${record.id}`)).json, ended);
    assert.deepEqual((await ask(port, "GET", "/api/builds")).json, { builds: [ended], next: null });
  });

  it("takes a form, as jQuery sends it", async (t) => {
    const { port, root, stage } = await start(t);
    const answer = await ask(port, "POST", "/api/project/build", {
      headers: { "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8" },
      body: `projectPath=${encodeURIComponent(`${root}/project`)}`,
    });
    assert.equal(answer.status, 202);
    (await stage.actor("build")).tell({ action: "exit", code: 0 });
  });

  it("gives its log as text, live while it runs and whole afterwards", async (t) => {
    const { port, stage } = await start(t);
    const { id } = (await build(port, "project")).json["build"] as BuildRecord;
    const actor = await stage.actor("build");
    const follower = new RawClient(port).send(`GET /api/builds/${id}/log HTTP/1.0`, "Host: localhost");
    await actor.do({ action: "write", text: "\x1b[32mgreen\x1b[0m\n" });
    await follower.until("green\n");
    assert.match(follower.head, /Content-Type: text\/plain; charset=utf-8\r\n/);
    const leaver = new RawClient(port).get(`/api/builds/${id}/log`);
    await leaver.until("green");
    leaver.socket.destroy();
    actor.tell({ action: "exit", code: 3 });
    await follower.closed();
    assert.match(
      follower.body,
      /\n\$ npm run build[^\n]*\n(?:[^\n]*\n)*green\n(?:[^\n]*\n)*build failed with exit code 3[^\n]*\n/,
    );
    const whole = await ask(port, "GET", `/api/builds/${id}/log`);
    assert.equal(whole.text, follower.body);
    const coloured = await ask(port, "GET", `/api/builds/${id}/log?ansi`);
    assert.ok(coloured.text.includes("\x1b[32mgreen\x1b[0m\n"));
    const head = await ask(port, "HEAD", `/api/builds/${id}/log`);
    assert.deepEqual([head.status, head.text], [200, ""]);
    const record = (await ask(port, "GET", `/api/builds/${id}`)).json as unknown as BuildRecord;
    assert.deepEqual([record.status, record.steps[1]?.exitCode], ["failed", 3]);
  });

  it("can be cancelled once", async (t) => {
    const { port, stage } = await start(t);
    const { id } = (await build(port, "project")).json["build"] as BuildRecord;
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    const actor = await stage.actor("build");
    const cancelled = await ask(port, "POST", `/api/builds/${id}/cancel`);
    assert.equal(cancelled.status, 202);
    assert.equal((cancelled.json["build"] as BuildRecord).id, id);
    await actor.gone;
    await client.ended();
    const record = JSON.parse(client.events.at(-1)?.data ?? "") as BuildRecord;
    assert.equal(record.status, "cancelled");
    const again = await ask(port, "POST", `/api/builds/${id}/cancel`);
    assert.equal(again.status, 409);
    assert.equal((again.json["error"] as { code: string }).code, "BUILD_ENDED");
  });

  it("is joined, not repeated, while it runs", async (t) => {
    const { port, stage } = await start(t);
    const { id } = (await build(port, "project")).json["build"] as BuildRecord;
    const actor = await stage.actor("build");
    const second = await build(port, "./project/");
    assert.equal(second.status, 409);
    assert.equal((second.json["error"] as { code: string }).code, "ALREADY_BUILDING");
    assert.equal((second.json["build"] as BuildRecord).id, id);
    actor.tell({ action: "exit", code: 0 });
  });

  it("builds what was chosen, as JSON and as a form, and the same again when asked to", async (t) => {
    const { port, stage } = await start(t);
    const fields = { projectPath: "project", script: "bundle", install: "skip" };
    const bodies = [
      { headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields) },
      { headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: String(new URLSearchParams(fields)) },
    ];
    for (const options of bodies) {
      const first = (await ask(port, "POST", "/api/project/build", options)).json["build"] as BuildRecord;
      assert.deepEqual([first.script, first.install], ["bundle", "skip"]);
      assert.deepEqual(
        first.steps.map(({ command }) => command),
        ["npm run bundle"],
      );
      const bundle = await stage.actor("bundle");
      const busy = await ask(port, "POST", `/api/builds/${first.id}/rerun`);
      assert.deepEqual([busy.status, (busy.json["build"] as BuildRecord).id], [409, first.id]);
      const client = await EventClient.open(port, `/api/builds/${first.id}/events`);
      bundle.tell({ action: "exit", code: 0 });
      await client.ended();
      stage.forget("bundle");

      const answer = await ask(port, "POST", `/api/builds/${first.id}/rerun`);
      assert.equal(answer.status, 202);
      const { msg, build: again } = answer.json as { msg: string; build: BuildRecord };
      assert.equal(msg, "Build of build accepted");
      assert.notEqual(again.id, first.id);
      assert.equal(answer.headers.location, `/api/builds/${again.id}`);
      const inputs = ({ projectPath, script, install }: BuildRecord): unknown[] => [projectPath, script, install];
      assert.deepEqual(inputs(again), inputs(first));
      const end = await EventClient.open(port, `/api/builds/${again.id}/events`);
      (await stage.actor("bundle")).tell({ action: "exit", code: 0 });
      assert.ok(has("end")(await end.ended()));
      stage.forget("bundle");
    }
    const standard = (await build(port, "other")).json["build"] as BuildRecord;
    assert.deepEqual([standard.script, standard.install], ["build", "auto"]);
    (await stage.actor("other")).tell({ action: "exit", code: 0 });
  });

  it("cannot be built again when it is unknown, or its project has gone or changed", async (t) => {
    const { port, root, stage } = await start(t);
    const rerun = async (id: string): Promise<unknown[]> => {
      const { status, json } = await ask(port, "POST", `/api/builds/${id}/rerun`);
      return [status, (json["error"] as { code: string }).code];
    };
    assert.deepEqual(await rerun("0123456789abcdef"), [404, "BUILD_NOT_FOUND"]);
    const fields = { projectPath: "project", script: "bundle", install: "skip" };
    const { id } = (await postJson(port, "/api/project/build", fields)).json["build"] as BuildRecord;
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    (await stage.actor("bundle")).tell({ action: "exit", code: 0 });
    await client.ended();
    await writeFile(`${root}/project/package.json`, '{"scripts":{"build":"true"}}');
    assert.deepEqual(await rerun(id), [422, "NO_SCRIPT"]);
    await rm(`${root}/project`, { recursive: true });
    assert.deepEqual(await rerun(id), [404, "PROJECT_NOT_FOUND"]);
  });

  it("is what the embedder describes, for a folder that is no JavaScript project", async (t) => {
    const asked: unknown[] = [];
    const failure = new Error("no plan");
    const errors: unknown[] = [];
    const stage = await Stage.open(t);
    const { port, root } = await start(t, {
      plan: async (folder, inputs) => {
        asked.push([folder, inputs]);
        if (inputs.script === "swap") await rename(folder.path, `${folder.path}-old`).then(() => mkdir(folder.path));
        if (folder.path.endsWith("broken")) throw failure;
        if (!folder.path.endsWith("empty")) return undefined;
        const reason = "there is nothing in it";
        const { script = null } = inputs;
        const steps = [stage.step("described", folder.path)];
        const { path: projectPath } = folder;
        return { projectPath, projectName: "empty", packageManager: null, script, reason, warnings: [], steps };
      },
      onError: (error) => errors.push(error),
    });
    const fields = { projectPath: "empty", script: "all" };
    const first = (await postJson(port, "/api/project/build", fields)).json["build"] as BuildRecord;
    const client = await EventClient.open(port, `/api/builds/${first.id}/events`);
    (await stage.actor("described")).tell({ action: "exit", code: 0 });
    assert.equal(texts(await client.ended())[0], "there is nothing in it");
    stage.forget("described");
    const again = (await ask(port, "POST", `/api/builds/${first.id}/rerun`)).json["build"] as BuildRecord;
    assert.deepEqual([again.projectPath, again.script, again.install], [`${root}/empty`, "all", null]);
    const second = await EventClient.open(port, `/api/builds/${again.id}/events`);
    (await stage.actor("described")).tell({ action: "exit", code: 0 });
    await second.ended();
    const folder = { path: `${root}/empty`, root };
    const inputs = { script: "all", install: undefined };
    assert.deepEqual(asked, [
      [folder, inputs],
      [folder, inputs],
    ]);
    assert.equal((await build(port, "scriptless")).status, 422, "its package.json counts");
    assert.equal((await build(port, "../")).status, 404);
    assert.deepEqual([(await build(port, "broken")).status, errors], [500, [failure]]);
    assert.equal(asked.length, 4);
    const swapped = (await postJson(port, "/api/project/build", { ...fields, script: "swap" })).json[
      "build"
    ] as BuildRecord;
    const lines = texts(await (await EventClient.open(port, `/api/builds/${swapped.id}/events`)).ended());
    assert.match(lines.at(-1) ?? "", /empty is another directory than when the build was accepted/);
  });

  it("gets its dev dependencies, whatever NODE_ENV says to the server", async (t) => {
    const before = process.env["NODE_ENV"];
    process.env["NODE_ENV"] = "production";
    t.after(() => {
      if (before === undefined) delete process.env["NODE_ENV"];
      else process.env["NODE_ENV"] = before;
    });
    const { port, root } = await start(t);
    const manifest = { name: "app", version: "1.0.0", devDependencies: { tool: "file:tool" } };
    const files = {
      "package.json": JSON.stringify({ ...manifest, scripts: { build: "node -p \"require('tool')\"" } }),
      "package-lock.json": JSON.stringify({
        name: "app",
        version: "1.0.0",
        lockfileVersion: 3,
        packages: {
          "": manifest,
          "node_modules/tool": { resolved: "tool", link: true },
          tool: { version: "1.0.0", dev: true },
        },
      }),
      "tool/package.json": '{"name":"tool","version":"1.0.0"}',
      "tool/index.js": 'module.exports = "the tool is there; NODE_ENV is " + process.env.NODE_ENV;',
    };
    await mkdir(`${root}/app/tool`, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(`${root}/app/${name}`, text);
    for (const install of ["auto", "clean"]) {
      const { id } = (await postJson(port, "/api/project/build", { projectPath: "app", install })).json[
        "build"
      ] as BuildRecord;
      const lines = texts(await (await EventClient.open(port, `/api/builds/${id}/events`)).ended());
      assert.ok(lines.includes("the tool is there; NODE_ENV is undefined"), lines.join("\n"));
      assert.match(lines[0] ?? "", /^npm \d+\.\d+\.\d+, because package-lock.json is there; the install is frozen by /);
    }
  });

  it("starts without what earlier installs have left, when that was chosen", async (t) => {
    const { port, root } = await start(t);
    await mkdir(`${root}/stale/node_modules`, { recursive: true });
    const seen = "node -p \"'left: ' + fs.existsSync('node_modules/.left')\"";
    await writeFile(`${root}/stale/package.json`, JSON.stringify({ scripts: { build: seen } }));
    for (const [install, steps, line] of [
      ["skip", ["build"], "left: true"],
      ["auto", ["install", "build"], "left: true"],
      ["clean", ["clean", "install", "build"], "left: false"],
    ] as const) {
      await mkdir(`${root}/stale/node_modules`, { recursive: true });
      await writeFile(`${root}/stale/node_modules/.left`, "");
      await rm(`${root}/stale/package-lock.json`, { force: true });
      const answer = await postJson(port, "/api/project/build", { projectPath: "stale", install });
      const { id } = answer.json["build"] as BuildRecord;
      const events = await (await EventClient.open(port, `/api/builds/${id}/events`)).ended();
      assert.ok(texts(events).includes(line), texts(events).join("\n"));
      const end = JSON.parse(events.at(-1)?.data ?? "") as BuildRecord;
      assert.deepEqual(
        end.steps.map(({ name, status }) => [name, status]),
        steps.map((name) => [name, "succeeded"]),
      );
    }
  });

  it("waits its turn, and is refused when too many wait", async (t) => {
    const { port, stage } = await start(t, { concurrency: 1, queueLimit: 0 });
    assert.equal((await build(port, "project")).status, 202);
    const full = await build(port, "other");
    assert.equal(full.status, 503);
    assert.ok(Number(full.headers["retry-after"]) > 0);
    assert.equal((full.json["error"] as { code: string }).code, "QUEUE_FULL");
    (await stage.actor("build")).tell({ action: "exit", code: 0 });
  });

  it("is listed page by page, and by project and status", async (t) => {
    const { port, root, stage } = await start(t);
    const ids: string[] = [];
    for (const [name, code] of [
      ["project", 0],
      ["other", 1],
      ["other", 0],
    ] as const) {
      const { id } = (await build(port, name)).json["build"] as BuildRecord;
      ids.unshift(id);
      const client = await EventClient.open(port, `/api/builds/${id}/events`);
      const actor = name === "project" ? "build" : "other";
      (await stage.actor(actor)).tell({ action: "exit", code });
      await client.ended();
      stage.forget(actor);
    }
    const list = async (query: string): Promise<unknown[]> => {
      const { builds, next } = (await ask(port, "GET", `/api/builds?${query}`)).json;
      return [...(builds as BuildRecord[]).map(({ id }) => ids.indexOf(id)), next];
    };
    assert.deepEqual(await list("limit=2"), [0, 1, ids[1]]);
    assert.deepEqual(await list(`limit=2&before=${ids[1]}`), [2, null]);
    assert.deepEqual(await list(`project=${encodeURIComponent(`${root}/other`)}`), [0, 1, null]);
    assert.deepEqual(await list("status=failed&status=cancelled"), [1, null]);
    assert.deepEqual(await list("status=succeeded,failed&project=other&limit=1"), [0, ids[0]]);
    for (const query of ["limit=0", "status=done", "before=1", "project="]) {
      const { status, json } = await ask(port, "GET", `/api/builds?${query}`);
      assert.deepEqual([status, (json["error"] as { code: string }).code], [400, "BAD_REQUEST"], query);
    }
    const head = await ask(port, "HEAD", "/api/builds?limit=1");
    assert.deepEqual([head.status, head.text], [200, ""]);
  });

  it("is forgotten with its stream when newer ones push it out", async (t) => {
    const { port, stage } = await start(t, { keep: 1 });
    const ids: string[] = [];
    for (const name of ["project", "other"]) {
      const { id } = (await build(port, name)).json["build"] as BuildRecord;
      ids.push(id);
      const client = await EventClient.open(port, `/api/builds/${id}/events`);
      (await stage.actor(name === "project" ? "build" : "other")).tell({ action: "exit", code: 0 });
      await client.ended();
    }
    assert.deepEqual(
      ((await ask(port, "GET", "/api/builds")).json["builds"] as BuildRecord[]).map(({ id }) => id),
      [ids[1]],
    );
    for (const path of ["", "/events", "/log"]) {
      assert.equal((await ask(port, "GET", `/api/builds/${ids[0]}${path}`)).status, 404, path);
    }
  });

  it("ends with the app: cancelled, and every stream told", async (t) => {
    const { port, stage, app } = await start(t);
    const { id } = (await build(port, "project")).json["build"] as BuildRecord;
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    const feed = await EventClient.open(port, "/api/log/push");
    const actor = await stage.actor("build");
    await app.close();
    await actor.gone;
    assert.ok(has("end")(await client.ended()));
    await feed.ended();
    assert.ok((feed.decoder.retry ?? 0) >= 2000);
    const refused = await build(port, "other");
    assert.deepEqual([refused.status, (refused.json["error"] as { code: string }).code], [503, "SHUTTING_DOWN"]);
  });
});

describe("BuildApp: what it refuses", () => {
  it("projects it may not build, by one text for outside and missing", async (t) => {
    const { port, root } = await start(t);
    const texts = new Set<string>();
    for (const path of [
      "missing",
      "..",
      "/",
      "/etc",
      `${root}/../`,
      "project/package.json",
      "x".repeat(5000),
      "a\0b",
    ]) {
      const answer = await build(port, path);
      assert.equal(answer.status, 404, path.slice(0, 50));
      const { code, message } = answer.json["error"] as { code: string; message: string };
      assert.equal(code, "PROJECT_NOT_FOUND");
      if (path.length < 1000 && !path.includes("\0")) texts.add(message);
    }
    assert.equal(texts.size, 1, [...texts].join("\n"));
  });

  const unbuildable = [
    ["scriptless", "NO_SCRIPT"],
    ["broken", "INVALID_MANIFEST"],
    ["empty", "NO_MANIFEST"],
  ] as const;
  for (const [name, code] of unbuildable) {
    it(`a project with 422 ${code}`, async (t) => {
      const { port } = await start(t);
      const answer = await build(port, name);
      assert.deepEqual([answer.status, (answer.json["error"] as { code: string }).code], [422, code]);
      assert.deepEqual((await ask(port, "GET", "/api/builds")).json, { builds: [], next: null });
    });
  }

  it("bodies it cannot read", async (t) => {
    const { port } = await start(t);
    const json = { "Content-Type": "application/json" };
    const cases: readonly (readonly [number, string, Record<string, string>, string | Uint8Array])[] = [
      [400, "BAD_REQUEST", json, "{"],
      [400, "BAD_REQUEST", json, "[]"],
      [400, "BAD_REQUEST", json, "null"],
      [400, "BAD_REQUEST", json, ""],
      [400, "BAD_REQUEST", json, "{}"],
      [400, "BAD_REQUEST", json, '{"projectPath":""}'],
      [400, "BAD_REQUEST", json, '{"projectPath":"  "}'],
      [400, "BAD_REQUEST", json, '{"projectPath":7}'],
      [400, "BAD_REQUEST", json, '{"projectPath":"project","script":""}'],
      [400, "BAD_REQUEST", json, '{"projectPath":"project","script":null}'],
      [400, "BAD_REQUEST", json, '{"projectPath":"project","script":["build"]}'],
      [400, "BAD_REQUEST", json, '{"projectPath":"project","install":"fast"}'],
      [400, "BAD_REQUEST", json, '{"projectPath":"project","install":true}'],
      [400, "BAD_REQUEST", { "Content-Type": "application/x-www-form-urlencoded" }, "projectPath=project&install="],
      [422, "NO_SCRIPT", json, '{"projectPath":"project","script":"deploy"}'],
      [422, "NO_SCRIPT", json, '{"projectPath":"project","script":"--version"}'],
      [400, "BAD_REQUEST", json, Buffer.from('{"projectPath":"\xff"}', "latin1")],
      [400, "BAD_REQUEST", { "Content-Type": "application/x-www-form-urlencoded" }, "projectPath="],
      [400, "BAD_REQUEST", { "Content-Type": "application/x-www-form-urlencoded" }, ""],
      [400, "BAD_REQUEST", {}, ""],
      [413, "BODY_TOO_LARGE", json, JSON.stringify({ projectPath: "x".repeat(70_000) })],
      [415, "UNSUPPORTED_MEDIA_TYPE", { "Content-Type": "text/plain" }, '{"projectPath":"project"}'],
      [415, "UNSUPPORTED_MEDIA_TYPE", {}, '{"projectPath":"project"}'],
    ];
    for (const [status, code, headers, body] of cases) {
      const answer = await ask(port, "POST", "/api/project/build", { headers, body });
      assert.deepEqual(
        [answer.status, (answer.json["error"] as { code: string }).code],
        [status, code],
        String(body).slice(0, 60),
      );
      assert.match((answer.json["error"] as { message: string }).message, /^Cannot /);
    }
    assert.deepEqual((await ask(port, "GET", "/api/builds")).json, { builds: [], next: null });
  });

  it("a body that breaks off, without harm to others", async (t) => {
    const { port } = await start(t);
    const client = new RawClient(port);
    const head = [
      "POST /api/project/build HTTP/1.1",
      "Host: localhost",
      "Content-Type: application/json",
      "Content-Length: 100",
    ];
    client.socket.write([...head, "", '{"proj'].join("\r\n"), () => client.socket.resetAndDestroy());
    await client.closed();
    assert.equal((await ask(port, "GET", "/healthz")).status, 200);
  });

  it("unknown paths and builds, and other methods", async (t) => {
    const { port } = await start(t);
    for (const [method, path, status, code] of [
      ["GET", "/nowhere", 404, "NOT_FOUND"],
      ["GET", "/page/../package.json", 404, "NOT_FOUND"],
      ["GET", "/page/%2e%2e%2fserver.js", 404, "NOT_FOUND"],
      ["GET", "/api/builds/0123456789abcdef", 404, "BUILD_NOT_FOUND"],
      ["GET", "/api/builds/..%2f..%2fetc/log", 404, "BUILD_NOT_FOUND"],
      ["GET", "/api/builds/x/events", 404, "BUILD_NOT_FOUND"],
      ["POST", "/api/builds/x/cancel", 404, "BUILD_NOT_FOUND"],
      ["GET", "/api/project/build", 405, "METHOD_NOT_ALLOWED"],
      ["DELETE", "/api/builds", 405, "METHOD_NOT_ALLOWED"],
      ["POST", "/api/log/push", 405, "METHOD_NOT_ALLOWED"],
    ] as const) {
      const answer = await ask(port, method, path);
      assert.deepEqual(
        [answer.status, (answer.json["error"] as { code: string }).code],
        [status, code],
        `${method} ${path}`,
      );
      if (status === 405) assert.ok(answer.headers.allow);
    }
  });

  it("foreign hosts and origins, before anything happens", async (t) => {
    const { port } = await start(t);
    for (const headers of [
      { Host: "evil.example" },
      { Origin: "https://evil.example" },
      { "Sec-Fetch-Site": "cross-site" },
    ]) {
      assert.equal((await build(port, "project", headers as Record<string, string>)).status, 403);
      assert.equal(
        (await ask(port, "GET", "/api/log/push", { headers: headers as Record<string, string> })).status,
        403,
      );
    }
    assert.deepEqual((await ask(port, "GET", "/api/builds")).json, { builds: [], next: null });
  });
});

describe("BuildApp: other pages and secrets", () => {
  it("answers the preflight and the request of an allowed origin", async (t) => {
    const { port } = await start(t, { allowedOrigins: ["https://ci.example"] });
    const preflight = await ask(port, "OPTIONS", "/api/project/build", {
      headers: {
        Origin: "https://ci.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
      },
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers["access-control-allow-origin"], "https://ci.example");
    assert.match(String(preflight.headers["access-control-allow-headers"]), /Content-Type/);
    const refused = await build(port, "missing", { Origin: "https://ci.example" });
    assert.equal(refused.status, 404);
    assert.equal(refused.headers["access-control-allow-origin"], "https://ci.example", "errors can be read, too");
    assert.equal(refused.headers["access-control-allow-credentials"], "true");
    const feed = await EventClient.open(port, "/api/log/push", { Origin: "https://ci.example" });
    assert.equal(feed.headers["access-control-allow-origin"], "https://ci.example");
    feed.close();
  });

  it("asks everybody for the token, but for its health", async (t) => {
    const { port } = await start(t, { token: "s3cret" });
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", "/page/main.js"],
      ["GET", "/api/builds"],
      ["GET", "/api/log/push"],
      ["POST", "/api/project/build"],
    ] as const) {
      const answer = await ask(port, method, path);
      assert.deepEqual([answer.status, (answer.json["error"] as { code: string }).code], [401, "UNAUTHORIZED"], path);
      assert.equal(answer.headers["www-authenticate"], 'Bearer realm="tailcast"');
    }
    assert.equal((await ask(port, "GET", "/healthz")).status, 200);
    assert.equal((await ask(port, "GET", "/?token=wrong")).status, 401);
    const entered = await ask(port, "GET", "/?token=s3cret");
    assert.deepEqual([entered.status, entered.headers.location], [303, "/"]);
    assert.equal((await ask(port, "GET", "/?token=s3cret&build=abc")).headers.location, "/?build=abc");
    const cookie = entered.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    assert.equal((await ask(port, "GET", "/", { headers: { Cookie: cookie } })).status, 200);
    assert.equal((await ask(port, "GET", "/api/builds", { headers: { Authorization: "Bearer s3cret" } })).status, 200);
  });
});

describe("BuildApp: metrics", () => {
  /** What the server tells a monitor: every sample by its name and labels. */
  const scrape = async (port: number): Promise<Map<string, number>> => {
    const answer = await ask(port, "GET", "/metrics");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    const lines = answer.text.trimEnd().split("\n");
    for (const line of lines) {
      const form = /^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{(?:[a-z]+="[a-z-]+",?)+\})? \d+(?:\.\d+)?)$/;
      assert.match(line, form);
    }
    const samples = lines.filter((line) => !line.startsWith("#")).map((line) => line.split(" "));
    return new Map(samples.map(([name, value]) => [name ?? "", Number(value)]));
  };

  it("count builds and clients, also of builds that are forgotten", async (t) => {
    const { port, stage } = await start(t, { concurrency: 1, keep: 1 });
    const before = await scrape(port);
    for (const status of ["succeeded", "failed", "cancelled", "timed-out", "lost"]) {
      assert.equal(before.get(`tailcast_builds_total{status="${status}"}`), 0);
    }
    assert.ok((before.get("process_resident_memory_bytes") ?? 0) > 10_000_000);
    assert.ok((before.get("process_cpu_seconds_total") ?? 0) > 0);
    const started = before.get("process_start_time_seconds") ?? 0;
    assert.ok(started <= Date.now() / 1000 && started > Date.now() / 1000 - process.uptime() - 60);

    const first = (await build(port, "project")).json["build"] as BuildRecord;
    const second = (await build(port, "other")).json["build"] as BuildRecord;
    const feed = await EventClient.open(port, "/api/log/push");
    const follower = await EventClient.open(port, `/api/builds/${first.id}/events`);
    const log = new RawClient(port).get(`/api/builds/${first.id}/log`, [], "1.0");
    await log.until("npm");
    const during = await scrape(port);
    const count = (samples: Map<string, number>, ...names: string[]): unknown => names.map((name) => samples.get(name));
    const state = ["tailcast_builds_running", "tailcast_builds_queued"];
    const clients = ["feed", "build", "log"].map((stream) => `tailcast_clients{stream="${stream}"}`);
    assert.deepEqual(count(during, ...state, ...clients), [1, 1, 1, 1, 1]);

    (await stage.actor("build")).tell({ action: "exit", code: 1 });
    await follower.ended();
    await log.closed();
    await EventClient.open(port, `/api/builds/${first.id}/events`, { "Last-Event-ID": `${first.id}-999999` }).then(
      (client) => client.ended(),
    );
    const last = await EventClient.open(port, `/api/builds/${second.id}/events`);
    (await stage.actor("other")).tell({ action: "exit", code: 0 });
    await last.ended();
    assert.equal((await ask(port, "GET", `/api/builds/${first.id}`)).status, 404, "it is forgotten");
    const after = await scrape(port);
    assert.deepEqual(count(after, ...state, ...clients), [0, 0, 1, 0, 0]);
    const endings = ["failed", "succeeded", "cancelled"].map((status) => `tailcast_builds_total{status="${status}"}`);
    assert.deepEqual(count(after, ...endings), [1, 1, 0]);
    const ofBuilds = (name: string, label = ""): string => `tailcast_${name}{stream="build"${label}}`;
    assert.deepEqual(
      count(
        after,
        ofBuilds("connections_total", ',outcome="fresh"'),
        ofBuilds("connections_total", ',outcome="gap"'),
        ofBuilds("connections_closed_total", ',reason="ended"'),
        ofBuilds("gaps_total"),
        ofBuilds("connections_refused_total"),
      ),
      [2, 1, 3, 1, 0],
    );
    const published = after.get(ofBuilds("events_published_total")) ?? 0;
    assert.ok(published >= follower.events.length + last.events.length);
    assert.ok((after.get(ofBuilds("events_delivered_total")) ?? 0) > published);
    assert.ok((after.get('tailcast_events_delivered_total{stream="feed"}') ?? 0) >= feed.events.length);
    const fallen = [...after].filter(([name, value]) => /_total\b/.test(name) && value < (during.get(name) ?? 0));
    assert.deepEqual(fallen, []);
    feed.close();
  });

  it("ask for the token, too", async (t) => {
    const { port } = await start(t, { token: "s3cret" });
    assert.equal((await ask(port, "GET", "/metrics")).status, 401);
    const answer = await ask(port, "HEAD", "/metrics", { headers: { Authorization: "Bearer s3cret" } });
    assert.deepEqual([answer.status, answer.text], [200, ""]);
  });
});

describe("BuildApp: the page", () => {
  it("is served with a strict policy, and again only when it changed", async (t) => {
    const { port } = await start(t);
    const page = await ask(port, "GET", "/");
    assert.equal(page.status, 200);
    assert.equal(page.headers["content-type"], "text/html; charset=utf-8");
    const policy = String(page.headers["content-security-policy"]);
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(page.headers["x-content-type-options"], "nosniff");
    for (const [, file] of page.text.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)) {
      assert.equal((await ask(port, "GET", file ?? "")).status, 200, file);
    }
    const again = await ask(port, "GET", "/", { headers: { "If-None-Match": String(page.headers.etag) } });
    assert.deepEqual([again.status, again.text], [304, ""]);
    const head = await ask(port, "HEAD", "/");
    assert.deepEqual([head.status, head.text], [200, ""]);
  });

  it("offers the projects below the roots", async (t) => {
    const { port, root } = await start(t);
    assert.deepEqual((await ask(port, "GET", "/api/projects")).json, {
      projects: [
        { path: `${root}/other`, name: "other" },
        { path: `${root}/project`, name: "build" },
      ],
    });
  });
});

describe("BuildApp: limits", () => {
  it("bounds a build's log", async (t) => {
    const { port, stage } = await start(t, { logLimit: 1 });
    const { id } = (await build(port, "project")).json["build"] as BuildRecord;
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    const actor = await stage.actor("build");
    await actor.do({ action: "write", text: "one\ntwo\n" });
    actor.tell({ action: "exit", code: 0 });
    const lines = texts(await client.ended());
    const notice = "the log has reached its limit of 1 byte; of the rest of this step only its end is kept";
    assert.ok(lines.indexOf(notice) < lines.lastIndexOf("one"), lines.join("\n"));
    assert.equal(lines[lines.lastIndexOf("one") + 1], "two");
  });

  it("has so many places on each stream; a browser comes back by itself", async (t) => {
    const { port } = await start(t, { maxClients: 1 });
    const first = await EventClient.open(port, "/api/log/push");
    const second = await EventClient.open(port, "/api/log/push");
    assert.equal(second.status, 200);
    await second.ended();
    assert.ok((second.decoder.retry ?? 0) > 0);
    first.close();
  });

  it("has so many places for those who follow a log as text", async (t) => {
    const { port, stage } = await start(t, { maxClients: 1 });
    const { id } = (await build(port, "project")).json["build"] as BuildRecord;
    const actor = await stage.actor("build");
    const first = new RawClient(port).get(`/api/builds/${id}/log`);
    await first.until("npm");
    assert.equal((await ask(port, "GET", `/api/builds/${id}/log`)).status, 503);
    actor.tell({ action: "exit", code: 0 });
  });

  it("refuses bad options, naming them", () => {
    assert.throws(() => new BuildApp({ roots: [], heartbeat: -1 }), { code: "INVALID_OPTION" });
    assert.throws(() => new BuildApp({ roots: [], concurrency: 0 }), { code: "INVALID_OPTION" });
    const bad = [
      { roots: undefined },
      { roots: "/srv" },
      { roots: [""] },
      { token: "" },
      { token: 5 },
      { allowedOrigins: "http://x" },
      { host: 1 },
      { plan: {} },
      { onError: 1 },
    ];
    for (const options of bad) {
      const [name = "roots"] = Object.keys(options);
      assert.throws(
        () => new BuildApp({ roots: [], ...options } as never),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, "INVALID_OPTION");
          assert.match(error.message, new RegExp(`"${name}"`));
          return true;
        },
      );
    }
  });
});
