import assert from "node:assert/strict";
import { chmod } from "node:fs/promises";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import { planBuild } from "../../../dist/runner/planning/plan.js";
import { findProjects } from "../../../dist/runner/project/find-projects.js";
import { openProject } from "../../../dist/runner/project/project.js";
import { makeFolder } from "../../support/folders.js";
import { EventClient, ask } from "../../support/http.js";
import { build, buildIn, start, texts } from "../../web/app.js";
import type { TestContext } from "node:test";
import type { BuildRecord } from "../../../dist/runner/record.js";

function withScripts(scripts: Record<string, string>, more: object = {}): string {
  return JSON.stringify({ scripts, ...more });
}

/** A monorepo whose root has no script `build`; `c` is not in its workspace list. */
function monorepo(t: TestContext, files: Record<string, string> = {}): Promise<string> {
  return makeFolder(t, {
    "mono/package.json": withScripts({ test: "true" }, { workspaces: ["packages/*"] }),
    "mono/packages/a/package.json": withScripts({ build: "echo built a", docs: "echo docs" }),
    "mono/packages/b/package.json": withScripts({ test: "true" }),
    "mono/packages/d/package.json": withScripts({ build: "echo built d" }),
    "mono/c/package.json": withScripts({ build: "echo built c" }),
    ...files,
  });
}

describe("the root of a monorepo without the script", () => {
  for (const [manager, files, steps] of [
    ["npm", {}, ["mono: npm run --workspaces --if-present build"]],
    ["pnpm", { "mono/pnpm-workspace.yaml": "packages: ['packages/*']\n" }, ["mono: pnpm --recursive run build"]],
    ["bun", { "mono/bun.lock": "" }, ["mono: bun run --filter * build"]],
    ["yarn", { "mono/yarn.lock": "" }, ["mono/packages/a: yarn run build", "mono/packages/d: yarn run build"]],
    [
      "yarn berry",
      { "mono/yarn.lock": "__metadata:\n" },
      ["mono: yarn workspaces foreach --all --topological-dev run build"],
    ],
  ] as const) {
    it(`is built in its members by ${manager}`, async (t) => {
      const root = await monorepo(t, files);
      const project = await openProject("mono", [root]);
      const plan = await planBuild(project, { install: "skip", env: { PATH: "" } });
      assert.equal(plan.packageManager, manager);
      const calls = plan.steps.map(({ cwd, command, args }) => [`${relative(root, cwd)}:`, command, ...args].join(" "));
      assert.deepEqual(calls, steps);
      const because = 'it has no "build" script, so its members with one run theirs: packages/a, packages/d';
      assert.ok(plan.reason.endsWith(`; ${because}`), plan.reason);
    });
  }

  it("is built member by member by a yarn berry that needs a plugin to do more", async (t) => {
    const files = { "mono/yarn.lock": "__metadata:\n", "bin/yarn": "#!/bin/sh\necho $VERSION\n" };
    const root = await monorepo(t, files);
    await chmod(join(root, "bin/yarn"), 0o755);
    const project = await openProject("mono", [root]);
    const commands = async (version: string): Promise<string[]> => {
      const env = { PATH: join(root, "bin"), VERSION: version };
      const { steps } = await planBuild(project, { install: "skip", env });
      return steps.map(({ cwd, args }) => [`${relative(root, cwd)}:`, ...args].join(" "));
    };
    assert.deepEqual(await commands("3.8.7"), ["mono/packages/a: run build", "mono/packages/d: run build"]);
    assert.deepEqual(await commands("4.0.0"), ["mono: workspaces foreach --all --topological-dev run build"]);
  });

  it("names its members with a build script when no member has the script either", async (t) => {
    const root = await monorepo(t);
    const project = await openProject("mono", [root]);
    const message =
      'Cannot build mono: its package.json has no "biuld" script; its scripts are: test; ' +
      'members with a "build" script: packages/a, packages/d';
    await assert.rejects(planBuild(project, { script: "biuld" }), { code: "NO_SCRIPT", message });
  });

  it("is listed if a member has a build script, and only then", async (t) => {
    const root = await monorepo(t, {
      "plain/package.json": withScripts({}),
      "plain/x/package.json": withScripts({ build: "true" }),
      "none/package.json": withScripts({}, { workspaces: ["x"] }),
      "none/x/package.json": withScripts({}),
    });
    const found = (await findProjects([root])).map(({ path }) => relative(root, path));
    assert.deepEqual(found, ["mono", "mono/c", "mono/packages/a", "mono/packages/d", "plain/x"]);
  });

  it("builds through the server, which lists it", async (t) => {
    const root = await monorepo(t);
    const { port } = await start(t, { roots: [root] });
    const projects = (await ask(port, "GET", "/api/projects")).json["projects"] as { name: string }[];
    assert.ok(projects.some(({ name }) => name === "mono"));
    const { id } = buildIn(await build(port, "mono"));
    const events = await (await EventClient.open(port, `/api/builds/${id}/events`)).ended();
    const lines = texts(events);
    assert.equal((JSON.parse(events.at(-1)?.data ?? "") as BuildRecord).status, "succeeded", lines.join("\n"));
    assert.deepEqual(lines.filter((line) => line.startsWith("built")), ["built a", "built d"]);
  });
});
