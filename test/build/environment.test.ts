import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { buildEnvironment } from "../../dist/build/environment.js";

const added = {
  CI: "true",
  FORCE_COLOR: "1",
  CLICOLOR_FORCE: "1",
  npm_config_color: "always",
  COREPACK_ENABLE_DOWNLOAD_PROMPT: "0",
  COREPACK_ENV_FILE: "0",
};

describe("buildEnvironment()", () => {
  it("removes what belongs to this process, to its npm, or to its secrets", () => {
    const names = [
      ...["NODE_ENV", "NODE_OPTIONS", "NODE_V8_COVERAGE", "NODE_CHANNEL_FD", "NODE_UNIQUE_ID", "NODE_TEST_CONTEXT"],
      ...["NODE_DISABLE_COLORS", "NO_COLOR", "INIT_CWD", "npm_config_registry", "npm_lifecycle_event"],
      ...["TAILCAST_TOKEN", "TAILCAST_"],
    ];
    const base = Object.fromEntries(names.map((name) => [name, "secret"]));
    assert.deepEqual(buildEnvironment(base), added);
  });

  it("keeps everything else", () => {
    const base = { PATH: "/bin", NPM_CONFIG_REGISTRY: "r", NODE_ENVIRONMENT: "x", MY_NODE_ENV: "y", EMPTY: "" };
    assert.deepEqual(buildEnvironment(base), { ...base, ...added });
  });

  it("lets what is added at last win", () => {
    const env = buildEnvironment({ CI: "false", A: "1" }, { CI: "0", NODE_ENV: "test", A: undefined });
    assert.deepEqual(env, { ...added, CI: "0", NODE_ENV: "test", A: "1" });
  });

  it("starts from the environment of this process", (t) => {
    process.env["TAILCAST_TEST"] = "1";
    process.env["OTHER_TEST"] = "2";
    t.after(() => {
      delete process.env["TAILCAST_TEST"];
      delete process.env["OTHER_TEST"];
    });
    const env = buildEnvironment();
    assert.equal(env["TAILCAST_TEST"], undefined);
    assert.equal(env["OTHER_TEST"], "2");
  });
});
