import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildEnvironment } from "../../../dist/runner/program/environment.js";
import { systemPath } from "./build-server.mjs";
import { makeFolder } from "./folder.mjs";

const PACKAGES = fileURLToPath(new URL("../node_modules/", import.meta.url));
const run = promisify(execFile);

/** The programs that this folder's package.json installs; npm comes with Node. */
const PROGRAMS = {
  yarn: { name: "yarn", file: "yarn/bin/yarn.js" },
  "yarn berry": { name: "yarn", file: "@yarnpkg/cli-dist/bin/yarn.js" },
  pnpm: { name: "pnpm", file: "pnpm/bin/pnpm.cjs" },
  // Its own install script puts the program of this machine there, whatever its kind.
  bun: { name: "bun", file: "bun/bin/bun.exe" },
};

/** A `PATH` on which this package manager is, and none of the others that are ours: two of them have the same name. */
export async function pathWith(t, manager) {
  const program = PROGRAMS[manager];
  if (program === undefined) {
    assert.equal(manager, "npm", `PROGRAMS has no ${manager}`);
    const hasNpm = systemPath().split(delimiter).some((directory) => existsSync(join(directory, "npm")));
    assert.ok(hasNpm, "npm is not on PATH: install it");
    return systemPath();
  }
  const file = join(PACKAGES, program.file);
  const advice = 'run "npm ci --prefix test/ecosystem" in the root of the repository';
  assert.ok(existsSync(file), `${manager} is not there: ${advice}`);
  const folder = await makeFolder(t, { [program.name]: `#!/bin/sh\nexec "${file}" "$@"\n` });
  await chmod(join(folder, program.name), 0o755);
  return [folder, systemPath()].join(delimiter);
}

/** Runs a package manager to make a lock file, in the environment that a build would get. */
export async function install(cwd, path, [command, ...args], env = {}) {
  await run(command, args, { cwd, env: buildEnvironment({ ...process.env, PATH: path }, env) });
}
