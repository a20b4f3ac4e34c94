import assert from "node:assert/strict";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { Stage } from "../../support/actors.js";
import { EventClient, ask, postJson } from "../../support/http.js";
import { build, buildIn, codeIn, has, start, texts } from "../app.js";
import type { BuildRecord } from "../../../dist/runner/record.js";
import type { ListedProject } from "../../../dist/web/project-list.js";

describe("BuildApp: requests for builds", () => {
  it("is joined, not repeated, while it runs", async (t) => {
    const { port, stage } = await start(t);
    const { id } = buildIn(await build(port, "project"));
    const actor = await stage.actor("build");
    const second = await build(port, "./project/");
    assert.equal(second.status, 409);
    assert.equal(codeIn(second), "ALREADY_BUILDING");
    assert.equal((second.json["build"] as BuildRecord).id, id);
    actor.tell({ action: "exit", code: 0 });
  });

  it("builds the chosen script, by JSON and by a form, and repeats the build on request", async (t) => {
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
        [""],
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
    const standard = buildIn(await build(port, "other"));
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

  it("follows the plan of the embedder for a folder that is not a JavaScript project", async (t) => {
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
      const first = /^npm [\d.]+ on Node\.js [\d.]+, because package-lock.json is there; the install is frozen by /;
      assert.match(lines[0] ?? "", first);
    }
  });

  it("starts without node_modules of earlier installs, if that was chosen", async (t) => {
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
        ["plan", ...steps].map((name) => [name, "succeeded"]),
      );
    }
  });

  it("is listed page by page, and by project, status and search", async (t) => {
    const { port, root, stage } = await start(t);
    const ids: string[] = [];
    for (const [name, code] of [
      ["project", 0],
      ["other", 1],
      ["other", 0],
    ] as const) {
      const { id } = buildIn(await build(port, name));
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
    assert.deepEqual(await list(`search=${ids[2]?.slice(3).toUpperCase()}`), [2, null]);
    assert.deepEqual(await list("search=OTH"), [0, 1, null]);
    for (const query of ["limit=0", "status=done", "before=1", "project=", "search="]) {
      const { status, json } = await ask(port, "GET", `/api/builds?${query}`);
      assert.deepEqual([status, (json["error"] as { code: string }).code], [400, "BAD_REQUEST"], query);
    }
    const head = await ask(port, "HEAD", "/api/builds?limit=1");
    assert.deepEqual([head.status, head.text], [200, ""]);
  });

  it("is listed with its project, while it runs and after its end", async (t) => {
    const { port, root, stage } = await start(t);
    const project = async (): Promise<ListedProject> => {
      const { projects } = (await ask(port, "GET", "/api/projects")).json as { projects: readonly ListedProject[] };
      return projects.find(({ path }) => path === `${root}/project`) ?? assert.fail();
    };
    for (const number of [1, 2]) {
      const { id } = buildIn(await build(port, "project"));
      const actor = await stage.actor("build");
      const before = await project();
      assert.deepEqual([before.builds, before.active?.id, before.active?.status], [number, id, "running"]);
      assert.equal(before.durations.length, number - 1);
      const client = await EventClient.open(port, `/api/builds/${id}/events`);
      actor.tell({ action: "exit", code: 0 });
      const ended = JSON.parse((await client.ended()).at(-1)?.data ?? "") as BuildRecord;
      stage.forget("build");
      const after = await project();
      assert.deepEqual([after.builds, after.active], [number, null]);
      assert.deepEqual([after.last?.id, after.last?.status], [id, "succeeded"]);
      const duration = Date.parse(ended.finishedAt ?? "") - Date.parse(ended.startedAt ?? "");
      assert.deepEqual(after.durations, [...before.durations, duration]);
    }
  });
});
