import assert from "node:assert/strict";
import { chmod, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, it } from "node:test";
import { planBuild } from "../../dist/build/plan.js";
import { openProject } from "../../dist/build/project.js";
import { makeFolder } from "./folders.js";
import type { TestContext } from "node:test";
import type { Plan } from "../../dist/build/plan.js";

const MANIFEST = { name: "demo", scripts: { build: "true" } };

interface Scene {
  manifest?: object;
  files?: Readonly<Record<string, string>>;
  /** What is on PATH. */
  programs?: readonly string[];
  app?: string;
}

/** Plans the build of a project in a folder with these files; in the result, the folder's path is written as `~`. */
async function plan(t: TestContext, scene: Scene): Promise<Plan> {
  const { manifest = MANIFEST, files = {}, programs = ["npm", "pnpm", "yarn"], app = "." } = scene;
  const bin = await makeFolder(t, Object.fromEntries(programs.map((name) => [name, ""])));
  for (const name of programs) await chmod(join(bin, name), 0o755);
  const folder = await makeFolder(t, { [join(app, "package.json")]: JSON.stringify(manifest), ...files });
  const project = await openProject(join(folder, app), [folder]);
  const planned = await planBuild(project, { PATH: ["/nowhere", bin].join(delimiter) });
  return JSON.parse(JSON.stringify(planned).replaceAll(folder, "~")) as Plan;
}

describe("planBuild()", () => {
  const cases: readonly (readonly [name: string, files: Record<string, string>, install: object, build: string])[] = [
    ["npm", { "package-lock.json": "" }, { command: "npm", args: ["ci"] }, "npm"],
    ["npm", {}, { command: "npm", args: ["install"] }, "npm"],
    ["pnpm", { "pnpm-lock.yaml": "" }, { command: "pnpm", args: ["install", "--frozen-lockfile"] }, "pnpm"],
    ["pnpm", { "pnpm-workspace.yaml": "" }, { command: "pnpm", args: ["install", "--no-frozen-lockfile"] }, "pnpm"],
    ["yarn", { "yarn.lock": "" }, { command: "yarn", args: ["install", "--frozen-lockfile"] }, "yarn"],
    ["yarn berry", { "yarn.lock": "__metadata:" }, { command: "yarn", args: ["install", "--immutable"] }, "yarn"],
    [
      "yarn berry",
      { ".yarnrc.yml": "" },
      { command: "yarn", args: ["install"], env: { YARN_ENABLE_IMMUTABLE_INSTALLS: "false" } },
      "yarn",
    ],
  ];
  for (const [packageManager, files, install, program] of cases) {
    const shown = Object.keys(files).join(", ") || "no lock file";
    it(`plans ${packageManager} with ${shown}`, async (t) => {
      const { reason, pins, ...rest } = await plan(t, { files });
      assert.deepEqual(pins?.map(({ path }) => path), ["~"]);
      assert.ok(reason.startsWith(`${packageManager}, because `), reason);
      assert.deepEqual(rest, {
        projectPath: "~",
        projectName: "demo",
        packageManager,
        warnings: [],
        steps: [
          { name: "install", ...install, cwd: "~" },
          { name: "build", command: program, args: ["run", "build"], cwd: "~" },
        ],
      });
    });
  }

  it("says that the project is gone when it was removed meanwhile", async (t) => {
    const folder = await makeFolder(t, { "package.json": JSON.stringify(MANIFEST) });
    const project = await openProject(folder, [folder]);
    await rm(folder, { recursive: true });
    const message = "Cannot open the project: its directory was removed";
    await assert.rejects(planBuild(project, {}), { code: "PROJECT_NOT_FOUND", message });
  });

  it("plans yarn 1 without a lock file", async (t) => {
    const { steps } = await plan(t, { manifest: { ...MANIFEST, packageManager: "yarn@1.22.22" } });
    assert.deepEqual(steps[0], { name: "install", command: "yarn", args: ["install"], cwd: "~" });
  });

  it("installs in the root of a monorepo and builds in the project", async (t) => {
    const files = { "package.json": '{"workspaces":["packages/*"]}', "yarn.lock": "" };
    const { projectPath, steps, pins = [] } = await plan(t, { app: "packages/app", files });
    assert.deepEqual([projectPath, ...steps.map(({ cwd }) => cwd)], ["~/packages/app", "~", "~/packages/app"]);
    assert.deepEqual(pins.map(({ path }) => path), ["~/packages/app", "~"]);
  });

  it("hands on the warnings", async (t) => {
    const { warnings } = await plan(t, { files: { "bun.lock": "" } });
    assert.deepEqual(warnings, ["bun.lock is there, but its package manager is not supported yet"]);
  });

  describe("with a manager that is not on PATH", () => {
    const manifest = { ...MANIFEST, packageManager: "pnpm@9.0.0" };

    it("runs it through corepack when package.json names it", async (t) => {
      const { reason, steps } = await plan(t, { manifest, files: { "pnpm-lock.yaml": "" }, programs: ["corepack"] });
      assert.match(reason, /; it is not on PATH, so corepack runs it$/);
      assert.deepEqual(steps.map(({ command, args }) => [command, ...args].join(" ")), [
        "corepack pnpm install --frozen-lockfile",
        "corepack pnpm run build",
      ]);
    });

    it("calls it by its name when corepack is missing too, or when only a lock file names it", async (t) => {
      const missing = await plan(t, { manifest, programs: [] });
      assert.deepEqual(missing.steps.map(({ command }) => command), ["pnpm", "pnpm"]);
      const unnamed = await plan(t, { files: { "pnpm-lock.yaml": "" }, programs: ["corepack"] });
      assert.deepEqual(unnamed.steps.map(({ command }) => command), ["pnpm", "pnpm"]);
    });

    it("leaves corepack alone when the manager is there", async (t) => {
      const { reason, steps } = await plan(t, { manifest, programs: ["pnpm", "corepack"] });
      assert.deepEqual(steps.map(({ command }) => command), ["pnpm", "pnpm"]);
      assert.doesNotMatch(reason, /corepack/);
    });
  });

  describe("without a build script", () => {
    const refused: readonly (readonly [manifest: object, message: string])[] = [
      [{ name: "demo" }, "it has no scripts"],
      [{ name: "demo", scripts: {} }, "it has no scripts"],
      [{ name: "demo", scripts: null }, "it has no scripts"],
      [{ name: "demo", scripts: ["build"] }, "it has no scripts"],
      [{ name: "demo", scripts: { build: 7, test: true } }, "it has no scripts"],
      [{ name: "demo", scripts: { build: "", test: "x", start: "y" } }, "its scripts are: test, start"],
    ];
    for (const [manifest, ending] of refused) {
      it(`refuses ${JSON.stringify(manifest)}`, async (t) => {
        const message = `Cannot build demo: its package.json has no "build" script; ${ending}`;
        await assert.rejects(plan(t, { manifest }), { code: "NO_SCRIPT", message });
      });
    }

    it("shows no more than 20 scripts", async (t) => {
      const names = Array.from({ length: 21 }, (_, index) => `s${index}`);
      const scripts = Object.fromEntries(names.map((name) => [name, "x"]));
      const message = new RegExp(`its scripts are: ${names.slice(0, 20).join(", ")}, \\.\\.\\.$`);
      await assert.rejects(plan(t, { manifest: { scripts } }), { code: "NO_SCRIPT", message });
    });
  });

  it("looks on the PATH that builds get when none is given", async (t) => {
    const folder = await makeFolder(t, { "package.json": JSON.stringify(MANIFEST) });
    assert.equal((await planBuild(await openProject(folder, [folder]))).steps.length, 2);
  });
});
