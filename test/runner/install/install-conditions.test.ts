import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { installConditions } from "../../../dist/runner/install/install-conditions.js";
import { detectPackageManager } from "../../../dist/runner/package-manager/detect.js";
import { openProject } from "../../../dist/runner/project/project.js";
import { makeFolder } from "../../support/folders.js";
import type { TestContext } from "node:test";
import type { ManagerCall } from "../../../dist/runner/package-manager/invocation.js";

const CALL: ManagerCall = {
  command: "npm",
  args: [],
  version: "11.0.0",
  note: "",
  warnings: [],
  corepack: undefined,
};

/** The reasons why the install must run. */
async function doubtsOf(
  t: TestContext,
  env: Readonly<Record<string, string>>,
  call: ManagerCall,
  nodeVersion: string | undefined,
): Promise<readonly string[]> {
  const root = await makeFolder(t, { "package.json": "{}" });
  const detected = await detectPackageManager(await openProject(".", [root]));
  return (await installConditions(detected, call, { PATH: "", ...env }, nodeVersion)).doubts;
}

describe("installConditions()", () => {
  it("doubts variables that move installed files, in any case, and no others", async (t) => {
    const moving = [
      ...["npm_config_modules_dir", "NPM_CONFIG_VIRTUAL_STORE_DIR", "pnpm_config_lockfile_dir"],
      ...["npm_config_git_branch_lockfile", "npm_config_install_links", "npm_config_global"],
      ...["YARN_VIRTUAL_FOLDER", "YARN_RC_FILENAME"],
    ];
    const doubts = (env: Readonly<Record<string, string>>): Promise<readonly string[]> => {
      return doubtsOf(t, env, CALL, "20.1.0");
    };
    for (const name of moving) assert.deepEqual(await doubts({ [name]: "x" }), [`the variable ${name} is set`]);
    const others = { npm_config_registry: "x", MY_YARN_RC_FILENAME: "x", npm_config_global_style: "x" };
    assert.deepEqual(await doubts(others), []);
  });

  it("doubts an install by unknown versions", async (t) => {
    const expected = ["the version of Node.js is unknown", "the version of npm is unknown"];
    assert.deepEqual(await doubtsOf(t, {}, { ...CALL, version: undefined }, undefined), expected);
  });
});
