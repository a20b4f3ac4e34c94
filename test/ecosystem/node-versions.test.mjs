/** Builds with another Node.js than that of the server, and ranges of versions as npm understands them. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import semver from "semver";
import { parseRange, parseVersion, satisfies } from "../../dist/runner/node/semver-range.js";
import { BuildServer } from "./support/build-server.mjs";
import { makeFolder } from "./support/folder.mjs";

const run = promisify(execFile);

/** A major version that the server does not run on. */
const OTHER = process.versions.node.startsWith("22.") ? "24" : "22";

describe("a build of a project that wants another Node.js", () => {
  it("runs on the Node.js in a given folder", async (t) => {
    const args = ["-y", "-p", `node@${OTHER}`, "--", "sh", "-c", "command -v node; node --version"];
    const [program, version] = (await run("npx", args)).stdout.trim().split("\n");
    // The package of npm has no npm, so the one on PATH runs on this Node.js.
    const manifest = { name: "other", scripts: { build: "node --version" } };
    const root = await makeFolder(t, { "package.json": JSON.stringify(manifest), ".nvmrc": `${OTHER}\n` });
    const installation = dirname(dirname(program));
    const server = await BuildServer.start(t, { args: ["--root", root, "--node-path", installation] });
    const body = new URLSearchParams({ projectPath: root, install: "skip" });
    const answer = await fetch(`${server.url}/api/project/build`, { method: "POST", body });
    const log = await server.log((await answer.json()).build.id);
    const [build] = await server.builds();
    assert.equal(build.status, "succeeded", log.join("\n"));
    assert.equal(`v${build.nodeVersion}`, version);
    assert.ok(/^npm \d+\.\d+\.\d+ on Node\.js (\S+), /.exec(log[0])?.[1] === build.nodeVersion, log[0]);
    assert.ok(log.includes(version), log.join("\n"));
  });
});

/** Parts of ranges, from which the texts are made. */
const PARTIALS = ["*", "0", "1", "20", "v20", "0.0", "0.2", "1.x", "20.1", "0.0.3", "0.2.3", "1.2.3", "20.19.0"];
const TAILS = ["1.2.3-rc.1", "0.0.3-0", "20.1.0-alpha.10", "1.2.3+build", "1.2.3-x.y+b"];
const OPERATORS = ["", "=", ">", ">=", "<", "<=", "^", "~", "~>", ">= ", "^ ", "~ ", "> v", "=v"];
const WRONG = ["x20", "20.", "1.2.3.4", "01", "1.2.3-", "1.2.3-01", ">>1", "=>1", "1 -2", "a", "^", ">1<2", "lts/*"];

function texts() {
  const simple = [...PARTIALS, ...TAILS].flatMap((partial) => OPERATORS.map((operator) => operator + partial));
  const some = simple.filter((_, index) => index % 7 === 0);
  const pairs = some.flatMap((one, index) => {
    const other = some[(index * 5 + 3) % some.length];
    return [`${one} ${other}`, `${one} || ${other}`, `${one}||${other}`, ` ${one}   ${other} `];
  });
  const hyphens = [...PARTIALS, ...TAILS].flatMap((one, index, all) => {
    return [`${one} - ${all[(index * 3 + 1) % all.length]}`, `${one} - 20.1 || <1`];
  });
  return ["", " ", "||", ...simple, ...pairs, ...hyphens, ...WRONG, ...WRONG.map((text) => `20 || ${text}`)];
}

function versions() {
  const numbers = [0, 1, 2, 3, 4, 19, 20, 21];
  const releases = numbers.flatMap((major) => [0, 1, 2, 3, 19].flatMap((minor) => [0, 3, 4].map((patch) => {
    return `${major}.${minor}.${patch}`;
  })));
  const prereleases = releases.filter((_, index) => index % 4 === 0).flatMap((each) => [`${each}-rc.1`, `${each}-0`]);
  return [...releases, ...prereleases];
}

describe("ranges of versions", () => {
  it("mean the same as for npm", () => {
    const all = versions().map((text) => ({ text, parsed: parseVersion(text) }));
    const differences = [];
    for (const text of texts()) {
      const expected = semver.validRange(text) === null ? undefined : new semver.Range(text);
      const range = parseRange(text);
      if ((expected === undefined) !== (range === undefined)) differences.push(`"${text}"`);
      if (expected === undefined || range === undefined) continue;
      for (const version of all) {
        const isInside = satisfies(version.parsed, range);
        if (isInside !== expected.test(version.text)) differences.push(`"${text}" has ${version.text}: ${isInside}`);
      }
    }
    assert.deepEqual(differences.slice(0, 20), []);
  });
});
