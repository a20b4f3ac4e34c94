import assert from "node:assert/strict";
import { chmod, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, it } from "node:test";
import { InstallLedger } from "../../../dist/runner/install/install-ledger.js";
import { buildPlanner } from "../../../dist/runner/planning/build-planner.js";
import { makeFolder } from "../../support/folders.js";
import { Scene } from "../queue-scene.js";
import { makeNode } from "./fake-node.js";
import type { TestContext } from "node:test";
import type { BuildRecord } from "../../../dist/runner/record.js";

const MANIFEST = '{"scripts":{"build":"true"}}';

/** A project, a home directory, and builds with the Node.js 24.1.0 on `PATH`. */
class BuildScene {
  readonly home: string;
  readonly #scene: Scene;
  readonly #installs = new InstallLedger();
  readonly #env: Readonly<Record<string, string>>;

  private constructor(t: TestContext, home: string) {
    this.home = home;
    this.#env = { HOME: home, PATH: [join(home, "own/bin"), "/usr/bin", "/bin"].join(delimiter) };
    this.#scene = new Scene(t, { env: this.#env });
  }

  static async create(t: TestContext, files: Readonly<Record<string, string>>): Promise<BuildScene> {
    const home = await makeFolder(t, { "app/package.json": MANIFEST, ...files });
    await makeNode(join(home, "own"), "24.1.0");
    return new BuildScene(t, home);
  }

  async build(): Promise<{ readonly record: BuildRecord; readonly lines: readonly string[] }> {
    const none = { script: undefined, install: undefined, variables: undefined, color: undefined };
    const planner = buildPlanner([this.home], () => undefined, { env: this.#env, installs: this.#installs });
    const { id } = this.#scene.queue.add(await planner({ projectPath: "app", ...none }));
    const record = await this.#scene.end(id);
    const lines = this.#scene.events.flatMap((event) => {
      return event.type === "line" && event.buildId === id ? event.text.replaceAll(this.home, "~") : [];
    });
    return { record, lines };
  }
}

describe("a build with another Node.js", { skip: process.platform === "win32" }, () => {
  it("uses it in every step, with its npm, and says so in the first line and in the record", async (t) => {
    const scene = await BuildScene.create(t, { "app/package-lock.json": "{}", "app/.nvmrc": "20" });
    await makeNode(join(scene.home, ".nvm/versions/node/v20.1.0"), "20.1.0");
    const { record, lines } = await scene.build();
    assert.equal(record.status, "succeeded", lines.join("\n"));
    assert.equal(record.nodeVersion, "20.1.0");
    const node = ".nvmrc wants Node.js 20, which is that of nvm";
    assert.ok(lines[0]?.startsWith(`npm 20.1.099 on Node.js 20.1.0, because package-lock.json is there; ${node}; `));
    // The fake npm prints the version of the node on PATH.
    assert.deepEqual(lines.filter((line) => line.startsWith("v")), ["v20.1.0", "v20.1.0"]);
  });

  it("reads the files at the root of the monorepo", async (t) => {
    const files = { "package.json": '{"workspaces":["app"]}', "package-lock.json": "{}", ".nvmrc": "20" };
    const scene = await BuildScene.create(t, files);
    await makeNode(join(scene.home, ".nvm/versions/node/v20.1.0"), "20.1.0");
    assert.equal((await scene.build()).record.nodeVersion, "20.1.0");
  });

  it("warns in the log when no installed one is wanted", async (t) => {
    const scene = await BuildScene.create(t, { "app/.nvmrc": "20" });
    const { record, lines } = await scene.build();
    assert.equal(record.nodeVersion, "24.1.0");
    assert.match(lines[0] ?? "", /^npm 24\.1\.099 on Node\.js 24\.1\.0, because nothing names/);
    assert.match(lines[1] ?? "", /^warning: \.nvmrc wants Node\.js 20, but Node\.js 24\.1\.0 runs: no other version/);
  });

  it("puts the programs of corepack before those of the Node.js, which runs corepack", async (t) => {
    const manifest = '{"scripts":{"build":"true"},"packageManager":"pnpm@9.1.0"}';
    const scene = await BuildScene.create(t, { "app/package.json": manifest, "app/.nvmrc": "20" });
    const folder = join(scene.home, ".nvm/versions/node/v20.1.0");
    await makeNode(folder, "20.1.0");
    const programs = { corepack: 'echo "$2 through corepack"; node --version', pnpm: "echo 8.0.0" };
    for (const [name, script] of Object.entries(programs)) {
      await writeFile(join(folder, "bin", name), `#!/bin/sh\n${script}\n`);
      await chmod(join(folder, "bin", name), 0o755);
    }
    const { lines } = await scene.build();
    const start = "pnpm 9.1.0 on Node.js 20.1.0, because packageManager in package.json names it; ";
    assert.ok(lines[0]?.startsWith(start), lines[0]);
    const printed = lines.filter((line) => line.startsWith("v") || line.endsWith("through corepack"));
    assert.deepEqual(printed, ["install through corepack", "v20.1.0", "run through corepack", "v20.1.0"]);
  });

  it("installs again when another Node.js runs than before", async (t) => {
    const scene = await BuildScene.create(t, { "app/package-lock.json": "{}", "app/.nvmrc": "20" });
    await makeNode(join(scene.home, ".nvm/versions/node/v20.1.0"), "20.1.0");
    const steps = async (): Promise<string[]> => (await scene.build()).record.steps.map(({ name }) => name);
    assert.deepEqual(await steps(), ["plan", "install", "build"]);
    assert.deepEqual(await steps(), ["plan", "build"]);
    await makeNode(join(scene.home, ".nvm/versions/node/v20.2.0"), "20.2.0");
    const { record, lines } = await scene.build();
    assert.deepEqual(record.steps.map(({ name }) => name), ["plan", "install", "build"]);
    assert.match(lines[0] ?? "", /it is not skipped, because .*Node\.js.* changed since the last install$/);
  });
});
