import assert from "node:assert/strict";
import { chmod, cp, link, mkdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { decideInstall } from "../../../dist/runner/install/decide-install.js";
import { surveyInstall } from "../../../dist/runner/install/survey.js";
import { makeFolder } from "../../support/folders.js";
import type { TestContext } from "node:test";
import type { InstallDecision } from "../../../dist/runner/install/decide-install.js";

const PIN = { path: "/", device: "1", inode: "2" };

/** A monorepo of two members after its install. */
const FILES: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ workspaces: ["packages/*"], dependencies: { left: "file:vendor/left.tgz" } }),
  "package-lock.json": "{}",
  "vendor/left.tgz": "an archive",
  "patches/react.patch": "a patch",
  ".npmrc": "pnpmfile=tools/hooks.cjs",
  "tools/hooks.cjs": "module.exports = {}",
  "source.js": "1",
  "packages/app/package.json": JSON.stringify({ dependencies: { react: "^19.0.0" } }),
  "packages/app/index.js": "2",
  "packages/lib/pnpm-lock.yaml": "",
  "packages/lib/package.json": JSON.stringify({ bin: { tool: "dist/cli.js" } }),
  "packages/lib/node_modules/inner/index.js": "3",
  "node_modules/.package-lock.json": "{}",
  "node_modules/.bin/tool": "#!/bin/sh",
  "node_modules/react/package.json": "{}",
  "node_modules/react/cjs/react.js": "4",
  "node_modules/@scope/one/index.js": "5",
  "node_modules/.pnpm/one@1.0.0/node_modules/one/index.js": "6",
};

/** Decides about the install of a folder after a change since the last install. */
async function decideAfter(
  t: TestContext,
  change: (folder: string) => Promise<unknown>,
  files: Readonly<Record<string, string>> = FILES,
): Promise<InstallDecision> {
  const folder = await makeFolder(t, files);
  const request = { path: folder, globs: ["packages/*"], settings: [join(folder, "home/.npmrc")] };
  const { inputs, tree } = surveyInstall(request);
  await change(folder);
  const entry = { pin: PIN, time: "", unfinished: null, stamp: { inputs, tree } };
  const decision = decideInstall(entry, surveyInstall(request));
  return JSON.parse(JSON.stringify(decision).replaceAll(folder, "~")) as InstallDecision;
}

const changed = (name: string): InstallDecision => ({
  type: "install",
  because: `${name} changed since the last install`,
});
const damaged = (name: string): InstallDecision => {
  return { type: "clean", because: `files were added to ${name}, or removed, since the last install` };
};
const SKIP: InstallDecision = { type: "skip" };

type Case = readonly [title: string, change: (folder: string) => Promise<unknown>, decision: InstallDecision];

const CASES: readonly Case[] = [
  ["nothing", async () => undefined, SKIP],
  ["the sources", (folder) => writeFile(join(folder, "packages/app/index.js"), "22"), SKIP],
  ["a result of the build", (folder) => writeFile(join(folder, "packages/app/new.js"), ""), SKIP],
  ["a cache in node_modules", (folder) => mkdir(join(folder, "node_modules/.cache/terser"), { recursive: true }), SKIP],
  [
    "the state that pnpm notes",
    (folder) => writeFile(join(folder, "node_modules/.pnpm-workspace-state-v1.json"), ""),
    SKIP,
  ],
  [
    "generated files in node_modules",
    (folder) => mkdir(join(folder, "node_modules/.prisma/client"), { recursive: true }),
    SKIP,
  ],
  [
    "a program of a member, which a build created",
    async (folder) => {
      await mkdir(join(folder, "packages/lib/dist"));
      await writeFile(join(folder, "packages/lib/dist/cli.js"), "");
    },
    changed("packages/lib/dist/cli.js"),
  ],
  [
    "the lock file of a member",
    (folder) => writeFile(join(folder, "packages/lib/pnpm-lock.yaml"), "x"),
    changed("packages/lib/pnpm-lock.yaml"),
  ],
  ["hooks that settings name", (folder) => writeFile(join(folder, "tools/hooks.cjs"), ""), changed("tools/hooks.cjs")],
  ["the lock file", (folder) => writeFile(join(folder, "package-lock.json"), "{ }"), changed("package-lock.json")],
  ["a new lock file of another manager", (folder) => writeFile(join(folder, "yarn.lock"), ""), changed("yarn.lock")],
  ["a lock file that is gone", (folder) => rm(join(folder, "package-lock.json")), changed("package-lock.json")],
  [
    "the manifest of a member",
    (folder) => writeFile(join(folder, "packages/lib/package.json"), "{ }"),
    changed("packages/lib/package.json"),
  ],
  [
    "a new member",
    async (folder) => {
      await mkdir(join(folder, "packages/new"));
      await writeFile(join(folder, "packages/new/package.json"), "{}");
    },
    changed("packages/new/package.json"),
  ],
  [
    "a member that is gone",
    (folder) => rm(join(folder, "packages/app"), { recursive: true }),
    changed("packages/app/package.json"),
  ],
  [
    "a new .npmrc of a member",
    (folder) => writeFile(join(folder, "packages/lib/.npmrc"), "omit=dev"),
    changed("packages/lib/.npmrc"),
  ],
  [
    "the settings of the user",
    async (folder) => {
      await mkdir(join(folder, "home"));
      await writeFile(join(folder, "home/.npmrc"), "omit=dev");
    },
    changed("~/home/.npmrc"),
  ],
  [
    "an archive that a manifest names",
    (folder) => writeFile(join(folder, "vendor/left.tgz"), "another"),
    changed("vendor/left.tgz"),
  ],
  ["a patch", (folder) => writeFile(join(folder, "patches/react.patch"), "other"), changed("patches/react.patch")],
  [
    "a new plugin of Yarn",
    async (folder) => {
      await mkdir(join(folder, ".yarn/plugins/@yarnpkg"), { recursive: true });
      await writeFile(join(folder, ".yarn/plugins/@yarnpkg/one.cjs"), "");
    },
    changed(".yarn/plugins/@yarnpkg/one.cjs"),
  ],
  [
    "node_modules, which was removed",
    (folder) => rm(join(folder, "node_modules"), { recursive: true }),
    damaged("node_modules/.bin, node_modules/.package-lock.json, node_modules/.pnpm/one@1.0.0 and 2 more"),
  ],
  [
    "a package, which was removed",
    (folder) => rm(join(folder, "node_modules/react"), { recursive: true }),
    damaged("node_modules/react"),
  ],
  [
    "a file in a package, which was removed",
    (folder) => rm(join(folder, "node_modules/react/cjs/react.js")),
    damaged("node_modules/react"),
  ],
  [
    "a scoped package, which was removed",
    (folder) => rm(join(folder, "node_modules/@scope"), { recursive: true }),
    damaged("node_modules/@scope/one"),
  ],
  [
    "a package of a member, which was removed",
    (folder) => rm(join(folder, "packages/lib/node_modules/inner"), { recursive: true }),
    damaged("packages/lib/node_modules/inner"),
  ],
  ["a package that was added", (folder) => mkdir(join(folder, "node_modules/vue")), damaged("node_modules/vue")],
  [
    "a file in a package",
    (folder) => writeFile(join(folder, "node_modules/react/cjs/react.js"), "55"),
    changed("node_modules/react"),
  ],
  [
    "a file in a package, whose time was set back",
    async (folder) => {
      const path = join(folder, "node_modules/react/cjs/react.js");
      const time = new Date(0);
      await utimes(path, time, time);
    },
    changed("node_modules/react"),
  ],
  [
    "the mode of a file in a package",
    (folder) => chmod(join(folder, "node_modules/.bin/tool"), 0o755),
    changed("node_modules/.bin"),
  ],
  [
    "a package below .pnpm",
    (folder) => writeFile(join(folder, "node_modules/.pnpm/one@1.0.0/node_modules/one/index.js"), "7"),
    changed("node_modules/.pnpm/one@1.0.0"),
  ],
  [
    "a package that was replaced by a copy",
    async (folder) => {
      const path = join(folder, "node_modules/react");
      await cp(path, `${folder}/copy`, { recursive: true, preserveTimestamps: true });
      await rm(path, { recursive: true });
      await rename(`${folder}/copy`, path);
    },
    changed("node_modules/react"),
  ],
  [
    "the lock file, which was changed back",
    async (folder) => {
      await writeFile(join(folder, "package-lock.json"), "{ }");
      await writeFile(join(folder, "package-lock.json"), "{}");
    },
    SKIP,
  ],
  [
    "the lock file, which was changed back after another install",
    async (folder) => {
      await writeFile(join(folder, "package-lock.json"), "{ }");
      await writeFile(join(folder, "node_modules/.package-lock.json"), "{ }");
      await writeFile(join(folder, "package-lock.json"), "{}");
    },
    changed("node_modules/.package-lock.json"),
  ],
];

describe("surveyInstall() and decideInstall()", () => {
  for (const [title, change, decision] of CASES) {
    it(`decide after a change of ${title}`, async (t) => assert.deepEqual(await decideAfter(t, change), decision));
  }

  it("find no change when another project links the same file", async (t) => {
    const folder = await makeFolder(t, FILES);
    const request = { path: folder, globs: [], settings: [] };
    const path = join(folder, "node_modules/react/cjs/react.js");
    // In the store of pnpm.
    await link(path, join(folder, "store"));
    const { inputs, tree } = surveyInstall(request);
    await link(path, join(folder, "other"));
    const entry = { pin: PIN, time: "", unfinished: null, stamp: { inputs, tree } };
    assert.deepEqual(decideInstall(entry, surveyInstall(request)), SKIP);
  });

  it("notice that the target of a link is gone, or is another one", async (t) => {
    const folder = await makeFolder(t, { ...FILES, "store/one/index.js": "" });
    const request = { path: folder, globs: [], settings: [] };
    await symlink("../store/one", join(folder, "node_modules/linked"));
    const { inputs, tree } = surveyInstall(request);
    const entry = { pin: PIN, time: "", unfinished: null, stamp: { inputs, tree } };
    await writeFile(join(folder, "store/one/index.js"), "a source of a linked package");
    assert.deepEqual(decideInstall(entry, surveyInstall(request)), SKIP);
    await rename(join(folder, "store/one"), join(folder, "store/two"));
    assert.deepEqual(decideInstall(entry, surveyInstall(request)), changed("node_modules/linked"));
    await mkdir(join(folder, "store/one"));
    assert.deepEqual(decideInstall(entry, surveyInstall(request)), changed("node_modules/linked"));
  });

  it("ignore the file behind a link to a program", async (t) => {
    const folder = await makeFolder(t, { ...FILES, "node_modules/.bin/": "" });
    const request = { path: folder, globs: [], settings: [] };
    await symlink("../../packages/lib/dist/cli.js", join(folder, "node_modules/.bin/cli"));
    const { inputs, tree } = surveyInstall(request);
    const entry = { pin: PIN, time: "", unfinished: null, stamp: { inputs, tree } };
    await mkdir(join(folder, "packages/lib/dist"));
    await writeFile(join(folder, "packages/lib/dist/cli.js"), "");
    assert.deepEqual(decideInstall(entry, surveyInstall(request)), SKIP);
  });

  it("doubt files that the install has generated in node_modules", async (t) => {
    const store = "node_modules/.pnpm/client@1.0.0/node_modules";
    const folder = await makeFolder(t, { "package.json": "{}", [`${store}/.prisma/client/index.js`]: "" });
    const request = { path: folder, globs: [], settings: [] };
    const { inputs, tree } = surveyInstall(request);
    const entry = { pin: PIN, time: "", unfinished: null, stamp: { inputs, tree } };
    const because = `${store}/.prisma may be generated from other files of the project`;
    assert.deepEqual(decideInstall(entry, surveyInstall(request)), { type: "install", because });
  });

  it("notice that an archive of Plug'n'Play is gone", async (t) => {
    const pnp = `const RAW = '{\\\n  "packageLocation": "../cache/left-1.zip/node_modules/left/",\\\n}'`;
    const folder = await makeFolder(t, { "app/package.json": "{}", "app/.pnp.cjs": pnp, "cache/left-1.zip": "zip" });
    const request = { path: join(folder, "app"), globs: [], settings: [] };
    const { inputs, tree } = surveyInstall(request);
    const entry = { pin: PIN, time: "", unfinished: null, stamp: { inputs, tree } };
    assert.deepEqual(decideInstall(entry, surveyInstall(request)), SKIP);
    await rm(join(folder, "cache/left-1.zip"));
    assert.deepEqual(decideInstall(entry, surveyInstall(request)), changed("../cache/left-1.zip"));
  });

  it("notice settings above the project", async (t) => {
    const folder = await makeFolder(t, { "app/package.json": "{}" });
    const request = { path: join(folder, "app"), globs: [], settings: [] };
    const { inputs, tree } = surveyInstall(request);
    await writeFile(join(folder, ".npmrc"), "omit=dev");
    const entry = { pin: PIN, time: "", unfinished: null, stamp: { inputs, tree } };
    assert.deepEqual(decideInstall(entry, surveyInstall(request)), changed(join(folder, ".npmrc")));
  });
});

describe("surveyInstall()", () => {
  const manifest = (content: object) => ({ "package.json": JSON.stringify(content) });
  const cases: readonly (readonly [files: Readonly<Record<string, string>>, doubts: readonly string[]])[] = [
    [
      manifest({ scripts: { build: "vite build", prebuild: "x" }, dependencies: { a: "^1.0.0", b: "workspace:*" } }),
      [],
    ],
    [manifest({ scripts: { prepare: "husky", preinstall: "npx only-allow pnpm" } }), []],
    [
      manifest({ scripts: { prepare: "husky && npm run generate" } }),
      ["the script prepare in package.json may generate files"],
    ],
    [
      manifest({ scripts: { postinstall: "prisma generate" } }),
      ["the script postinstall in package.json may generate files"],
    ],
    [manifest({ scripts: { postinstall: 1 } }), ["the script postinstall in package.json may generate files"]],
    [manifest({ dependencies: { a: "file:../a" } }), ['package.json has a dependency from "file:../a"']],
    [manifest({ devDependencies: { a: "../a" } }), ['package.json has a dependency from "../a"']],
    [manifest({ dependencies: { a: "file:a.tgz", b: "link:../b", c: "git+ssh://git@host/c.git#v1" } }), []],
    [manifest({ dependencies: { a: "file:/srv/a.tgz" } }), ['package.json has a dependency from "file:/srv/a.tgz"']],
    [manifest({ resolutions: { a: "portal:./a" } }), ['package.json has a dependency from "portal:./a"']],
    [manifest({ overrides: { a: { b: "file:./b" } } }), ['package.json has a dependency from "file:./b"']],
    [manifest({ pnpm: { overrides: { a: "file:./a" } } }), ['package.json has a dependency from "file:./a"']],
    [manifest({ dependenciesMeta: { a: { injected: true } } }), ["package.json has injected dependencies"]],
    [{ "package.json": "{" }, ["package.json cannot be parsed"]],
    [{ ...manifest({}), "binding.gyp": "" }, ["there is a binding.gyp, which is compiled"]],
    [{ ...manifest({}), "package.yaml": "" }, ["there is a package.yaml"]],
    [{ ...manifest({}), ".npmrc": "modules-dir=lib" }, [".npmrc sets modules-dir"]],
    [{ ...manifest({}), ".npmrc": "lockfile-dir=.." }, [".npmrc sets lockfile-dir"]],
    [{ ...manifest({}), ".npmrc": "git-branch-lockfile=true" }, [".npmrc sets git-branch-lockfile"]],
    [{ ...manifest({}), "pnpm-workspace.yaml": "virtualStoreDir: x" }, ["pnpm-workspace.yaml sets virtualStoreDir"]],
  ];

  for (const [files, doubts] of cases) {
    it(`doubts ${JSON.stringify(files)}: ${doubts.join() || "nothing"}`, async (t) => {
      const path = await makeFolder(t, files);
      assert.deepEqual(surveyInstall({ path, globs: [], settings: [] }).doubts, doubts);
    });
  }

  it("doubts node_modules that are a symbolic link, and members behind one", async (t) => {
    const path = await makeFolder(t, {
      "package.json": "{}",
      "packages/": "",
      "far/app/package.json": "{}",
      "modules/": "",
    });
    await symlink("modules", join(path, "node_modules"));
    await symlink("../far/app", join(path, "packages/app"));
    const { doubts, inputs } = surveyInstall({ path, globs: ["packages/*"], settings: [] });
    assert.deepEqual(doubts, ["packages/app is a symbolic link", "node_modules is a symbolic link"]);
    assert.ok("packages/app/package.json" in inputs);
  });

  it("doubts a package in a store outside of the project, but no linked folder", async (t) => {
    const path = await makeFolder(t, { "app/package.json": "{}", "app/node_modules/": "", "lib/": "" });
    const request = { path: join(path, "app"), globs: [], settings: [] };
    await symlink("../../lib", join(path, "app/node_modules/lib"));
    assert.deepEqual(surveyInstall(request).doubts, []);
    await symlink("../../store/one/node_modules/one", join(path, "app/node_modules/one"));
    const doubt = "node_modules/one leads to a package outside of the project";
    assert.deepEqual(surveyInstall(request).doubts, [doubt]);
  });

  it("doubts members outside of the project, and workspace lists of members", async (t) => {
    const path = await makeFolder(t, {
      "package.json": "{}",
      "packages/app/package.json": JSON.stringify({ workspaces: ["more/*"] }),
    });
    const { doubts } = surveyInstall({ path, globs: ["packages/*", "../outside"], settings: [] });
    const list = "packages/app/package.json has a workspace list";
    assert.deepEqual(doubts, ["the workspace list names ../outside", list]);
  });

  it("finds members by every kind of glob, also those that a list excludes", async (t) => {
    const names = ["apps/a", "apps/b/c", "libs/d", "libs/d/test/fixture", "tools", "node_modules/x", ".hidden/e"];
    const path = await makeFolder(t, Object.fromEntries(names.map((name) => [`${name}/package.json`, "{}"])));
    const found = (...globs: readonly string[]): string[] => {
      const { inputs } = surveyInstall({ path, globs, settings: [] });
      return Object.keys(inputs)
        .filter((name) => name.includes("/") && !name.startsWith("/"))
        .map((name) => name.slice(0, -13));
    };
    assert.deepEqual(found("apps/*", "!apps/a"), ["apps/a"]);
    assert.deepEqual(found("apps/**"), ["apps/a", "apps/b/c"]);
    assert.deepEqual(found("{apps,libs}/*", "tools/"), ["apps/a", "libs/d", "tools"]);
    assert.deepEqual(found("./libs/**", "**/e"), ["libs/d", "libs/d/test/fixture"]);
  });
});
