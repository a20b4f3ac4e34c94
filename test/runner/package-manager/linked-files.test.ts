import assert from "node:assert/strict";
import { symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { describe, it } from "node:test";
import { detectPackageManager } from "../../../dist/runner/package-manager/detect.js";
import { lockFormatProblem } from "../../../dist/runner/package-manager/lock-format.js";
import { openProject } from "../../../dist/runner/project/project.js";
import { makeFolder } from "../../support/folders.js";
import type { TestContext } from "node:test";

const REASON = "it is a symbolic link that leads out of the allowed root";

interface Found {
  readonly name: string;
  /** Relative to the root. */
  readonly installPath: string;
  readonly lockFile: string | null;
  readonly warnings: readonly string[];
  readonly lockProblem: string | undefined;
}

/** Detects the manager of `root/app`, where these files are links to files in another folder. */
async function detect(t: TestContext, target: "root/real" | "outside", files: Record<string, string>): Promise<Found> {
  const names = Object.keys(files);
  const contents = Object.values(files).map((content, index) => [`${target}/${index}`, content]);
  const folder = await makeFolder(t, { "root/app/package.json": "{}", ...Object.fromEntries(contents) });
  for (const [index, name] of names.entries()) {
    const link = join(folder, "root", name);
    await symlink(relative(dirname(link), join(folder, target, String(index))), link);
  }
  const root = join(folder, "root");
  const project = await openProject("app", [root]);
  const detected = await detectPackageManager(project);
  const { manager, installPath, lockFile, warnings } = detected;
  const lockProblem = await lockFormatProblem(project, detected, "7.0.0");
  return { name: manager.name, installPath: relative(root, installPath), lockFile, warnings, lockProblem };
}

describe("detectPackageManager(), with symbolic links", () => {
  const workspace = { "pnpm-workspace.yaml": "packages: [app]", "pnpm-lock.yaml": "lockfileVersion: '9.0'" };
  const berry = { "app/yarn.lock": "__metadata:\n" };
  const settings = { "app/.yarnrc.yml": "" };
  const members = { "package.json": '{"workspaces":["app"]}', "package-lock.json": "" };

  it("follows those that stay below the root", async (t) => {
    const pnpm = await detect(t, "root/real", workspace);
    const { lockProblem } = pnpm;
    assert.deepEqual(pnpm, { name: "pnpm", installPath: "", lockFile: "../pnpm-lock.yaml", warnings: [], lockProblem });
    assert.match(String(lockProblem), /^\.\.\/pnpm-lock\.yaml was written by pnpm 9/);
    const npm = await detect(t, "root/real", members);
    assert.deepEqual([npm.name, npm.installPath, npm.lockFile, npm.warnings], ["npm", "", "../package-lock.json", []]);
    for (const files of [berry, settings]) assert.equal((await detect(t, "root/real", files)).name, "yarn berry");
  });

  it("refuses those that lead out of it, and says so", async (t) => {
    const expected: readonly (readonly [files: Record<string, string>, warnings: string[]])[] = [
      [workspace, [`../pnpm-workspace.yaml claims no project: ${REASON}`]],
      [berry, [`yarn.lock does not count: ${REASON}`]],
      [settings, [`.yarnrc.yml does not count: ${REASON}`]],
      [members, [`../package.json claims no project: Cannot read package.json: ${REASON}`]],
    ];
    for (const [files, warnings] of expected) {
      const found = await detect(t, "outside", files);
      assert.deepEqual([found.name, found.installPath, found.lockFile], ["npm", "app", null]);
      assert.deepEqual(found.warnings, warnings);
    }
  });
});
