import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { chmod, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runInNewContext } from "node:vm";
import { installConditions } from "../../../dist/runner/install/install-conditions.js";
import { removeModules } from "../../../dist/runner/install/remove-modules.js";
import { surveyInstall } from "../../../dist/runner/install/survey.js";
import { detectPackageManager } from "../../../dist/runner/package-manager/detect.js";
import { managerPrograms, managers, managersOf } from "../../../dist/runner/package-manager/managers.js";
import { planBuild } from "../../../dist/runner/planning/plan.js";
import { describeMissing } from "../../../dist/runner/program/find-program.js";
import { windowsCall } from "../../../dist/runner/program/windows.js";
import { openProject } from "../../../dist/runner/project/project.js";
import { makeFolder } from "../../support/folders.js";
import { runBuild } from "../one-build.js";
import type { TestContext } from "node:test";
import type { PackageManager } from "../../../dist/runner/package-manager/managers.js";
import type { Plan } from "../../../dist/runner/planning/plan.js";

/** The manager that no project uses: the complete row in src/runner/README.md. */
const CRATE = runInNewContext(`(${readRow()})`) as PackageManager;

function readRow(): string {
  const readme = readText("src/runner/README.md");
  return /managers\.test\.ts -->\n```ts\n([^`]+)```/.exec(readme)?.[1] ?? assert.fail("the README has no row");
}

function readText(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
}

/** A variant of it, from version 5 on. */
const BIG_CRATE: PackageManager = {
  ...CRATE,
  name: "big crate",
  variant: { sinceMajor: 5, lockMark: "format big" },
  frozenInstall: ["fetch", "--exact"],
};

const PROGRAM = `#!/bin/sh
if [ "$1" = --version ]; then echo 4.0.0; else echo "crate $*"; fi
`;

/** Adds rows to the table until the test has ended. */
function addRows(t: TestContext, ...rows: readonly PackageManager[]): void {
  const table = managers as PackageManager[];
  table.push(...rows);
  t.after(() => table.splice(table.indexOf(rows[0] as PackageManager), rows.length));
}

/** Plans the build of the project at `app`, with the program of {@link CRATE} on PATH. */
async function plan(t: TestContext, app: string, files: Readonly<Record<string, string>>): Promise<[Plan, string]> {
  const manifest = JSON.stringify({ scripts: { build: "true" } });
  const folder = await makeFolder(t, { "bin/crate": PROGRAM, [join(app, "package.json")]: manifest, ...files });
  await chmod(join(folder, "bin/crate"), 0o755);
  const path = `${join(folder, "bin")}:/usr/bin:/bin`;
  return [await planBuild(await openProject(join(folder, app), [folder]), { env: { PATH: path } }), path];
}

describe("managers", () => {
  it("have different names, and the variants of a program follow its first row", () => {
    assert.equal(new Set(managers.map(({ name }) => name)).size, managers.length);
    for (const program of managerPrograms()) {
      const [first, ...variants] = managersOf(program);
      assert.equal(first?.variant, undefined);
      for (const { name, variant } of variants) assert.ok(variant !== undefined, name);
    }
  });

  it("have every field in the row of the README", () => {
    const fields = new Set(managers.flatMap((manager) => Object.keys(manager)));
    const missing = [...fields].filter((field) => !(field in CRATE) && field !== "variant");
    assert.deepEqual(missing, [], "Add these fields to the complete row in src/runner/README.md");
  });

  it("are the ones that the documentation names", () => {
    const web = readText("src/web/README.md");
    const [, cell = ""] = /^\| `packageManager` \| .*? \| (.*); null/m.exec(web) ?? [];
    const names = cell.split(", ").map((name) => name.replaceAll("`", ""));
    const place = "src/web/README.md, row packageManager: name every package manager";
    assert.deepEqual(names.sort(), managers.map(({ name }) => name).sort(), place);
    const [, list = ""] = /\bIt uses\s+([^.]+)\./.exec(readText("README.md")) ?? [];
    const sentence = 'README.md, "It uses ...": name the program of every package manager';
    assert.deepEqual(list.split(/,\s+|\s+or\s+/).sort(), [...managerPrograms()].sort(), sentence);
  });

  it("need one row for a further package manager", async (t) => {
    addRows(t, CRATE);
    const [planned, path] = await plan(t, "root/app", {
      "root/crate-workspace.yaml": "packages: [app]\n",
      "root/crate.lock": "format 1\n",
    });
    assert.equal(planned.packageManager, "crate");
    const reason = "crate 4.0.0, because ../crate.lock is there; the install is frozen by ../crate.lock";
    assert.equal(planned.reason, reason);
    const advice = "name the version as packageManager in package.json, or renew the lock file";
    const warning = `../crate.lock was written by crate 3, and crate 4.0.0 may refuse it; ${advice}`;
    assert.deepEqual(planned.warnings, [warning]);
    const { lines, end } = await runBuild(t, planned.steps, { env: { PATH: path } });
    assert.equal(end.status, "succeeded");
    const printed = lines.filter(({ stream }) => stream === "stdout").map(({ step, text }) => `${step}: ${text}`);
    assert.deepEqual(printed, ["install: crate fetch --locked", "build: crate task -- build"]);
    assert.equal(describeMissing("crate"), "crate is not on PATH; unpack it");
    const isFile = async (file: string): Promise<boolean> => ["C:\\crate.cmd", "C:\\crate\\main.js"].includes(file);
    const call = await windowsCall({ command: "crate", args: ["fetch"] }, { PATH: "C:\\" }, isFile);
    assert.deepEqual(call, { command: process.execPath, args: ["C:\\crate\\main.js", "fetch"] });
  });

  it("need one row for the comparison of installs", async (t) => {
    addRows(t, CRATE);
    const path = await makeFolder(t, { "crate.toml": "jobs = 1", ".crate/list": "a 1.0.0", "package.json": "{}" });
    const { inputs, tree } = surveyInstall({ path, globs: [], settings: [] });
    assert.ok("crate.toml" in inputs && ".crate" in tree.packages);
    const detected = await detectPackageManager(await openProject(path, [path]));
    const call = { command: "crate", args: [], version: "4.0.0", note: "", warnings: [], corepack: undefined };
    const { settings } = await installConditions(detected, call, { HOME: "/home/user" }, "20.0.0");
    assert.ok(settings.includes("/home/user/.crate.toml"));
    removeModules(path, [], () => undefined);
    assert.deepEqual((await readdir(path)).sort(), ["crate.toml", "package.json"]);
  });

  it("need one row for a variant of a package manager", async (t) => {
    addRows(t, CRATE, BIG_CRATE);
    for (const [files, name] of [
      [{ "crate.lock": "format big\n" }, "big crate"],
      [{ "crate.lock": "format 1\n" }, "crate"],
      [{ "crate.lock": "format 1\n", "package.json": namedManifest("crate@5.0.0") }, "big crate"],
      [{ "crate.lock": "format big\n", "package.json": namedManifest("crate@4.0.0") }, "crate"],
    ] as const) {
      const [planned] = await plan(t, ".", files);
      assert.equal(planned.packageManager, name);
      assert.deepEqual(planned.steps[0]?.args, ["fetch", name === "crate" ? "--locked" : "--exact"]);
    }
  });
});

function namedManifest(packageManager: string): string {
  return JSON.stringify({ packageManager, scripts: { build: "true" } });
}
