import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, readFile, realpath, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { managers } from "../../../dist/runner/package-manager/managers.js";
import { buildEnvironment } from "../../../dist/runner/program/environment.js";
import { findProgram } from "../../../dist/runner/program/find-program.js";
import { systemPath } from "./build-server.mjs";
import { makeFolder } from "./folder.mjs";

const PACKAGES = fileURLToPath(new URL("../node_modules/", import.meta.url));

/** The variables with which yarn berry may make a lock file where `CI` is set. */
const MUTABLE = { YARN_ENABLE_IMMUTABLE_INSTALLS: "false" };

/**
 * Everything that these tests know about each package manager of `managers.ts`. Each row needs every field:
 * - `program`: its program in `node_modules`; `null` when it comes with Node.js. The package is a dependency in
 *   `package.json`. If its own install script creates the program, `allowScripts` there permits the script;
 * - `project`: the files of a project that uses it, to which its own install adds the lock file;
 * - `lock`: the arguments of an install that makes the lock file, the variables of that install, and the lock file;
 * - `frozen`: the command of the step `install` with that lock file, as the page shows it;
 * - `scripts`: the files that let it run the install scripts of dependencies; `MANIFEST` in `install.test.mjs` names
 *   the dependency;
 * - `monorepo`: the files of a monorepo that uses it and has no lock file of a real install;
 * - `below`: how it builds below a workspace that is above the root: the files of the project, and the advice of the
 *   error; `null` when the build succeeds;
 * - `members`: asks the program for the members of a monorepo.
 */
const MANAGERS = {
  npm: {
    program: null,
    project: {},
    lock: { args: ["install"], env: {}, file: "package-lock.json" },
    frozen: "npm ci",
    scripts: {},
    monorepo: {},
    below: { files: {}, advice: null },
    members: async (root, path) => {
      const npm = await realpath(await findProgram("npm", { PATH: path }));
      const mapWorkspaces = createRequire(npm)("@npmcli/map-workspaces");
      const pkg = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
      return [...(await mapWorkspaces({ cwd: root, pkg })).values()].map((member) => relative(root, member));
    },
  },
  yarn: {
    program: "yarn/bin/yarn.js",
    project: {},
    lock: { args: ["install"], env: {}, file: "yarn.lock" },
    frozen: "yarn install --frozen-lockfile",
    scripts: {},
    monorepo: { "yarn.lock": "" },
    below: { files: {}, advice: 'add "workspaces": [] to the package.json of the project' },
    members: async (root, path) => {
      const output = await run(root, path, ["yarn", "--silent", "workspaces", "info", "--json"]);
      return Object.values(JSON.parse(output)).map(({ location }) => location);
    },
  },
  "yarn berry": {
    program: "@yarnpkg/cli-dist/bin/yarn.js",
    // The empty lock file tells yarn that this is a project of its own, whatever lies above.
    project: { "yarn.lock": "", ".yarnrc.yml": "nodeLinker: node-modules\n" },
    lock: { args: ["install"], env: MUTABLE, file: "yarn.lock" },
    frozen: "yarn install --immutable",
    scripts: { ".yarnrc.yml": "nodeLinker: node-modules\nenableScripts: true\n" },
    monorepo: { "yarn.lock": "", ".yarnrc.yml": "nodeLinker: node-modules\n" },
    below: { files: { ".yarnrc.yml": "" }, advice: "create an empty yarn.lock in the project" },
    members: async (root, path) => {
      await writeFile(join(root, "yarn.lock"), "");
      const output = await run(root, path, ["yarn", "workspaces", "list", "--json"]);
      return output.trim().split("\n").map((line) => JSON.parse(line).location);
    },
  },
  pnpm: {
    program: "pnpm/bin/pnpm.cjs",
    project: {},
    lock: { args: ["install", "--no-frozen-lockfile"], env: {}, file: "pnpm-lock.yaml" },
    frozen: "pnpm install --frozen-lockfile",
    scripts: { "pnpm-workspace.yaml": "packages: []\ndangerouslyAllowAllBuilds: true\n" },
    monorepo: { "pnpm-workspace.yaml": "packages:\n  - packages/*\n" },
    below: { files: {}, advice: null },
    members: async (root, path) => {
      const output = await run(root, path, ["pnpm", "-r", "list", "--depth", "-1", "--json"]);
      return JSON.parse(output).map((project) => relative(root, project.path));
    },
  },
  bun: {
    // Its own install script puts the program of this machine there, whatever its kind.
    program: "bun/bin/bun.exe",
    project: {},
    lock: { args: ["install"], env: {}, file: "bun.lock" },
    frozen: "bun install --frozen-lockfile",
    scripts: {},
    monorepo: { "bun.lock": '{ "lockfileVersion": 1, "workspaces": { "": { "name": "root" } } }\n' },
    below: { files: {}, advice: "allow that directory as a root" },
    members: async (root, path) => {
      await run(root, path, ["bun", "install", "--lockfile-only"]);
      const lock = await readFile(join(root, "bun.lock"), "utf8").catch(() => "");
      return [...lock.matchAll(/^ {4}"([^"]*)": \{/gm)].map(([, member]) => member);
    },
  },
};

/** The facts about a package manager of `managers.ts`, with the `command` that starts it. */
export function factsOf(name) {
  const place = "MANAGERS in test/ecosystem/support/managers.mjs";
  const facts = MANAGERS[name];
  assert.ok(facts !== undefined, `${place} has no row for ${name}: add one`);
  const missing = Object.keys(MANAGERS.npm).filter((field) => !(field in facts));
  assert.deepEqual(missing, [], `The row for ${name} in ${place} needs these fields`);
  const { program: command } = managers.find((manager) => manager.name === name);
  return { ...facts, command };
}

/** A `PATH` on which this package manager is, and none of the others that are ours: two of them have the same name. */
export async function pathWith(t, manager) {
  const { program, command } = factsOf(manager);
  if (program === null) {
    const isThere = systemPath().split(delimiter).some((directory) => existsSync(join(directory, command)));
    assert.ok(isThere, `${command} is not on PATH: install it`);
    return systemPath();
  }
  const file = join(PACKAGES, program);
  const advice = 'run "npm ci --prefix test/ecosystem" in the root of the repository';
  assert.ok(existsSync(file), `${file} is not there: ${advice}; allowScripts in its package.json may forbid it`);
  const folder = await makeFolder(t, { [command]: `#!/bin/sh\nexec "${file}" "$@"\n` });
  await chmod(join(folder, command), 0o755);
  return [folder, systemPath()].join(delimiter);
}

/** Runs a package manager in the environment that a build would get, and returns its output. */
export async function run(cwd, path, [command, ...args], env = {}) {
  const variables = buildEnvironment({ ...process.env, PATH: path }, env);
  return (await promisify(execFile)(command, args, { cwd, env: variables })).stdout;
}
