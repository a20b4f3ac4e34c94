import assert from "node:assert/strict";
import { link, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { detectPackageManager } from "../../../dist/runner/package-manager/detect.js";
import { findProjects } from "../../../dist/runner/project/find-projects.js";
import { openProject } from "../../../dist/runner/project/project.js";
import { makeFolder } from "../../support/folders.js";
import type { DetectedPackageManager } from "../../../dist/runner/package-manager/detect.js";

const MIB = 1024 * 1024;

/** The longest list of these items, separated by commas, that fits into 1 MiB with the rest of a manifest. */
function list(item: (index: number) => string): string {
  let text = item(0);
  for (let index = 1; text.length < MIB - 1000; index++) text += `,${item(index)}`;
  return text;
}

/** The accepted manifest with the highest cost of parsing: 100 000 values, and no two equal objects. */
function costliest(): string {
  let [text, count] = ["[0", 0];
  for (let key = 0; count < 99_000; count += 10) {
    const fields = Array.from({ length: 4 }, () => `"field-${(key++).toString(36)}":0`);
    text += `,{${fields.join()}}`;
  }
  return `{"x":${text}]}`;
}

/** The processor time of this process, in milliseconds. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const workspaces = (globs: string): string => `{"workspaces":[${globs}]}`;
const packages = (rest: string): string => `packages:\n${rest}`;

/** The files of a workspace root with the project deep below it. */
const roots: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "a hundred thousand globs": { "package.json": workspaces(Array.from({ length: 99_000 }, () => '"a*"').join()) },
  "long runs behind a star": { "package.json": workspaces(list(() => `"**/*${"a".repeat(120)}b"`)) },
  "long globs of deep stars": { "package.json": workspaces(list(() => `"**/${"a/".repeat(30)}b"`)) },
  "one glob of a megabyte": { "package.json": workspaces(`"${"a*".repeat(MIB / 2 - 100)}b"`) },
  "excluded globs": { "package.json": workspaces(list(() => `"!**/*${"a".repeat(120)}b"`)) },
  "choices of choices": { "package.json": workspaces(`"${"{a,b}".repeat(50_000)}"`) },
  "braces in braces": { "package.json": workspaces(`"${"{a,".repeat(30_000)}b${"}".repeat(30_000)}"`) },
  "braces that never close": { "package.json": workspaces(`"${"{".repeat(MIB - 100)}"`) },
  "hashes before a CR": { "pnpm-workspace.yaml": " #".repeat(130_000) + "\rx" },
  "lines of a list": { "pnpm-workspace.yaml": packages("- a\n".repeat(60_000)) },
  "a flow list": { "pnpm-workspace.yaml": `packages: [${"a,".repeat(130_000)}]` },
  "empty lines": { "pnpm-workspace.yaml": packages("\n".repeat(250_000)) },
  "quotes that never close": { "pnpm-workspace.yaml": `packages: [${"'\"".repeat(130_000)}` },
};

describe("files of a project that are made to be slow", () => {
  const app = "a/".repeat(60) + "a".repeat(250);
  /** The time of parsing a manifest of the largest accepted size on this machine, in milliseconds. */
  let baseline = 0;

  before(() => {
    const text = costliest();
    const times = Array.from({ length: 5 }, () => {
      const start = processorTime();
      JSON.parse(text);
      return processorTime() - start;
    });
    baseline = Math.max(...times);
  });

  /** Runs an action, and compares its processor time and that of its longest turn with the baseline. */
  async function measured<Result>(run: () => Promise<Result>, { total = 12 } = {}): Promise<Result> {
    const start = processorTime();
    let [last, longest] = [start, 0];
    // Processor time instead of a clock, since other programs use the processor too.
    const look = (): void => {
      const now = processorTime();
      longest = Math.max(longest, now - last);
      last = now;
    };
    let isOver = false;
    const watch = (): void => {
      look();
      if (!isOver) setImmediate(watch);
    };
    setImmediate(watch);
    const result = await run();
    isOver = true;
    look();
    const spent = last - start;
    assert.ok(spent < total * baseline, `${spent} ms of processor time; the baseline is ${baseline} ms`);
    assert.ok(longest < 4 * baseline, `a turn of ${longest} ms; the baseline is ${baseline} ms`);
    return result;
  }

  async function detectBelow(folder: string): Promise<DetectedPackageManager> {
    const project = await openProject(join(folder, app), [folder]);
    return measured(() => detectPackageManager(project));
  }

  for (const [name, files] of Object.entries(roots)) {
    it(`do not block the event loop: ${name}`, async (t) => {
      const folder = await makeFolder(t, { ...files, [join(app, "package.json")]: "{}" });
      const { installPath } = await detectBelow(folder);
      assert.equal(installPath, join(folder, app));
    });
  }

  it("end the search for a workspace with a warning", async (t) => {
    const folder = await makeFolder(t, {
      "root/package.json": workspaces(`${`"**/*${"a".repeat(120)}b",`.repeat(200)}"${app}"`),
      [join("root", app, "package.json")]: "{}",
    });
    const project = await openProject(join(folder, "root", app), [folder]);
    const { warnings, installPath } = await measured(() => detectPackageManager(project));
    assert.equal(installPath, project.path);
    const place = "../".repeat(61).slice(0, -1);
    const sentence = `no workspace was found up to ${place}, where the search stopped: the files above are too large`;
    assert.deepEqual(warnings, [sentence]);
  });

  it("claim no project when they cannot be read, and cause a warning", async (t) => {
    const folder = await makeFolder(t, {
      "root/package.json": workspaces('"*"') + " ".repeat(MIB),
      "root/pnpm-workspace.yaml": packages("- '*'\n") + "#".repeat(256 * 1024),
      "root/a/package.json": "{}",
    });
    const { warnings } = await detectPackageManager(await openProject(join(folder, "root/a"), [folder]));
    assert.deepEqual(warnings, [
      "../package.json claims no project: Cannot read package.json: it must not be larger than 1048576 bytes",
      "../pnpm-workspace.yaml claims no project: it must not be larger than 262144 bytes",
    ]);
  });

  it("are not all read when they lie in each of many directories above the project", async (t) => {
    const folder = await makeFolder(t, { "package.json": costliest(), [join(app, "package.json")]: "{}" });
    for (let path = "a"; path.length < 120; path = join(path, "a")) {
      await link(join(folder, "package.json"), join(folder, path, "package.json"));
    }
    const { warnings } = await detectBelow(folder);
    assert.match(warnings.join(), /where the search stopped/);
  });

  it("are not all read by a search for projects", async (t) => {
    const folder = await makeFolder(t, { "a/package.json": costliest() });
    for (let index = 0; index < 300; index++) {
      await mkdir(join(folder, `b${index}`));
      await link(join(folder, "a/package.json"), join(folder, `b${index}/package.json`));
    }
    assert.deepEqual(await measured(() => findProjects([folder]), { total: 60 }), []);
  });

  const refused: Readonly<Record<string, string>> = {
    arrays: `{"x":${"[".repeat(MIB / 2 - 10)}${"]".repeat(MIB / 2 - 10)}}`,
    objects: `{"x":[${list(() => "{}")}]}`,
    fields: `{${list((index) => `"${index.toString(36)}":0`)}}`,
  };
  for (const [name, manifest] of Object.entries(refused)) {
    it(`are refused with a megabyte of ${name}`, async (t) => {
      const folder = await makeFolder(t, { "package.json": manifest });
      const message = "Cannot read package.json: it must not hold more than 100000 values";
      await measured(() => assert.rejects(openProject(folder, [folder]), { code: "INVALID_MANIFEST", message }));
    });
  }

  it("cause short messages with a packageManager or devEngines of a megabyte", async (t) => {
    const nested = `${"[".repeat(90_000)}${"]".repeat(90_000)}`;
    const engines = Array.from({ length: 15_000 }, () => '{"name":"x","onFail":"error"}').join();
    const version = `1.2.3-${"x".repeat(MIB / 2)}`;
    for (const [fields, name] of [
      [`"packageManager":"${"@".repeat(MIB - 100)}"`, "npm"],
      [`"packageManager":${nested}`, "npm"],
      [`"packageManager":"pnpm@${version}"`, "pnpm"],
      [`"devEngines":{"packageManager":[${engines}]}`, "npm"],
    ] as const) {
      const folder = await makeFolder(t, { "package.json": `{${fields}}` });
      const project = await openProject(folder, [folder]);
      const detected = await measured(() => detectPackageManager(project));
      assert.equal(detected.manager.name, name);
      // The places hold the manifests themselves.
      assert.ok(JSON.stringify({ ...detected, places: [] }).length < 3000);
    }
  });
});
