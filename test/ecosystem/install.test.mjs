/** An install that is killed can leave half of a package. The next build must not use it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
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

/** Starts a server and a build whose install hangs in the middle. */
async function hang(t, manager, files = factsOf(manager).scripts) {
  const path = await pathWith(t, manager);
  const source = await makeFolder(t, PACKAGE);
  const root = await makeFolder(t, {
    "victim/package.json": JSON.stringify(MANIFEST),
    "victim/build.cjs": 'console.log("it is " + require("slow"));',
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`victim/${name}`, text])),
  });
  await run("tar", ["-czf", join(root, "victim", "slow.tgz"), "package"], { cwd: source });
  const gate = await makeFolder(t);
  const args = ["--root", root, "--env", `GATE=${gate}`, "--env", "YARN_ENABLE_IMMUTABLE_INSTALLS=false"];
  const server = await BuildServer.start(t, { args, path });
  const { id } = await server.build("victim");
  await until(
    async () => existsSync(join(gate, "started")) || (await server.builds())[0].finishedAt !== null,
    () => "the install did not reach the middle",
  );
  const [{ status }] = await server.builds();
  if (status !== "running") assert.fail((await server.log(id)).join("\n"));
  return { server, id, open: () => writeFile(join(gate, "open"), "") };
}

/** Builds again, twice: without the rest of the first install, and then without an install. */
async function assertHealed(server, how) {
  const { id } = await server.build("victim");
  const log = await server.log(id);
  const text = log.join("\n");
  assert.ok(log.includes("it is complete"), text);
  assert.match(text, new RegExp(`it starts without node_modules, because the last install here ${how}, `));
  const again = await server.build("victim");
  const lines = await server.log(again.id);
  assert.ok(lines.includes("it is complete"), lines.join("\n"));
  const [build] = await server.builds();
  assert.deepEqual(build.steps.map(({ name }) => name), ["plan", "build"], lines.join("\n"));
}

describe("an install that was killed", () => {
  for (const { manager, files, variant = "" } of CASES) {
    it(`does not spoil the next build with ${manager}${variant}`, async (t) => {
      const { server, id, open } = await hang(t, manager, files);
      for (let count = 0; count < 2; count++) {
        const reply = await fetch(`${server.url}/api/builds/${id}/cancel`, { method: "POST" });
        // A connection with an unread reply would delay the end of the server.
        assert.ok(reply.ok, await reply.text());
      }
      await server.log(id);
      await open();
      await assertHealed(server, "was stopped");
    });
  }

  it("does not spoil the next build of the next server", async (t) => {
    const { server, open } = await hang(t, "npm");
    assert.equal(await server.end("SIGKILL"), "SIGKILL");
    await server.restart();
    await open();
    await assertHealed(server, "was running when the server ended");
  });
});
