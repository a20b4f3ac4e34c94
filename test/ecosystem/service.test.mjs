/** The unit and the environment file of examples/deploy/systemd/README.md: checked by systemd, and started by hand. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Arguments } from "../../dist/arguments.js";
import { readConfig } from "../../dist/cli/serve/config.js";
import { OPTIONS } from "../../dist/cli/serve/program-options.js";
import { makeCertificate } from "./support/certificate.mjs";
import { readDeploy } from "./support/deploy.mjs";
import { makeFolder } from "./support/folder.mjs";
import { until } from "./support/until.mjs";

const PROGRAM = fileURLToPath(new URL("../../dist/server.js", import.meta.url));
const UNIT = readDeploy("systemd/tailcast.service");
const ENVIRONMENT = readDeploy("systemd/tailcast.env");

const TOKEN = "0123456789abcdef0123456789abcdef";

/** The highest score of `systemd-analyze security` that the unit may have; 10 is no protection. */
const MAX_EXPOSURE = 2;

/** The values of a key of the unit, in order. */
function values(key) {
  return Array.from(UNIT.matchAll(new RegExp(`^${key}=(.*)$`, "gm")), ([, value]) => value);
}

/** The variables of an environment file, as systemd reads these simple ones. */
function variables(text) {
  return Object.fromEntries(Array.from(text.matchAll(/^([A-Z_]+)=(.*)$/gm), ([, name, value]) => [name, value]));
}

/** Writes the unit with programs that this machine has; returns its path. */
async function makeUnit(t) {
  const folder = await makeFolder(t, { "tailcast.service": UNIT.replace("/usr/bin/tailcast", process.execPath) });
  return `${folder}/tailcast.service`;
}

function analyze(...args) {
  const program = "/usr/bin/systemd-analyze";
  assert.ok(existsSync(program), `these tests need ${program} (Debian: apt-get install systemd)`);
  return execFileSync(program, args, { encoding: "utf8", stdio: "pipe", env: { ...process.env, SYSTEMD_COLORS: "0" } });
}

/** Starts the command of the unit with its environment, in folders of the test. */
async function startUnit(t, extra) {
  const folder = await makeFolder(t, { "projects/app/package.json": "{}", token: `${TOKEN}\n` });
  chmodSync(`${folder}/token`, 0o600);
  const specifiers = (text) => text.replaceAll("%S/tailcast", folder).replaceAll("%d", folder);
  const own = values("Environment").flatMap((line) => specifiers(line).split(" ").map((pair) => pair.split("=")));
  const { PATH } = process.env;
  const file = { ...variables(ENVIRONMENT), PORT: "0", TAILCAST_ROOT: `${folder}/projects` };
  const env = { PATH, ...file, ...Object.fromEntries(own), ...extra };
  assert.deepEqual(values("ExecStart"), ["/usr/bin/tailcast"]);
  const child = spawn(process.execPath, [PROGRAM], { env, cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (errors += text));
  const ended = once(child, "close");
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const [url] = await Promise.race([
    once(createInterface(child.stdout), "line"),
    ended.then(() => assert.fail(`the program ended: ${errors}`)),
  ]);
  return { child, env, ended, url, errors: () => errors };
}

/** Runs the command of `systemctl reload`, as systemd does. */
function reload({ child, env }) {
  const [, script] = /^\/bin\/sh -c '(.*)'$/.exec(values("ExecReload")[0]);
  execFileSync("/bin/sh", ["-c", script], { env: { ...env, MAINPID: String(child.pid) } });
}

describe("examples/deploy/systemd", () => {
  it("is a unit without mistakes", async (t) => assert.equal(analyze("verify", await makeUnit(t)), ""));

  it(`has an exposure of at most ${MAX_EXPOSURE} of 10`, async (t) => {
    const report = analyze("security", "--offline=true", await makeUnit(t));
    const [, score] = /Overall exposure level for tailcast\.service: ([\d.]+)/.exec(report);
    t.diagnostic(`exposure: ${score}`);
    assert.ok(Number(score) <= MAX_EXPOSURE, report);
  });

  it("has each key once, and none that breaks builds or the delegation", () => {
    const keys = Array.from(UNIT.matchAll(/^(\w+)=/gm), ([, key]) => key).filter((key) => key !== "Environment");
    assert.deepEqual(keys, [...new Set(keys)]);
    const expected = {
      User: "tailcast",
      Delegate: "pids",
      StateDirectory: "tailcast tailcast/home tailcast/data",
      ProtectSystem: "strict",
      ProtectHome: "yes",
      PrivateTmp: "yes",
      NoNewPrivileges: "yes",
      // Otherwise systemd would send SIGTERM to the builds, and stop the server when one of them uses too much memory.
      KillMode: "mixed",
      OOMPolicy: "continue",
      Restart: "on-failure",
    };
    for (const [key, value] of Object.entries(expected)) assert.deepEqual(values(key), [value], key);
    for (const key of ["MemoryDenyWriteExecute", "ProtectControlGroups", "PrivateNetwork", "ProcSubset"]) {
      assert.deepEqual(values(key), [], key);
    }
    assert.deepEqual(values("ReadWritePaths"), [variables(ENVIRONMENT).TAILCAST_ROOT]);
  });

  it("gives the server 20 s more than its builds before systemd kills everything", () => {
    const { TAILCAST_GRACE: grace } = variables(ENVIRONMENT);
    assert.ok(Number(values("TimeoutStopSec")[0]) >= Number(grace) + 20);
  });

  it("has only options that the server knows, also in its comments", async (t) => {
    const root = await makeFolder(t);
    const { cert, key } = await makeCertificate(t);
    const uncommented = variables(ENVIRONMENT.replaceAll(/^# (?=[A-Z_]+=)/gm, ""));
    const direct = { ...uncommented, TAILCAST_CERT: cert, TAILCAST_KEY: key };
    for (const set of [variables(ENVIRONMENT), direct]) {
      const config = readConfig(new Arguments(OPTIONS, {}, { ...set, TAILCAST_ROOT: root, TAILCAST_TOKEN: TOKEN }));
      assert.equal(config.grace, 30_000);
      assert.deepEqual([config.cgroup, config.pids], ["auto", 1000]);
    }
    const known = OPTIONS.map(({ variable }) => variable);
    for (const name of Object.keys(uncommented)) assert.ok(known.includes(name), name);
  });

  it("starts the server with the environment file, and ends it with 0", async (t) => {
    const { child, ended, url } = await startUnit(t, {});
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    assert.equal((await fetch(`${url}/api/builds`)).status, 401);
    const authorized = { headers: { Authorization: `Bearer ${TOKEN}` } };
    assert.equal((await fetch(`${url}/api/builds`, authorized)).status, 200);
    child.kill("SIGTERM");
    assert.deepEqual(await ended, [0, null]);
  });

  it("reloads the certificate, and without one leaves the server alone", async (t) => {
    const { cert, key } = await makeCertificate(t);
    const secure = await startUnit(t, { TAILCAST_CERT: cert, TAILCAST_KEY: key });
    reload(secure);
    await until(() => secure.errors().includes("the certificate was read again"));
    writeFileSync(cert, "broken");
    reload(secure);
    await until(() => secure.errors().includes("keeps the certificate"));

    const plain = await startUnit(t, {});
    reload(plain);
    assert.equal((await fetch(`${plain.url}/healthz`)).status, 200);
    assert.equal(plain.child.exitCode, null);
  });
});
