/** An install that is killed can leave half of a package. The next build must not use it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { managers } from "../../dist/runner/package-manager/managers.js";
import { BuildServer } from "./support/build-server.mjs";
import { makeFolder } from "./support/folder.mjs";
import { factsOf, pathWith } from "./support/managers.mjs";
import { until } from "./support/until.mjs";

const run = promisify(execFile);

/** Creates a part of the package when the gate is open. Until then it ignores SIGTERM. */
const POSTINSTALL = `
  const { existsSync, writeFileSync } = require("node:fs");
  process.on("SIGTERM", () => {});
  writeFileSync(process.env.GATE + "/started", "");
  const timer = setInterval(() => {
    if (!existsSync(process.env.GATE + "/open")) return;
    clearInterval(timer);
    writeFileSync(__dirname + "/part.js", "module.exports = 'complete';");
  }, 10);`;

const PACKAGE = {
  "package/package.json": JSON.stringify({
    name: "slow",
    version: "1.0.0",
    main: "index.js",
    scripts: { postinstall: "node postinstall.js" },
  }),
  "package/index.js": "module.exports = require('./part.js');",
  "package/postinstall.js": POSTINSTALL,
};

/** The project. The field `scripts` in `support/managers.mjs` adds files for each package manager. */
const MANIFEST = {
  name: "victim",
  private: true,
  scripts: { build: "node build.cjs" },
  dependencies: { slow: "file:slow.tgz" },
  // Some package managers run scripts of a dependency only if the project allows it.
  trustedDependencies: ["slow"],
  dependenciesMeta: { slow: { built: true } },
};

const PLUG_AND_PLAY = { ".yarnrc.yml": "enableScripts: true\n" };

/** Every package manager, and one of them with other files. */
const CASES = [
  ...managers.map(({ name }) => ({ manager: name })),
  { manager: "yarn berry", files: PLUG_AND_PLAY, variant: " with Plug'n'Play" },
];

/** A project whose install stops in the middle, and a server that builds it. */
class Scene {
  #server;
  #gate;

  static async start(t, { manager, files = factsOf(manager).scripts }) {
    const scene = new Scene();
    const path = await pathWith(t, manager);
    const source = await makeFolder(t, PACKAGE);
    const root = await makeFolder(t, {
      "victim/package.json": JSON.stringify(MANIFEST),
      "victim/build.cjs": 'console.log("it is " + require("slow"));',
      ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`victim/${name}`, text])),
    });
    await run("tar", ["-czf", join(root, "victim", "slow.tgz"), "package"], { cwd: source });
    scene.#gate = await makeFolder(t);
    const variables = {
      GATE: scene.#gate,
      YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
      // Otherwise pnpm takes the result of a script from its store.
      npm_config_side_effects_cache: "false",
    };
    const env = Object.entries(variables).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
    scene.#server = await BuildServer.start(t, { args: ["--root", root, ...env], path });
    return scene;
  }

  /** Starts a build, and waits for the middle of its install. Returns its id. */
  async hang(inputs) {
    for (const name of ["started", "open"]) await rm(join(this.#gate, name), { force: true });
    const { id } = await this.#server.build("victim", inputs);
    await until(
      async () => existsSync(join(this.#gate, "started")) || (await this.#server.builds())[0].finishedAt !== null,
      () => "the install did not reach the middle",
    );
    const [{ status }] = await this.#server.builds();
    if (status !== "running") assert.fail((await this.#server.log(id)).join("\n"));
    return id;
  }

  /** Cancels a build twice, so that its processes are killed at once. */
  async cancel(id) {
    for (let count = 0; count < 2; count++) {
      const reply = await fetch(`${this.#server.url}/api/builds/${id}/cancel`, { method: "POST" });
      // A connection with an unread reply would delay the end of the server.
      assert.ok(reply.ok, await reply.text());
    }
    await this.#server.log(id);
  }

  async killServer() {
    assert.equal(await this.#server.end("SIGKILL"), "SIGKILL");
    await this.#server.restart();
  }

  /** Builds without the rest of the last install. */
  async assertHealed(how) {
    await writeFile(join(this.#gate, "open"), "");
    const { text } = await this.#build();
    assert.match(text, new RegExp(`it starts without node_modules, because the last install here ${how}, `));
  }

  async assertSkipped() {
    const { steps, text } = await this.#build();
    assert.deepEqual(steps, ["plan", "build"], text);
  }

  async #build() {
    const { id } = await this.#server.build("victim");
    const log = await this.#server.log(id);
    const text = log.join("\n");
    assert.ok(log.includes("it is complete"), text);
    const [build] = await this.#server.builds();
    return { steps: build.steps.map(({ name }) => name), text };
  }
}

describe("an install that was killed", { concurrency: 2 }, () => {
  for (const each of CASES) {
    const { manager, variant = "" } = each;
    it(`does not spoil the next build, nor that of the next server, with ${manager}${variant}`, async (t) => {
      const scene = await Scene.start(t, each);
      await scene.cancel(await scene.hang());
      await scene.assertHealed("was stopped");
      await scene.assertSkipped();
      await scene.hang({ install: "clean" });
      await scene.killServer();
      await scene.assertHealed("was running when the server ended");
    });
  }
});
