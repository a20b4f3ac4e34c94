import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { BuildApp } from "../../dist/web/build-app.js";
import { Stage } from "../support/actors.js";
import { postJson } from "../support/http.js";
import { lastFirst } from "../support/lifetime.js";
import { actorProject, build, follow, open, scene } from "./recover-scene.js";
import type { BuildRecord } from "../../dist/runner/record.js";

describe("a build server whose folder cannot be used", () => {
  it("fails a build whose log was deleted while it ran", async (test) => {
    const t = lastFirst(test);
    const stage = await Stage.open(test);
    const here = await scene(t, actorProject(stage));
    const { port } = await open(t, here.options);
    const { id } = await build(port, "first");
    const actor = await stage.actor("actor");
    const client = await follow(port, id);
    await rm(join(here.data, "builds", id), { recursive: true });
    actor.tell({ action: "exit", code: 0 });
    const { status, message } = JSON.parse((await client.ended()).at(-1)?.data ?? "") as BuildRecord;
    assert.equal(status, "failed");
    assert.match(String(message), /^stopped because .* not be delivered \(the file of the log was deleted\)/);
  });

  it("accepts no build that it cannot store, and continues", async (test) => {
    const t = lastFirst(test);
    const here = await scene(t);
    const { port } = await open(t, here.options);
    const builds = join(here.data, "builds");
    await rm(builds, { recursive: true });
    await writeFile(builds, "in the way");
    const refused = await postJson(port, "/api/project/build", { projectPath: "p", install: "skip" });
    assert.equal(refused.status, 503);
    const { code, message } = refused.json["error"] as { code: string; message: string };
    assert.equal(code, "NOT_STORED");
    assert.match(message, /^Cannot build: the build could not be stored \(ENOTDIR\)$/);
    await rm(builds);
    await (await follow(port, (await build(port, "p")).id)).ended();
  });

  it("refuses a folder that another app has, and bad options", async (test) => {
    const t = lastFirst(test);
    const { options } = await scene(t);
    await open(t, options);
    await assert.rejects(BuildApp.open(options), { code: "DATA_IN_USE" });
    await assert.rejects(BuildApp.open({ ...options, data: "" }), { code: "INVALID_OPTION" });
    const other = await scene(t);
    await assert.rejects(BuildApp.open({ ...other.options, keep: -1 }), { code: "INVALID_OPTION" });
    await (await BuildApp.open(other.options)).close();
  });
});
