import assert from "node:assert/strict";
import { chmod, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, it } from "node:test";
import { Stage } from "../../support/actors.js";
import { makeFolder } from "../../support/folders.js";
import { EventClient, ask } from "../../support/http.js";
import { lastFirst } from "../../support/lifetime.js";
import { actorProject, open, scene, build as startBuild } from "../../streams/recover-scene.js";
import { build, buildIn, codeIn, start } from "../app.js";
import type { TestContext } from "node:test";
import type { DecodedEvent } from "../../../dist/protocol/decode.js";
import type { BuildRecord } from "../../../dist/runner/record.js";
import type { BuildAppOptions } from "../../../dist/web/build-app-options.js";
import type { Lifetime } from "../../support/lifetime.js";
import type { Setup } from "../app.js";

/** An environment whose `pnpm` is an actor: it never prints its version. */
async function slowPnpm(t: Lifetime, stage: Stage): Promise<{ PATH: string }> {
  const { command, args } = stage.step("version");
  const call = [command, ...args].map((part) => JSON.stringify(part)).join(" ");
  const bin = await makeFolder(t, { pnpm: `#!/bin/sh\nexec ${call}\n` });
  await chmod(join(bin, "pnpm"), 0o755);
  return { PATH: [bin, process.env["PATH"]].join(delimiter) };
}

/** An app whose projects use this `pnpm`. */
async function startSlow(t: TestContext, options: Partial<BuildAppOptions> = {}): Promise<Setup> {
  const stage = await Stage.open(t);
  const setup = await start(t, { env: await slowPnpm(t, stage), ...options });
  for (const name of ["project", "other"]) await writeFile(join(setup.root, name, "pnpm-lock.yaml"), "");
  return { ...setup, stage };
}

function endOf(events: readonly DecodedEvent[]): BuildRecord {
  return JSON.parse(events.at(-1)?.data ?? "") as BuildRecord;
}

describe("POST /api/project/build, with a manager that hangs on --version", () => {
  it("answers while no program has started, and plans in the build", async (t) => {
    const { port, stage } = await startSlow(t, { concurrency: 1 });
    const accepted = buildIn(await build(port, "project"));
    assert.deepEqual(accepted.steps.map(({ name, command }) => [name, command]), [["plan", ""]]);
    // The build runs the program, which cannot end: so the answer did not wait for it.
    const program = await stage.actor("version");
    const waiting = buildIn(await build(port, "other"));
    assert.deepEqual([waiting.status, waiting.queuePosition], ["queued", 1]);
    const client = await EventClient.open(port, `/api/builds/${accepted.id}/events`);
    assert.equal((await ask(port, "POST", `/api/builds/${waiting.id}/cancel`)).status, 202);
    assert.equal((await ask(port, "POST", `/api/builds/${accepted.id}/cancel`)).status, 202);
    const end = endOf(await client.ended());
    assert.deepEqual([end.status, end.message], ["cancelled", "cancelled while plan was running"]);
    await program.gone;
  });

  it("refuses at once what files alone show", async (t) => {
    const { port } = await startSlow(t);
    assert.equal(codeIn(await build(port, "scriptless")), "NO_SCRIPT");
    assert.equal(codeIn(await build(port, "broken")), "INVALID_MANIFEST");
    assert.equal(codeIn(await build(port, "..")), "PROJECT_NOT_FOUND");
  });

  it("ends the planning at the time limit", async (t) => {
    const { port } = await startSlow(t, { timeout: 1000 });
    const { id } = buildIn(await build(port, "project"));
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    const end = endOf(await client.ended());
    assert.deepEqual([end.status, end.steps.map(({ status }) => status)], ["timed-out", ["timed-out"]]);
  });

  it("opens with a queued build while no program has started, and plans it in its build", async (test) => {
    const t = lastFirst(test);
    const stage = await Stage.open(test);
    const here = await scene(t, { ...actorProject(stage), "p/pnpm-lock.yaml": "" });
    const options = { ...here.options, concurrency: 1, env: await slowPnpm(t, stage) };
    const first = await open(t, options);
    await startBuild(first.port, "first");
    await stage.actor("actor");
    const { id } = await startBuild(first.port, "p");
    await first.close();
    const second = await open(t, options);
    // The app is open, and the program cannot end.
    const program = await stage.actor("version");
    const client = await EventClient.open(second.port, `/api/builds/${id}/events`);
    assert.equal((await ask(second.port, "POST", `/api/builds/${id}/cancel`)).status, 202);
    assert.equal(endOf(await client.ended()).status, "cancelled");
    await program.gone;
  });
});
