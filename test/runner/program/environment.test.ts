import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { buildEnvironment, environmentDifference } from "../../../dist/runner/program/environment.js";
import { addVariables } from "../../../dist/runner/program/variables.js";

/** The variables of every build that this process does not set. */
const added = {
  CI: "true",
  TERM: "xterm-256color",
  COLUMNS: "120",
  COREPACK_ENABLE_DOWNLOAD_PROMPT: "0",
  COREPACK_ENV_FILE: "0",
};

describe("buildEnvironment()", () => {
  it("removes variables of this process and its npm, and secrets", () => {
    const names = [
      ...["NODE_ENV", "NODE_V8_COVERAGE", "NODE_CHANNEL_FD", "NODE_UNIQUE_ID", "NODE_TEST_CONTEXT"],
      ...["VSCODE_INSPECTOR_OPTIONS", "INIT_CWD", "TAILCAST_TOKEN", "TAILCAST_", "PORT", "HOST"],
      ...["npm_lifecycle_event", "npm_lifecycle_script", "npm_package_json", "npm_package_config_port", "npm_command"],
      ...["npm_execpath", "npm_node_execpath", "npm_config_user_agent"],
    ];
    const base = Object.fromEntries(names.map((name) => [name, "secret"]));
    assert.deepEqual(buildEnvironment(base), added);
  });

  it("removes variables that npm has added, by any sign that npm has started this process", () => {
    const own = ["/usr/bin", "/opt/node_modules/.binaries", "/opt/.bin", "", "/opt/node_modules"];
    const folders = ["/home/me/.npm/_npx/1/node_modules/.bin", "/app/node_modules/.bin/", "node_modules/.bin"];
    const gyp = ["/lib/node_modules/npm/node_modules/@npmcli/run-script/lib/node-gyp-bin", "/bin/node-gyp-bin/"];
    const base = {
      PATH: [...folders, ...gyp, ...own].join(":"),
      MANPATH: "/app/node_modules/.bin",
      npm_config_registry: "r",
      npm_config_: "",
      npm_other: "x",
      NPM_CONFIG_REGISTRY: "R",
    };
    const kept = { PATH: own.join(":"), MANPATH: base.MANPATH, NPM_CONFIG_REGISTRY: "R", ...added };
    for (const sign of ["npm_lifecycle_event", "npm_execpath", "npm_config_user_agent"]) {
      assert.deepEqual(buildEnvironment({ ...base, [sign]: "npx" }), kept, sign);
    }
    assert.deepEqual(buildEnvironment({ npm_lifecycle_event: "start" }), added, "without a PATH");
  });

  it("keeps settings of npm, and the PATH, when npm has not started this process", () => {
    const PATH = "/app/node_modules/.bin:/usr/bin/node-gyp-bin:/bin";
    const own = { PATH, npm_config_registry: "r", npm_config_cache: "/c", npm_token: "t", npm_packages: "/p" };
    const others = { npm_package_name: "tailcast", npm_command: "exec", npm_node_execpath: "/bin/node" };
    assert.deepEqual(buildEnvironment({ ...own, ...others }), { ...own, ...added });
  });

  it("keeps everything else", () => {
    const names = ["PATH", "NPM_CONFIG_REGISTRY", "NODE_ENVIRONMENT", "MY_NODE_ENV", "PORTS", "EMPTY"];
    const base = Object.fromEntries(names.map((name) => [name, name === "EMPTY" ? "" : "x"]));
    assert.deepEqual(buildEnvironment(base), { ...base, ...added });
  });

  it("lets a variable of this process win over every default", () => {
    const colors = { NO_COLOR: "1", FORCE_COLOR: "0" };
    const own = { CI: "false", TERM: "dumb", COLUMNS: "40", COREPACK_ENV_FILE: ".corepack", ...colors };
    assert.deepEqual(buildEnvironment(own, {}, { color: true }), { ...added, ...own });
    assert.equal(buildEnvironment({ CI: "" })["CI"], "");
  });

  it("turns on colours on request", () => {
    const colors = { FORCE_COLOR: "1", CLICOLOR_FORCE: "1", npm_config_color: "always" };
    assert.deepEqual(buildEnvironment({}, {}, { color: true }), { ...added, ...colors });
    const own = { npm_config_color: "false" };
    assert.deepEqual(buildEnvironment(own, {}, { color: true }), { ...added, ...colors, ...own });
    for (const wish of [{ NO_COLOR: "1" }, { NODE_DISABLE_COLORS: "1" }, { FORCE_COLOR: "0" }]) {
      assert.deepEqual(buildEnvironment(wish, {}, { color: true }), { ...added, ...wish });
    }
  });

  it("passes NODE_OPTIONS without options that concern this process alone", () => {
    const NODE_OPTIONS = "--inspect=0 --max-old-space-size=4096";
    assert.deepEqual(buildEnvironment({ NODE_OPTIONS }), { ...added, NODE_OPTIONS: "--max-old-space-size=4096" });
    assert.deepEqual(buildEnvironment({ NODE_OPTIONS: "--inspect" }), added);
  });

  it("adds no escape sequences to texts that programs compute and write", async () => {
    const script = 'echo "<$(node -p 2*2)>"; node -e "console.log({ a: 1 })" | cat';
    const env = buildEnvironment({ PATH: `${dirname(process.execPath)}:/usr/bin:/bin` });
    const { stdout } = await promisify(execFile)("/bin/sh", ["-c", script], { env });
    assert.equal(stdout, "<4>\n{ a: 1 }\n");
  });

  it("lets the extra variables win over everything", () => {
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

describe("environmentDifference()", () => {
  it("names the set and the missing variables, and shows the values of defaults only", () => {
    const base = { PATH: "/bin", NODE_ENV: "production", PORT: "1", NODE_OPTIONS: "--inspect --no-warnings" };
    const env = buildEnvironment(base, { DEPLOY_KEY: "0123", CI: "1" });
    const sentence =
      "the environment of the build sets CI, TERM=xterm-256color, COLUMNS=120, DEPLOY_KEY " +
      "and leaves out NODE_ENV, PORT, parts of NODE_OPTIONS";
    assert.equal(environmentDifference(env, base), sentence);
    assert.equal(environmentDifference({ A: "1" }, { A: "1" }), undefined);
    const debugged = { CI: "1", TERM: "dumb", COLUMNS: "80", NODE_OPTIONS: "--inspect" };
    const left = "the environment of the build leaves out NODE_OPTIONS";
    assert.equal(environmentDifference(buildEnvironment(debugged), debugged), left);
    const plain = { ...debugged, NODE_OPTIONS: "", NO_COLOR: "1", NODE_DISABLE_COLORS: "1" };
    const coloured = "the environment of the build sets FORCE_COLOR=1 and leaves out NO_COLOR, NODE_DISABLE_COLORS";
    assert.equal(environmentDifference(addVariables(buildEnvironment(plain), { color: true }), plain), coloured);
  });

  it("names neither what npm has added nor what concerns this process alone", () => {
    const npm = { npm_lifecycle_event: "start", npm_config_cache: "c", npm_package_json: "p", INIT_CWD: "/" };
    const own = { TAILCAST_TOKEN: "t", NODE_TEST_CONTEXT: "child", NODE_V8_COVERAGE: "/c" };
    const person = { PATH: "/app/node_modules/.bin:/bin", CI: "0", TERM: "dumb", COLUMNS: "80" };
    const base = { ...npm, ...own, ...person };
    assert.equal(environmentDifference(buildEnvironment(base), base), undefined);
    assert.equal(environmentDifference({ PATH: "/bin", CI: "0", TERM: "dumb", COLUMNS: "80" }, base), undefined);
    const moved = { ...buildEnvironment(base), PATH: "/opt/bin" };
    assert.equal(environmentDifference(moved, base), "the environment of the build sets PATH");
  });

  it("names one variable for all that turn on colours", () => {
    const base = { CI: "0", TERM: "dumb", COLUMNS: "80" };
    const env = buildEnvironment(base, {}, { color: true });
    assert.equal(environmentDifference(env, base), "the environment of the build sets FORCE_COLOR=1");
  });

  it("stays short", () => {
    const names = Array.from({ length: 100 }, (_, index) => [`NAME_${index}`, "x"]);
    assert.match(environmentDifference(Object.fromEntries(names), {}) ?? "", /NAME_19 and 80 more$/);
  });
});
