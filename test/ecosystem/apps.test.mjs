/** The applications in examples/ that a framework builds: each is built, run in production, and followed by clients. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, openSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { makeFolder } from "./support/folder.mjs";
import { checkHost } from "./support/host-checks.mjs";
import { assertTable } from "./support/host-table.mjs";
import { APPS, NODE_VERSIONS } from "./support/hosts.mjs";
import { findNode } from "./support/node-versions.mjs";
import { freePort } from "./support/ports.mjs";
import { Program } from "./support/program.mjs";

const ENVIRONMENT = { HOST: "127.0.0.1", NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };

function folderOf({ file }) {
  return fileURLToPath(new URL(`../../examples/${file}`, import.meta.url));
}

/** The arguments of Node for a script of package.json, such as `next start`. */
function commandOf(folder, script) {
  const { scripts } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const [command, ...args] = scripts[script].split(" ");
  return command === "node" ? args : [join(folder, "node_modules/.bin", command), ...args];
}

async function build(row) {
  const cwd = folderOf(row);
  assert.ok(existsSync(join(cwd, "node_modules")), `run npm ci --prefix examples/${row.file}`);
  const env = { ...process.env, ...ENVIRONMENT };
  await promisify(execFile)(process.execPath, commandOf(cwd, "build"), { cwd, env });
}

describe("applications of frameworks", () => {
  const passed = new Map();

  it("keep the promise", { concurrency: 6 }, async (t) => {
    const builds = new Map(APPS.map((row) => [row, build(row)]));
    // The checks measure times, so they wait until no build uses the processors.
    const quiet = Promise.allSettled(builds.values());
    const run = async (t, row, version) => {
      const program = await findNode(version);
      await quiet;
      await builds.get(row);
      const errors = join(await makeFolder(t), "stderr");
      const stderr = openSync(errors, "a");
      const cwd = folderOf(row);
      const args = commandOf(cwd, "start");
      const start = (PORT) => ({ program, args, env: { ...ENVIRONMENT, PORT }, cwd, stderr });
      await checkHost(t, row, await Program.start(t, start, await freePort()), passed);
      assert.equal(readFileSync(errors, "utf8"), row.stderr ?? "", "clients that leave are no errors");
    };
    const tests = APPS.flatMap((row) => {
      return NODE_VERSIONS.map((version) => t.test(`${row.title}, Node ${version}`, (t) => run(t, row, version)));
    });
    await Promise.all(tests);
  });

  it("have the channel of Next in two bundles, so it must be on globalThis", () => {
    const chunks = join(folderOf({ file: "next" }), ".next/server/chunks");
    const names = readdirSync(chunks).filter((name) => name.endsWith(".js"));
    const bundles = names.filter((name) => readFileSync(join(chunks, name), "utf8").includes("globalThis.messages"));
    assert.ok(bundles.length > 1, "routes and instrumentation.js share the module: examples/README.md is outdated");
  });

  it("are listed in the README with what was checked", () => assertTable("applications", APPS, passed));
});
