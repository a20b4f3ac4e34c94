import assert from "node:assert/strict";
import { chmod, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { CgroupFolder } from "../../../dist/runner/cgroup/cgroup-folder.js";
import { askVersion, installedVersion } from "../../../dist/runner/package-manager/version.js";
import { Stage } from "../../support/actors.js";
import { cgroupsIn, makeCgroup, noCgroups } from "../../support/cgroups.js";
import { makeFolder } from "../../support/folders.js";
import type { TestContext } from "node:test";
import type { VersionAnswer } from "../../../dist/runner/package-manager/version.js";

/** Creates a program that runs a shell script, in its own folder. */
async function program(t: TestContext, script: string): Promise<{ file: string; folder: string }> {
  const folder = await makeFolder(t, { program: `#!/bin/sh\n${script}\n` });
  const file = join(folder, "program");
  await chmod(file, 0o755);
  return { file, folder };
}

describe("installedVersion()", () => {
  it("reads the version of the package that contains a program, also through a link", async (t) => {
    const folder = await makeFolder(t, {
      "lib/npm/package.json": '{"name":"npm","version":"10.2.0"}',
      "lib/npm/bin/cli.js": "",
      "lib/corepack/package.json": '{"name":"corepack","version":"0.34.0"}',
      "lib/corepack/dist/npm.js": "",
      "lib/deep/package.json": '{"name":"npm","version":"1.0.0"}',
      "lib/deep/a/b/npm": "",
      "lib/deep/a/b/c/npm": "",
      "lib/odd/package.json": '{"name":"npm","version":{}}',
      "lib/odd/npm": "",
      "bin/": "",
    });
    await symlink(join(folder, "lib/npm/bin/cli.js"), join(folder, "bin/npm"));
    const cases = { "bin/npm": "10.2.0", "lib/deep/a/b/npm": "1.0.0" };
    for (const [file, version] of Object.entries(cases)) {
      assert.equal(await installedVersion(join(folder, file), "npm"), version);
    }
    for (const file of ["lib/corepack/dist/npm.js", "lib/deep/a/b/c/npm", "lib/odd/npm", "bin/missing"]) {
      assert.equal(await installedVersion(join(folder, file), "npm"), undefined, file);
    }
  });
});

const NO_VERSION = { problem: "printed no version" };

describe("askVersion()", () => {
  const answers: readonly (readonly [script: string, version: string | undefined])[] = [
    ["echo 10.2.0", "10.2.0"],
    ["echo v10.2.0-rc.1+build", "10.2.0-rc.1+build"],
    ["echo; echo 'a note'; echo 1.2.3; echo 4.5.6", "1.2.3"],
    ["printf '\\033[33m1.2.3\\033[39m\\n'", "1.2.3"],
    ["echo 1.2.3 >&2", undefined],
    ["echo 'needs 1.2.3'", undefined],
    ["echo 1.2.3; exit 1", undefined],
    ["echo 1.2", undefined],
    [":", undefined],
    ["echo $1", undefined],
    ['[ "$*" = --version ] && echo 1.0.0', "1.0.0"],
    ['echo $(basename "$PWD")', "7.0.0"],
    ["echo $VERSION", "8.0.0"],
    ["[ $COREPACK_ENABLE_NETWORK = 0 ] && echo 9.0.0", "9.0.0"],
  ];
  for (const [script, version] of answers) {
    it(`finds the version that "${script}" prints`, async (t) => {
      const { file } = await program(t, script);
      const folder = await makeFolder(t, { "7.0.0/": "" });
      const env = { PATH: process.env["PATH"], VERSION: "8.0.0" };
      const answer = await askVersion(file, join(folder, "7.0.0"), env);
      assert.deepEqual(answer, version === undefined ? NO_VERSION : { version });
    });
  }

  it("returns undefined for a program that cannot run", async (t) => {
    const folder = await makeFolder(t, { empty: "" });
    for (const file of [join(folder, "missing"), join(folder, "empty")]) {
      assert.deepEqual(await askVersion(file, folder, {}), NO_VERSION);
    }
    assert.deepEqual(await askVersion("/bin/sh", join(folder, "missing"), {}), NO_VERSION);
  });

  it("does not wait for a program that never answers, and leaves no process running", async (t) => {
    const stage = await Stage.open(t);
    const { command, args } = stage.step("hanging");
    const { file, folder } = await program(t, `echo 1.2.3; "${command}" ${args.join(" ")} & wait`);
    const answer = askVersion(file, folder, { PATH: process.env["PATH"] }, { answerTime: 1000 });
    const { gone } = await stage.actor("hanging");
    assert.deepEqual(await answer, { problem: "did not print its version within 1 s" });
    await gone;
  });

  it("runs the program with the niceness of builds, and in a cgroup of its own", { skip: noCgroups }, async (t) => {
    const { file, folder } = await program(t, 'cat /proc/self/cgroup > place; sleep 0.1; nice > nice; echo 1.2.3');
    const cgroup = makeCgroup(t);
    const limits = { nice: 19, folder: new CgroupFolder(cgroup, 0) };
    assert.deepEqual(await askVersion(file, folder, { PATH: process.env["PATH"] }, limits), { version: "1.2.3" });
    assert.equal(await readFile(join(folder, "nice"), "utf8"), "19\n");
    assert.match(await readFile(join(folder, "place"), "utf8"), /\/tailcast-test-\d+\/tailcast-\d+-\d+-0{16}-2$/m);
    assert.deepEqual(cgroupsIn(cgroup), []);
  });

  it("ends the program when the build is stopped, and starts no program after that", async (t) => {
    const stage = await Stage.open(t);
    const { command, args } = stage.step("hanging");
    const { file, folder } = await program(t, `echo 1.2.3; "${command}" ${args.join(" ")} & wait`);
    const stop = new AbortController();
    const ask = (): Promise<VersionAnswer> => {
      return askVersion(file, folder, { PATH: process.env["PATH"] }, { signal: stop.signal });
    };
    const answer = ask();
    const { gone } = await stage.actor("hanging");
    stop.abort();
    assert.deepEqual(await answer, NO_VERSION);
    await gone;
    assert.deepEqual(await ask(), NO_VERSION);
  });
});
