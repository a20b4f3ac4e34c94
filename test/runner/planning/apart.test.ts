import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { planBuild } from "../../../dist/runner/planning/plan.js";
import { openProject } from "../../../dist/runner/project/project.js";
import { makeFolder } from "../../support/folders.js";
import type { TestContext } from "node:test";

const MANIFEST = { scripts: { build: "true" } };
const LOCK = { "app/package.json": JSON.stringify(MANIFEST), "app/pnpm-lock.yaml": "" };
const NAMED = { "app/package.json": JSON.stringify({ ...MANIFEST, packageManager: "pnpm@9.1.0" }) };
const LISTED = { "pnpm-workspace.yaml": "packages: ['*']" };
const OTHER = { "pnpm-workspace.yaml": "packages: ['m']" };

/** The command that installs the project `app`, and the reason for the plan. */
async function planInstall(t: TestContext, files: Record<string, string>, root = "."): Promise<string[]> {
  const folder = await makeFolder(t, files);
  const project = await openProject(join(folder, "app"), [join(folder, root)]);
  const { steps, reason } = await planBuild(project, { env: { PATH: "" } });
  const [{ command = "", args = [] } = {}] = steps;
  return [[command, ...args].join(" "), reason];
}

describe("planBuild(), for a pnpm project below a workspace", () => {
  it("keeps it apart from one that does not list it, also from one above the root", async (t) => {
    const frozen = "pnpm install --frozen-lockfile --ignore-workspace";
    const [command, reason] = await planInstall(t, { ...LOCK, ...OTHER });
    assert.equal(command, frozen);
    assert.match(String(reason), /; it ignores the workspace above, which does not list the project; /);
    assert.equal((await planInstall(t, { ...LOCK, ...LISTED }, "app"))[0], frozen);
    const [free] = await planInstall(t, { ...NAMED, ...OTHER });
    assert.equal(free, "pnpm install --no-frozen-lockfile --ignore-workspace");
  });

  it("lets pnpm find its own workspace, and its own settings", async (t) => {
    const own = { "app/pnpm-workspace.yaml": "onlyBuiltDependencies: []" };
    for (const files of [LOCK, { ...LOCK, ...LISTED }, { ...LOCK, ...OTHER, ...own }]) {
      assert.equal((await planInstall(t, files))[0], "pnpm install --frozen-lockfile", JSON.stringify(files));
    }
  });
});
