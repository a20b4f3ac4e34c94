/** Changes after which the next build must install, with each real package manager. */
import assert from "node:assert/strict";
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { managers } from "../../dist/runner/package-manager/managers.js";
import { BuildServer } from "./support/build-server.mjs";
import { makeFolder } from "./support/folder.mjs";
import { factsOf, pathWith, run } from "./support/managers.mjs";
import { startRegistry } from "./support/registry.mjs";

/** Every package manager, and one of them with other files. */
const CASES = [
  ...managers.map(({ name }) => ({ manager: name, files: factsOf(name).monorepo })),
  { manager: "yarn berry", variant: " with Plug'n'Play", files: { "yarn.lock": "", ".yarnrc.yml": "" } },
];

/** Fails if the file `fail` is in the folder `GATE`. */
const POSTINSTALL = `
  const { existsSync, writeFileSync } = require("node:fs");
  if (existsSync(process.env.GATE + "/fail")) process.exit(7);
  writeFileSync(__dirname + "/part.js", "module.exports = 'complete';");`;

const versionOf = (version) => ({
  "index.js": 'module.exports = require("./inner.js");',
  "inner.js": `module.exports = "${version}";`,
});
const PACKAGES = {
  left: { "1.0.0": versionOf("1.0.0"), "1.1.0": versionOf("1.1.0") },
  right: { "1.0.0": versionOf("1.0.0") },
  made: {
    "1.0.0": {
      "package.json": JSON.stringify({ scripts: { postinstall: "node postinstall.js" } }),
      "index.js": 'module.exports = require("./part.js");',
      "postinstall.js": POSTINSTALL,
    },
  },
};

/** Formatted as yarn berry does, which writes it again otherwise. */
const pretty = (manifest) => `${JSON.stringify(manifest, null, 2)}\n`;
const MANIFEST = {
  name: "root",
  version: "1.0.0",
  private: true,
  workspaces: ["packages/*"],
  scripts: { build: "node build.cjs" },
  dependencies: { left: "^1.0.0", made: "1.0.0" },
  trustedDependencies: ["made"],
  dependenciesMeta: { made: { built: true } },
};
const LIB = { name: "lib", version: "1.0.0", private: true, dependencies: { right: "1.0.0" } };
const FILES = {
  "package.json": pretty(MANIFEST),
  "build.cjs": 'console.log("built", require("left"), require("made"), require("./packages/lib"));',
  "packages/lib/package.json": pretty(LIB),
  "packages/lib/index.js": 'module.exports = require("right");',
};

const BUILT = "built 1.0.0 complete 1.0.0";
const BUILT_NEWER = "built 1.1.0 complete 1.0.0";

/** A project with two lock files, `old` and `newer`, and a server that builds it. */
class Scene {
  folder;
  old;
  newer;
  hasModules;
  #facts;
  #home;
  #path;
  #registry;
  #server;

  static async start(t, { manager, variant, files }) {
    const scene = new Scene();
    scene.hasModules = variant === undefined;
    scene.#facts = factsOf(manager);
    scene.#path = await pathWith(t, manager);
    scene.#registry = await startRegistry(t, PACKAGES);
    scene.#home = await makeFolder(t);
    const { command, lock } = scene.#facts;
    const locks = [];
    for (const newest of ["1.0.0", "1.1.0"]) {
      scene.folder = await makeFolder(t, { ...FILES, ...files });
      await scene.byHand([command, ...lock.args], { newest, env: lock.env });
      locks.push(await readFile(join(scene.folder, lock.file), "utf8"));
    }
    [scene.old, scene.newer] = locks;
    scene.folder = await makeFolder(t, { ...FILES, ...files, [lock.file]: scene.old });
    const variables = Object.entries(scene.#variables()).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
    scene.#server = await BuildServer.start(t, { args: ["--root", scene.folder, ...variables], path: scene.#path });
    return scene;
  }

  /** Runs a program as a person does, with the versions that were there when `newest` was. */
  async byHand(command, { newest, path = this.#path, env } = {}) {
    return run(this.folder, path, command, { ...this.#variables(newest), ...env });
  }

  /** Installs by hand, as the lock file says. */
  async install() {
    return this.byHand(this.#facts.frozen.split(" "));
  }

  /** Builds the project. Returns its record, the names of its steps and its log. */
  async build() {
    const { id } = await this.#server.build(this.folder);
    const log = await this.#server.log(id);
    const [record] = await this.#server.builds();
    return { record, steps: record.steps.map(({ name }) => name), log, text: log.join("\n") };
  }

  /** Builds with an install, and compares the line that the build printed. */
  async assertInstalled(line) {
    const built = await this.build();
    assert.ok(built.log.includes(line), built.text);
    assert.ok(built.steps.includes("install"), built.text);
    return built;
  }

  async write(name, content) {
    await writeFile(join(this.folder, name), content);
  }

  async remove(name) {
    await rm(join(this.folder, name), { recursive: true });
  }

  async setLock(content) {
    await this.write(this.#facts.lock.file, content);
  }

  async setFailing(isFailing) {
    const file = join(this.#home, "fail");
    await (isFailing ? writeFile(file, "") : rm(file));
  }

  /** The path of an installed package: a folder, or an archive in a cache. */
  async installed(name) {
    if (this.hasModules) return join("node_modules", name);
    const pnp = await readFile(join(this.folder, ".pnp.cjs"), "utf8");
    return new RegExp(`"packageLocation": "([^"]*/${name}-npm-[^"]*\\.zip)/`).exec(pnp)[1];
  }

  /** Everything that package managers share between projects is in a folder of the test. */
  #variables(newest = "9.9.9") {
    const registry = this.#registry(newest);
    return {
      HOME: this.#home,
      GATE: this.#home,
      npm_config_registry: registry,
      // Some of them keep the list of versions for some time.
      npm_config_cache: join(this.#home, `npm-${newest}`),
      BUN_INSTALL_CACHE_DIR: join(this.#home, `bun-${newest}`),
      YARN_NPM_REGISTRY_SERVER: registry.slice(0, -1),
      YARN_UNSAFE_HTTP_WHITELIST: "127.0.0.1",
      YARN_ENABLE_SCRIPTS: "true",
      npm_config_dangerously_allow_all_builds: "true",
      // Otherwise pnpm takes the result of a script from its store.
      npm_config_side_effects_cache: "false",
    };
  }
}

/** The changes, in the order in which they happen to one project. Each begins and ends with the old lock file. */
const CHANGES = [
  [
    "a failed postinstall",
    async (scene) => {
      await scene.setFailing(true);
      const { record, text } = await scene.build();
      assert.equal(record.status, "failed", text);
      await scene.setFailing(false);
      const built = await scene.assertInstalled(BUILT);
      assert.match(built.log[0], /it starts without node_modules, because the last install here failed with exit code/);
    },
  ],
  [
    "another branch, with another lock file",
    async (scene) => {
      const git = (...args) => scene.byHand(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", ...args]);
      await git("init", "--quiet", "--initial-branch=main");
      await scene.write(".gitignore", "node_modules\n.yarn\n.pnp.*\n");
      await git("add", ".");
      await git("commit", "--quiet", "--message=old");
      await git("checkout", "--quiet", "-b", "newer");
      await scene.setLock(scene.newer);
      await git("commit", "--quiet", "--all", "--message=newer");
      await scene.assertInstalled(BUILT_NEWER);
      await git("checkout", "--quiet", "main");
      await scene.assertInstalled(BUILT);
    },
  ],
  [
    "a lock file that was changed back, and an install in between",
    async (scene) => {
      await scene.setLock(scene.newer);
      await scene.install();
      await scene.setLock(scene.old);
      await scene.assertInstalled(BUILT);
    },
  ],
  [
    "a package that was removed",
    async (scene) => {
      await scene.remove(await scene.installed("left"));
      await scene.assertInstalled(BUILT);
    },
  ],
  [
    "a file of a package that was removed, and another manifest",
    async (scene) => {
      await scene.write("package.json", pretty({ ...MANIFEST, description: "changed" }));
      await scene.remove(join(await scene.installed("left"), scene.hasModules ? "inner.js" : ""));
      await scene.assertInstalled(BUILT);
    },
  ],
  [
    "an install by another package manager, whose files are removed",
    async (scene, { manager }, t) => {
      const byNpm = ["npm", "install", "--no-package-lock"];
      const [other, command] = manager === "npm" ? ["yarn", ["yarn"]] : ["npm", byNpm];
      const before = await readdir(scene.folder);
      await scene.byHand(command, { path: await pathWith(t, other) });
      const added = (await readdir(scene.folder)).filter((name) => !before.includes(name) && name !== "node_modules");
      for (const name of added) await scene.remove(name);
      // npm also writes to a yarn.lock.
      await scene.setLock(scene.old);
      await scene.assertInstalled(BUILT);
    },
  ],
  [
    "another manifest of a member, which fails as by hand",
    async (scene) => {
      const manifest = { ...LIB, dependencies: { ...LIB.dependencies, left: "1.1.0" } };
      await scene.write("packages/lib/package.json", pretty(manifest));
      const { record, text } = await scene.build();
      const byHand = await scene.install().then(
        () => 0,
        ({ code }) => code,
      );
      assert.equal(record.steps.find(({ name }) => name === "install")?.exitCode, byHand, text);
    },
  ],
];

describe("the build after a change", { concurrency: 2 }, () => {
  for (const each of CASES) {
    it(`installs with ${each.manager}${each.variant ?? ""}`, async (t) => {
      const scene = await Scene.start(t, each);
      for (const [title, change] of CHANGES) await t.test(title, () => change(scene, each, t));
    });
  }
});
