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
    assert.match(String(reason), /; it ignores the workspace above, to which the project does not belong; /);
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

describe("planBuild(), below a workspace that is above the root", () => {
  const OUTER = { "package.json": JSON.stringify({ workspaces: ["*"] }) };
  const app = (fields: object) => ({ "app/package.json": JSON.stringify({ ...MANIFEST, ...fields }) });
  const yarn = { ...app({}), "app/yarn.lock": "# yarn lockfile v1" };
  const ownRoot = { ...app({ workspaces: [] }), "app/yarn.lock": "# yarn lockfile v1" };
  const bun = { ...app({}), "app/bun.lock": "{}" };
  const berry = { ...app({}), "app/.yarnrc.yml": "" };

  const kept: readonly (readonly [name: string, files: Record<string, string>, command: string])[] = [
    ["npm", { ...app({}), "app/package-lock.json": "{}" }, "npm ci --prefix ."],
    ["npm without a lock file", app({}), "npm install --prefix ."],
    ["yarn, with a workspace list", ownRoot, "yarn install --frozen-lockfile"],
    ["yarn berry, with a lock file", { ...berry, "app/yarn.lock": "" }, "yarn install --immutable"],
  ];
  for (const [name, files, command] of kept) {
    it(`keeps the project apart, with ${name}`, async (t) => {
      assert.equal((await planInstall(t, { ...files, ...OUTER }, "app"))[0], command);
    });
  }

  const allow = "allow that directory as a root";
  const refused: readonly (readonly [name: string, files: Record<string, string>, advice: string])[] = [
    ["yarn", yarn, `add "workspaces": [] to the package.json of the project, or ${allow}`],
    ["yarn berry", berry, `create an empty yarn.lock in the project, or ${allow}`],
    ["bun", bun, allow],
  ];
  for (const [name, files, advice] of refused) {
    it(`refuses the install with ${name}, which cannot ignore the workspace`, async (t) => {
      await assert.rejects(planInstall(t, { ...files, ...OUTER }, "app"), (error: Error) => {
        const message = error.message.replace(/^Cannot install in (.*)\/app: /, (_, folder: string) => `${folder}: `);
        const [folder = ""] = message.split(": ", 1);
        const place = `${name} would install in ${folder}, whose package.json lists it as a member`;
        assert.equal(message, `${folder}: ${place}, and which is not below an allowed root; ${advice}`);
        return true;
      });
    });
  }

  it("installs as usual if the workspace does not list the project, or is below the root", async (t) => {
    for (const outer of ['{"workspaces":["other"]}', "{}", "{", '{"workspaces":["*","!app"]}']) {
      const [command] = await planInstall(t, { ...bun, "package.json": outer }, "app");
      assert.equal(command, "bun install --frozen-lockfile", outer);
    }
    assert.equal((await planInstall(t, { ...bun, ...OUTER }))[0], "bun install --frozen-lockfile");
  });

  it("runs the script in the members of the project, not in those of the workspace", async (t) => {
    const run = async (lock: string): Promise<string | undefined> => {
      const member = { "app/m/package.json": JSON.stringify(MANIFEST), "app/package.json": '{"workspaces":["m"]}' };
      const folder = await makeFolder(t, { ...OUTER, ...OTHER, ...member, [`app/${lock}`]: "" });
      const app = join(folder, "app");
      const { steps } = await planBuild(await openProject(app, [app]), { env: { PATH: "" } });
      return steps.at(-1)?.args.join(" ");
    };
    assert.equal(await run("package-lock.json"), "run --workspaces --if-present --prefix . build");
    assert.equal(await run("pnpm-lock.yaml"), "--recursive run --ignore-workspace build");
  });
});
