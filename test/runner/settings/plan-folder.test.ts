import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { makeFolder } from "../../support/folders.js";
import { EventClient, ask } from "../../support/http.js";
import { build, buildIn, codeIn, start, texts } from "../../web/app.js";
import type { TestContext } from "node:test";
import type { BuildRecord } from "../../../dist/runner/record.js";
import type { LogEntry } from "../../../dist/web/monitoring/log-entry.js";
import type { Setup } from "../../web/app.js";

interface SettingsSetup extends Setup {
  readonly entries: readonly LogEntry[];
  readonly write: (projects: unknown) => Promise<void>;
}

/** An app with a settings file. */
async function startWith(t: TestContext, projects: unknown): Promise<SettingsSetup> {
  const folder = await makeFolder(t, { "shop/package.json": '{"name": "shop", "scripts": {"build": "echo built"}}' });
  const projectsFile = join(folder, "projects.json");
  const write = (value: unknown): Promise<void> => writeFile(projectsFile, JSON.stringify({ projects: value }));
  await write(projects);
  const entries: LogEntry[] = [];
  const setup = await start(t, { roots: [folder], projects: projectsFile, onLog: (entry) => entries.push(entry) });
  return { ...setup, root: folder, entries, write };
}

interface Ended {
  readonly end: BuildRecord;
  readonly lines: readonly string[];
}

async function run(port: number, path: string): Promise<Ended> {
  const { id } = buildIn(await build(port, path));
  const events = await (await EventClient.open(port, `/api/builds/${id}/events`)).ended();
  return { end: JSON.parse(events.at(-1)?.data ?? "") as BuildRecord, lines: texts(events) };
}

function steps({ end }: Ended): string[] {
  return end.steps.map(({ name, command, status }) => `${name}: ${command}, ${status}`);
}

describe("a folder of the settings file", () => {
  it("is listed and built without package.json, with its name, variables and steps", async (t) => {
    const { port, root } = await startWith(t, {
      ".": {
        name: "Everything",
        steps: ["echo $HOME 'a  b' *", { shell: "echo one && echo $MODE", name: "two" }, { command: ["echo", "it's"] }],
        env: { MODE: "release" },
      },
    });
    const listed = (await ask(port, "GET", "/api/projects")).json["projects"] as { path: string; name: string }[];
    const expected = [[root, "Everything"], [join(root, "shop"), "shop"]];
    assert.deepEqual(listed.map(({ path, name }) => [path, name]), expected);
    const ended = await run(port, root);
    assert.deepEqual(steps(ended), [
      "plan: , succeeded",
      "echo: echo '$HOME' 'a  b' '*', succeeded",
      "two: /bin/sh -c 'echo one && echo $MODE', succeeded",
      "echo 2: echo 'it'\\''s', succeeded",
    ]);
    assert.deepEqual(ended.lines[0], "the settings in projects.json name the steps");
    for (const line of ["$HOME a  b *", "one", "release", "it's"]) assert.ok(ended.lines.includes(line), line);
    const { projectName, script, install, packageManager } = ended.end;
    assert.deepEqual([projectName, script, install, packageManager], ["Everything", null, null, null]);
  });

  it("plans the install and the script after the commands in front of them", async (t) => {
    const pull = `
      require("fs").writeFileSync("package.json", JSON.stringify({ scripts: { build: "echo built-from-$KIND" } }));
      require("fs").writeFileSync("yarn.lock", "");
    `;
    const { port } = await startWith(t, {
      shop: { steps: [{ name: "pull", command: [process.execPath, "-e", pull] }, "build"], env: { KIND: "new" } },
    });
    const ended = await run(port, "shop");
    const [plan, pulled, again, built] = ended.end.steps;
    assert.deepEqual([plan?.name, pulled?.name, again?.name, again?.command], ["plan", "pull", "plan again", ""]);
    // The lock file did not exist when the build was accepted.
    assert.deepEqual([built?.name, built?.command], ["build", "yarn run build"]);
    assert.equal(ended.end.packageManager, "yarn");
    const reason = `the settings in projects.json name the steps; the commands run on Node.js ${process.versions.node}`;
    assert.equal(ended.lines[0], `${reason}; the steps below pull are planned after it`);
    assert.ok(ended.lines.some((line) => /^yarn.*, because yarn.lock is there; the install is skipped/.test(line)));
  });

  it("fails in the step that plans again, if the project cannot be built then", async (t) => {
    const { port } = await startWith(t, { shop: { steps: ["rm package.json", "install", "build"] } });
    const ended = await run(port, "shop");
    assert.deepEqual(steps(ended), [
      "plan: , succeeded",
      "rm: rm package.json, succeeded",
      "plan again: , failed",
    ]);
    assert.match(ended.end.message ?? "", /^Cannot open the project: it has no package\.json/);
    assert.equal(ended.lines.at(-1), ended.end.message);
  });

  it("is not planned again when a command fails", async (t) => {
    const { port } = await startWith(t, { shop: { steps: ["false", "build"] } });
    assert.deepEqual(steps(await run(port, "shop")), [
      "plan: , succeeded",
      "false: false, failed",
      "plan again: , skipped",
    ]);
  });

  it("runs a command between the install and the script", async (t) => {
    const { port } = await startWith(t, { shop: { steps: ["install", "echo between", "build"] } });
    const ended = await run(port, "shop");
    assert.deepEqual(steps(ended), [
      "plan: , succeeded",
      "install: npm install, succeeded",
      "echo: echo between, succeeded",
      "build: npm run build, succeeded",
    ]);
    assert.ok(ended.lines.includes("built"));
    const first = /^the settings in projects\.json name the steps; npm [\d.]+ on Node\.js [\d.]+, because /;
    assert.match(ended.lines[0] ?? "", first);
  });

  it("needs no script if its steps do not include one", async (t) => {
    const { port, root } = await startWith(t, { shop: { steps: ["install", "echo after"] } });
    await writeFile(join(root, "shop/package.json"), "{}");
    const ended = await run(port, "shop");
    const expected = ["plan: , succeeded", "install: npm install, succeeded", "echo: echo after, succeeded"];
    assert.deepEqual(steps(ended), expected);
    assert.deepEqual([ended.end.script, ended.end.install], [null, "auto"]);
  });

  it("is stopped at its own time limit", async (t) => {
    const { port } = await startWith(t, { shop: { steps: ["sleep 1000"], timeout: 1 } });
    const { end } = await run(port, "shop");
    assert.deepEqual([end.status, end.message], ["timed-out", "timed out after 1 s while sleep was running"]);
  });

  it("is refused when it needs a script that package.json does not have", async (t) => {
    const { port, root } = await startWith(t, { shop: {} });
    await writeFile(join(root, "shop/package.json"), "{}");
    assert.equal(codeIn(await build(port, "shop")), "NO_SCRIPT");
  });

  it("keeps its settings while the file is wrong, and says so in the log of the build and of the server", async (t) => {
    const { port, root, entries, write } = await startWith(t, { shop: { steps: ["echo first"] } });
    const file = join(root, "projects.json");
    await write({ shop: { step: [] } });
    const reason = `${file}:1:22: there is no property projects.shop.step; known are: name, steps, env, timeout, node`;
    const ended = await run(port, "shop");
    assert.ok(ended.lines.includes("first"));
    const warning = `warning: the last change of the settings does not apply: Cannot use "projects": ${reason}`;
    assert.equal(ended.lines[1], warning);
    await write({ shop: { steps: ["echo second"] } });
    assert.ok((await run(port, "shop")).lines.includes("second"));
    const told = entries.filter(({ event }) => event.startsWith("projects"));
    assert.deepEqual(told.map(({ level, event, fields }) => [level, event, fields]), [
      ["error", "projects not reloaded", { file, message: `Cannot use "projects": ${reason}` }],
      ["info", "projects reloaded", { file }],
    ]);
  });
});
