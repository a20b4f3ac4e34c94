/** "Done when": a real project with real dependencies, built from the page with each package manager, in two tabs. */
import assert from "node:assert/strict";
import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { managers } from "../../dist/runner/package-manager/managers.js";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab } from "./support/build-tab.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { makeFolder, projectFiles } from "./support/folder.mjs";
import { factsOf, pathWith, run } from "./support/managers.mjs";

const PROJECT = fileURLToPath(new URL("project/", import.meta.url));
const OUTPUT = Array.from({ length: 200 }, (_, index) => `line ${String(index + 1).padStart(3, "0")} of 200`);

/**
 * A project of each package manager, and two of another kind. The repository holds no lock files of these projects,
 * because those of yarn contain addresses of registries.
 */
const CASES = [
  ...managers.map(({ name }) => ({ manager: name })),
  { manager: "npm", variant: " without a lock file", hasLock: false },
  { manager: "yarn berry", variant: " with Plug'n'Play", files: { "yarn.lock": "", ".yarnrc.yml": "" } },
];

/** The line about the plan, without versions, and the commands of the steps, as the page shows them. */
function expectedOf(manager, hasLock) {
  const { command, lock, frozen } = factsOf(manager);
  const reason = hasLock
    ? `${lock.file} is there; the install is frozen by ${lock.file}`
    : "nothing names another package manager; there is no lock file of it, so the install may pick newer versions";
  return {
    plan: `${manager}, because ${reason}`,
    steps: [hasLock ? frozen : `${command} install`, `${command} run build`],
  };
}

describe("a build from the page", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  for (const { manager, variant = "", files, hasLock = true } of CASES) {
    it(`with ${manager}${variant} shows every line in two tabs, one of them reloaded in the middle`, async (t) => {
      const { command, project: ownFiles, lock } = factsOf(manager);
      const { plan, steps } = expectedOf(manager, hasLock);
      const path = await pathWith(t, manager);
      const root = await makeFolder(t);
      const project = join(root, "project");
      await cp(PROJECT, project, { recursive: true });
      for (const [name, text] of Object.entries(files ?? ownFiles)) await writeFile(join(project, name), text);
      if (hasLock) await run(project, path, [command, ...lock.args], lock.env);
      await rm(join(project, "node_modules"), { recursive: true, force: true });

      const server = await BuildServer.start(t, { args: ["--root", root], path });
      const context = await openContext(t, browser);
      const first = await BuildTab.open(context, server.url);
      const second = await BuildTab.open(context, server.url);
      await first.build(project);
      await second.line("line 080 of 200");
      assert.equal((await server.builds())[0].status, "running");
      const reloaded = second.page.reload();
      // The build continues while the tab is away.
      await writeFile(join(project, "open"), "");
      await reloaded;

      const [{ id }] = await server.builds();
      const log = await server.log(id);
      const [build] = await server.builds();
      assert.equal(build.status, "succeeded", log.join("\n"));
      const versions = /^[a-z ]+( \d+\.\d+\.\d+\S* (?:on|with) Node\.js (\d+\.\d+\.\d+)), because /.exec(log[0]);
      assert.equal(versions?.[2], build.nodeVersion, log[0]);
      assert.equal(log[0].replace(versions[1], ""), plan);
      assert.deepEqual(log.filter((line) => /^line \d+ of/.test(line)), OUTPUT);
      for (const tab of [first, second]) {
        await tab.status("succeeded");
        await tab.number(log.length);
        assert.deepEqual(await tab.rows(), log);
        assert.deepEqual(await tab.steps(), [
          ["plan", "", "Succeeded"],
          ["install", steps[0], "Succeeded"],
          ["build", steps[1], "Succeeded"],
        ]);
        assert.deepEqual(tab.complaints, []);
      }
      const facts = await second.page.locator("#build-facts span").allTextContents();
      const reason = log[0].split(";")[0];
      assert.ok(reason.startsWith(`${manager} `) || reason.startsWith(`${manager},`));
      assert.deepEqual(facts.slice(0, 2), [project, reason]);
      assert.equal(await second.page.locator("#build-facts span").nth(1).getAttribute("title"), log[0]);

      // The second build does not install again.
      const again = await server.build(project);
      const lines = await server.log(again.id);
      const [{ status, steps: records }] = await server.builds();
      assert.equal(status, "succeeded", lines.join("\n"));
      assert.deepEqual(records.map(({ name }) => name), ["plan", "build"], lines.join("\n"));
      assert.match(lines[0], /; the install is skipped, because nothing that it depends on changed/);
    });
  }

  it("appears in another tab automatically, and ends in both when one cancels it", async (t) => {
    const program = 'console.log("at work"); setInterval(() => {}, 1000);';
    const root = await makeFolder(t, projectFiles("endless", program));
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const context = await openContext(t, browser);
    const first = await BuildTab.open(context, server.url);
    const second = await BuildTab.open(context, server.url);
    await first.build("endless");
    await second.line("at work");
    await second.status("running");
    await first.page.getByRole("button", { name: "Cancel" }).click();
    const [{ id }] = await server.builds();
    const log = await server.log(id);
    assert.match(log.at(-1), /^cancelled/);
    for (const tab of [first, second]) {
      await tab.status("cancelled");
      await tab.number(log.length);
      assert.deepEqual(await tab.rows(), log);
      const states = (await tab.steps()).map(([, , state]) => state.replace(/ \(.*/, ""));
      assert.deepEqual(states, ["Succeeded", "Succeeded", "Cancelled"]);
      assert.equal(await tab.page.locator("#cancel-button").isHidden(), true);
    }
  });

  it("is refused for a path that is not a project, with the server's message, and keeps the typed path", async (t) => {
    const root = await makeFolder(t);
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const tab = await BuildTab.open(await openContext(t, browser), server.url);
    for (const path of ["not-there", "../not-there", ""]) {
      await tab.build(path);
      const body = new URLSearchParams({ projectPath: path });
      const answer = await fetch(`${server.url}/api/project/build`, { method: "POST", body });
      const { error } = await answer.json();
      assert.match(error.message, /^Cannot .*path/);
      await tab.page.locator("#form-error", { hasText: error.message }).waitFor();
      assert.equal(await tab.page.getByLabel("Project path").inputValue(), path);
      assert.equal(await tab.page.getByLabel("Project path").getAttribute("aria-invalid"), "true");
    }
    assert.deepEqual(await server.builds(), []);
  });
});
