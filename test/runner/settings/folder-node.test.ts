import assert from "node:assert/strict";
import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { makeFolder } from "../../support/folders.js";
import { EventClient } from "../../support/http.js";
import { build, buildIn, start, texts } from "../../web/app.js";
import { makeNode } from "../node/fake-node.js";
import type { TestContext } from "node:test";
import type { BuildRecord } from "../../../dist/runner/record.js";

interface Ended {
  readonly end: BuildRecord;
  readonly lines: readonly string[];
}

interface Setup {
  readonly folder: string;
  readonly write: (projects: unknown) => Promise<void>;
  readonly run: (path: string) => Promise<Ended>;
}

/** An app with a settings file, and two installations of Node.js that do not exist elsewhere. */
async function startWith(t: TestContext, projects: unknown, files: Record<string, string> = {}): Promise<Setup> {
  const folder = await makeFolder(t, {
    ...{ "shop/package.json": '{"scripts":{"build":"true"}}', "shop/package-lock.json": "{}", "tool/": "", ...files },
  });
  await makeNode(join(folder, "nodes/one"), "80.1.0");
  await makeNode(join(folder, "nodes/two"), "82.1.0");
  const projectsFile = join(folder, "projects.json");
  const write = (value: unknown): Promise<void> => writeFile(projectsFile, JSON.stringify({ projects: value }));
  await write(projects);
  const { port } = await start(t, { roots: [folder], projects: projectsFile, nodePath: [join(folder, "nodes")] });
  return {
    folder,
    write,
    run: async (path) => {
      const { id } = buildIn(await build(port, path));
      const events = await (await EventClient.open(port, `/api/builds/${id}/events`)).ended();
      const lines = texts(events).map((line) => line.replaceAll(folder, "~"));
      return { end: JSON.parse(events.at(-1)?.data ?? "") as BuildRecord, lines };
    },
  };
}

describe("the Node.js of a folder of the settings file", { skip: process.platform === "win32" }, () => {
  it("is an installed one of the named version, which wins over the files of the project", async (t) => {
    const { run } = await startWith(t, { shop: { node: "80" } }, { "shop/.nvmrc": "82" });
    const { end, lines } = await run("shop");
    assert.equal(end.nodeVersion, "80.1.0", lines.join("\n"));
    const wish = "node in projects.json wants Node.js 80, which is that of --node-path";
    assert.ok(lines[0]?.includes(`npm 80.1.099 on Node.js 80.1.0, because package-lock.json is there; ${wish}; `));
    const warning = ".nvmrc wants Node.js 82, but Node.js 80.1.0 runs, as node in projects.json wants";
    assert.equal(lines[1], `warning: ${warning}`);
    // The fake npm prints the version of the node on PATH.
    assert.deepEqual(lines.filter((line) => line.startsWith("v")), ["v80.1.0", "v80.1.0"]);
  });

  it("is the installation that a path names, relative to the file", async (t) => {
    const { run } = await startWith(t, { shop: { node: "./nodes/two" } }, { "shop/.nvmrc": "80" });
    const { end, lines } = await run("shop");
    assert.equal(end.nodeVersion, "82.1.0", lines.join("\n"));
    assert.match(lines[0] ?? "", /; node in projects\.json wants Node\.js 82\.1\.0, which is that of ~\/nodes\/two; /);
  });

  it("runs commands, also those in front of the install, and in a folder without package.json", async (t) => {
    const { run } = await startWith(t, {
      tool: { steps: ["node --version"], node: "80" },
      shop: { steps: ["node --version", "build"], node: "82" },
    });
    const tool = await run("tool");
    assert.equal(tool.end.nodeVersion, "80.1.0", tool.lines.join("\n"));
    assert.ok(tool.lines.includes("v80.1.0"));
    assert.equal(tool.lines[0], "the settings in projects.json name the steps; the commands run on Node.js 80.1.0; " +
      "node in projects.json wants Node.js 80, which is that of --node-path");
    const shop = await run("shop");
    assert.deepEqual(shop.lines.filter((line) => line.startsWith("v")), ["v82.1.0", "v82.1.0"]);
  });

  it("is the one that the files of the project name, if the settings name none", async (t) => {
    const { run } = await startWith(t, { shop: { steps: ["node --version"] } }, { "shop/.nvmrc": "80" });
    const { end, lines } = await run("shop");
    assert.equal(end.nodeVersion, "80.1.0");
    assert.ok(lines.includes("v80.1.0"));
  });

  it("is not chosen for commands in a folder that has nothing to do with it", async (t) => {
    const { run } = await startWith(t, { tool: { steps: ["echo done"] } });
    const { end, lines } = await run("tool");
    assert.deepEqual([end.nodeVersion, lines[0]], [null, "the settings in projects.json name the steps"]);
  });

  it("warns once, although the steps are planned twice", async (t) => {
    const { run } = await startWith(t, { shop: { steps: ["true", "build"] } }, { "shop/.nvmrc": "78" });
    const { lines } = await run("shop");
    assert.equal(lines.filter((line) => line.startsWith("warning: .nvmrc wants Node.js 78")).length, 1);
  });

  it("fails the build when it is not installed, since the settings demand it", async (t) => {
    const { run } = await startWith(t, { shop: { node: "78" }, tool: { steps: ["true"], node: "79" } });
    const { end } = await run("shop");
    assert.equal(end.status, "failed");
    const wish = "Cannot plan the build: node in projects.json wants Node.js 78: only others are installed, 82.1.0 ";
    assert.ok(end.message?.startsWith(wish), end.message ?? "");
    assert.deepEqual(end.steps.map(({ name, status }) => `${name}: ${status}`), ["plan: failed"]);
    assert.match((await run("tool")).end.message ?? "", /wants Node\.js 79: /);
  });

  it("fails the build when the installation is gone, or others may change it", async (t) => {
    const projects = { shop: { node: "./nodes/one" }, tool: { steps: ["true"], node: "./nodes/two" } };
    const { run, folder } = await startWith(t, projects);
    await rm(join(folder, "nodes/one"), { recursive: true });
    await chmod(join(folder, "nodes/two/bin/node"), 0o777);
    const start = "Cannot plan the build: node in projects.json cannot be used: ";
    const message = async (path: string): Promise<string | undefined> => {
      return (await run(path)).end.message?.replaceAll(folder, "~");
    };
    assert.equal(await message("shop"), `${start}~/nodes/one/bin/node cannot be read (ENOENT)`);
    assert.equal(await message("tool"), `${start}other users may write to ~/nodes/two/bin/node`);
  });

  it("changes with the file, without a restart", async (t) => {
    const { run, write } = await startWith(t, { shop: { node: "80" } });
    assert.equal((await run("shop")).end.nodeVersion, "80.1.0");
    await write({ shop: { node: "82" } });
    assert.equal((await run("shop")).end.nodeVersion, "82.1.0");
  });
});
