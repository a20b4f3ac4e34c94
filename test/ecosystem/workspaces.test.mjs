import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, readdir, realpath, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { managers } from "../../dist/runner/package-manager/managers.js";
import { buildEnvironment } from "../../dist/runner/program/environment.js";
import { findProgram } from "../../dist/runner/program/find-program.js";
import { claims } from "../../dist/runner/project/members.js";
import { WorkLimit } from "../../dist/runner/project/work-limit.js";
import { BuildServer } from "./support/build-server.mjs";
import { makeFolder } from "./support/folder.mjs";
import { install, pathWith } from "./support/managers.mjs";

const PATHS = ["a", "b", "p/a", "p/b", "p/.dot", ".dot", "p/a/deep", "p/node_modules/m", "p/x/y/z"];
const ENTRIES = ["*", "**", "p/*", "./p/*/", "p/**", "p/{a,b}", "p/?", "p/[ab]", "p/.*", "**/z", "p/a", "p/b"];
const EXCLUSIONS = ["!p/b", "!**/b", "!p/a/**", "!p/*", "!./p/a/", "!p/{a,b}"];
const LISTS = 10;

/** Lists of one to four entries, the same ones in every run. */
function makeLists() {
  let seed = 11;
  const pick = (list) => list[(seed = (seed * 48_271) % 2_147_483_647) % list.length];
  return Array.from({ length: LISTS }, () => {
    const rest = Array.from({ length: pick([0, 1, 2, 3]) }, () => pick(pick([ENTRIES, EXCLUSIONS])));
    return pick([[pick(ENTRIES), ...rest], [...rest, pick(ENTRIES)]]);
  });
}

/** How to learn from each manager which members a root has. */
const ASK = {
  npm: async (root, path) => {
    const npm = await realpath(await findProgram("npm", { PATH: path }));
    const mapWorkspaces = createRequire(npm)("@npmcli/map-workspaces");
    const pkg = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    return [...(await mapWorkspaces({ cwd: root, pkg })).values()].map((member) => relative(root, member));
  },
  yarn: async (root, path) => {
    const output = await run("yarn", ["--silent", "workspaces", "info", "--json"], root, path);
    return Object.values(JSON.parse(output)).map(({ location }) => location);
  },
  "yarn berry": async (root, path) => {
    await writeFile(join(root, "yarn.lock"), "");
    const output = await run("yarn", ["workspaces", "list", "--json"], root, path);
    return output.trim().split("\n").map((line) => JSON.parse(line).location);
  },
  pnpm: async (root, path) => {
    const output = await run("pnpm", ["-r", "list", "--depth", "-1", "--json"], root, path);
    return JSON.parse(output).map((project) => relative(root, project.path));
  },
  bun: async (root, path) => {
    await run("bun", ["install", "--lockfile-only"], root, path);
    const lock = await readFile(join(root, "bun.lock"), "utf8").catch(() => "");
    return [...lock.matchAll(/^ {4}"([^"]*)": \{/gm)].map(([, member]) => member);
  },
};

async function run(command, args, cwd, path) {
  const env = buildEnvironment({ ...process.env, PATH: path });
  return (await promisify(execFile)(command, args, { cwd, env })).stdout;
}

describe("claims()", () => {
  for (const { name, exclusions } of managers) {
    it(`finds the members that ${name} finds`, async (t) => {
      const path = await pathWith(t, name);
      const folder = await realpath(await makeFolder(t));
      const tree = join(folder, "tree");
      for (const member of PATHS) {
        await mkdir(join(tree, member), { recursive: true });
        const manifest = { name: `m${member.replace(/\W/g, "-")}`, version: "1.0.0" };
        await writeFile(join(tree, member, "package.json"), JSON.stringify(manifest));
      }
      for (const [index, list] of makeLists().entries()) {
        const root = join(folder, String(index));
        await cp(tree, root, { recursive: true });
        await writeFile(join(root, "package.json"), JSON.stringify({ name: "root", private: true, workspaces: list }));
        await writeFile(join(root, "pnpm-workspace.yaml"), `packages: ${JSON.stringify(list)}\n`);
        const found = (await ASK[name](root, path)).filter((member) => PATHS.includes(member));
        const claimed = PATHS.filter((member) => claims(list, member, exclusions, new WorkLimit(1e6)));
        assert.deepEqual(claimed.sort(), found.sort(), JSON.stringify(list));
      }
    });
  }
});

/** Each package manager below a workspace that lists the project, and that is above the allowed root. */
const BELOW = {
  npm: { lock: "package-lock.json", command: ["npm", "install"] },
  yarn: {
    lock: "yarn.lock",
    command: ["yarn", "install"],
    advice: 'add "workspaces": [] to the package.json of the project',
  },
  "yarn berry": {
    files: { "root/app/.yarnrc.yml": "" },
    lock: "yarn.lock",
    command: ["yarn", "install", "--no-immutable"],
    advice: "create an empty yarn.lock in the project",
  },
  pnpm: { lock: "pnpm-lock.yaml", command: ["pnpm", "install", "--no-frozen-lockfile"] },
  bun: { lock: "bun.lock", command: ["bun", "install"], advice: "allow that directory as a root" },
};

describe("a build below a workspace that is above the root", { concurrency: 2 }, () => {
  for (const { name, program } of managers) {
    it(`changes nothing above the root, unlike ${name} by hand`, async (t) => {
      const path = await pathWith(t, name);
      const { files, lock, command, advice } = BELOW[name];
      const named = { devEngines: { packageManager: { name: program } } };
      const manifest = (fields) => JSON.stringify({ version: "1.0.0", private: true, ...fields });
      const all = {
        "package.json": manifest({ name: "outer", workspaces: ["root/*"] }),
        "pnpm-workspace.yaml": "packages:\n  - root/*\n",
        "root/app/package.json": manifest({ name: "app", ...named, scripts: { build: "echo built-app" } }),
        ...files,
      };
      const byHand = await makeFolder(t, all);
      await install(join(byHand, "root/app"), path, command);
      assert.ok((await readdir(byHand)).includes(lock));

      const outer = await makeFolder(t, all);
      const root = join(outer, "root");
      const server = await BuildServer.start(t, { args: ["--root", root], path });
      const { id } = await server.build("app");
      const log = await server.log(id);
      const [{ status, message }] = await server.builds();
      assert.deepEqual((await readdir(outer)).sort(), ["package.json", "pnpm-workspace.yaml", "root"], log.join("\n"));
      if (advice === undefined) {
        assert.equal(status, "succeeded", log.join("\n"));
        assert.ok((await readdir(join(root, "app"))).includes(lock));
      } else {
        assert.equal(status, "failed");
        assert.ok(message.startsWith(`Cannot install in ${root}/app: ${name} would install in ${outer}, `), message);
        assert.ok(message.includes(`; ${advice}`), message);
      }
    });
  }
});
