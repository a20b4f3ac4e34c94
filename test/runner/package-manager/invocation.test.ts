import assert from "node:assert/strict";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { detectPackageManager } from "../../../dist/runner/package-manager/detect.js";
import { findManager } from "../../../dist/runner/package-manager/invocation.js";
import { openProject } from "../../../dist/runner/project/project.js";
import { Stage } from "../../support/actors.js";
import { makeFolder } from "../../support/folders.js";
import type { TestContext } from "node:test";
import type { ManagerCall } from "../../../dist/runner/package-manager/invocation.js";

const LATE = "did not print its version within 1 s";

/** Finds out how to call a manager that never prints its version, in a project with this `package.json`. */
async function callSlow(t: TestContext, name: string, manifest: object, others: string[] = []): Promise<ManagerCall> {
  const stage = await Stage.open(t);
  const { command, args } = stage.step("slow");
  const call = [command, ...args].map((part) => JSON.stringify(part)).join(" ");
  const programs = { [name]: `#!/bin/sh\nexec ${call}\n`, ...Object.fromEntries(others.map((other) => [other, ""])) };
  const bin = await makeFolder(t, programs);
  for (const program of Object.keys(programs)) await chmod(join(bin, program), 0o755);
  const folder = await makeFolder(t, { "package.json": JSON.stringify(manifest) });
  const detected = await detectPackageManager(await openProject(folder, [folder]));
  const found = findManager(detected, { PATH: bin }, { answerTime: 1000 });
  await (await stage.actor("slow")).gone;
  return found;
}

describe("findManager(), with a manager that does not print its version in time", () => {
  it("lets corepack run the version that is named", async (t) => {
    const { command, args, version, note } = await callSlow(t, "pnpm", { packageManager: "pnpm@9.1.0" }, ["corepack"]);
    assert.deepEqual([command, args, version], ["corepack", ["pnpm"], "9.1.0"]);
    assert.equal(note, `pnpm ${LATE}, so corepack runs the version that is named`);
  });

  it("shows no version, and says so, when corepack cannot run it", async (t) => {
    for (const [name, others] of [["pnpm", []], ["bun", ["corepack"]]] as const) {
      const call = await callSlow(t, name, { packageManager: `${name}@9.1.0` }, [...others]);
      assert.deepEqual([call.command, call.args, call.version, call.note], [name, [], undefined, ""]);
      const unknown = `${name} ${LATE}, so the version that runs is unknown`;
      assert.deepEqual(call.warnings, [`packageManager names ${name}@9.1.0, but ${unknown}`]);
    }
  });

  it("says so when no version is named", async (t) => {
    const call = await callSlow(t, "yarn", { packageManager: "yarn" });
    assert.deepEqual(call.warnings, [`yarn ${LATE}, so the version that runs is unknown`]);
  });
});
