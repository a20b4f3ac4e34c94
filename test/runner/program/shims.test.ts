import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, readFile, readdir, stat, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { makeShims } from "../../../dist/runner/program/shims.js";
import { buildPlanner } from "../../../dist/runner/planning/build-planner.js";
import { Scene } from "../queue-scene.js";
import { makeFolder } from "../../support/folders.js";

/** A faithful fake: it runs a manager by its name, and prints what it was called with. */
const COREPACK = `#!/bin/sh
echo "corepack $*"
[ "$2" = run ] && exec sh -c "pnpm add x; pnpx y; which pnpm"
exit 0
`;

describe("makeShims()", () => {
  it("makes programs that pass their arguments to corepack", async (t) => {
    const folder = await makeFolder(t, { "it's $here/corepack": '#!/bin/sh\nprintf "%s|" "$@"\n', "shims/": "" });
    const corepack = join(folder, "it's $here/corepack");
    const shims = join(folder, "shims");
    await chmod(corepack, 0o755);
    await makeShims(shims, ["pnpm", "pnpx"], corepack);
    assert.deepEqual((await readdir(shims)).sort(), ["pnpm", "pnpx"]);
    assert.equal((await stat(join(shims, "pnpm"))).mode & 0o777, 0o700);
    const { stdout } = await promisify(execFile)(join(shims, "pnpx"), ["a b", "$HOME", ""]);
    assert.equal(stdout, "pnpx|a b|$HOME||");
  });

  it("writes through no link, and over no file", async (t) => {
    const folder = await makeFolder(t, { victim: "safe", "shims/yarn": "old" });
    const shims = join(folder, "shims");
    await symlink(join(folder, "victim"), join(shims, "pnpm"));
    for (const name of ["pnpm", "yarn"]) await assert.rejects(makeShims(shims, [name], "/x"), { code: "EEXIST" });
    assert.equal(await readFile(join(folder, "victim"), "utf8"), "safe");
  });
});

describe("a build that corepack runs", () => {
  it("finds the manager in its scripts, and leaves no folder behind", async (t) => {
    const bin = await makeFolder(t, { corepack: COREPACK, pnpm: "#!/bin/sh\necho 1.0.0\n" });
    for (const program of ["corepack", "pnpm"]) await chmod(join(bin, program), 0o755);
    const manifest = { packageManager: "pnpm@9.1.0", scripts: { build: "x" } };
    const root = await makeFolder(t, { "package.json": JSON.stringify(manifest), "pnpm-lock.yaml": "" });
    const env = { PATH: [bin, process.env["PATH"]].join(delimiter) };
    const scene = new Scene(t, { env });
    const request = { projectPath: root, script: undefined, install: undefined };
    const { id } = scene.queue.add(await buildPlanner([root], () => undefined, { env })(request));
    const { status } = await scene.end(id);
    const lines = scene.events.filter((event) => event.type === "line" && event.stream === "stdout");
    const output = lines.map((event) => ("text" in event ? event.text : ""));
    const shim = output.at(-1) ?? "";
    assert.equal(status, "succeeded", scene.story(id).join("\n"));
    assert.deepEqual(output, [
      "corepack pnpm install --frozen-lockfile",
      "corepack pnpm run build",
      "corepack pnpm add x",
      "corepack pnpx y",
      shim,
    ]);
    assert.match(shim, /\/tailcast-build-\d+-[^/]+\/pnpm$/);
    assert.ok(!shim.startsWith(root), "it is not in the project");
    await assert.rejects(stat(shim), { code: "ENOENT" });
  });
});
