/** "Done when": a real project with real dependencies, built from the page with each package manager, in two tabs. */
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab } from "./support/build-tab.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { makeFolder, projectFiles } from "./support/folder.mjs";
import { factsOf, pathWith, run } from "./support/managers.mjs";
import { PROJECTS, expectedOf, takeOutput, writeProject } from "./support/projects.mjs";

const OUTPUT = Array.from({ length: 200 }, (_, index) => `line ${String(index + 1).padStart(3, "0")} of 200`);

describe("a build from the page", { concurrency: 2 }, () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  for (const each of PROJECTS) {
    const { manager, variant = "", bundler, hasLock = true } = each;
    it(`with ${manager}${variant} and ${bundler} shows every line in two tabs, and equals one by hand`, async (t) => {
      const { command, lock } = factsOf(manager);
      const { plan, steps } = expectedOf(each);
      const path = await pathWith(t, manager);
      const root = await makeFolder(t);
      const { project, output } = await writeProject(root, each);
      await run(root, path, [command, ...lock.args], lock.env);
      await run(project, path, [command, "run", "bundle"]);
      const byHand = await takeOutput(output);
      for (const name of ["node_modules", ...(hasLock ? [] : [lock.file])]) {
        await rm(join(root, name), { recursive: true, force: true });
      }

      const server = await BuildServer.start(t, { args: ["--root", root], path });
      const context = await openContext(t, browser);
      const first = await BuildTab.open(context, server.url);
      const second = await BuildTab.open(context, server.url);
      await first.build(project);
      // One of the tabs is reloaded in the middle.
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
      assert.deepEqual(await takeOutput(output), byHand);

      // The second build does not install again.
      const again = await server.build(project);
      const lines = await server.log(again.id);
      const [{ status, steps: records }] = await server.builds();
      assert.equal(status, "succeeded", lines.join("\n"));
      assert.deepEqual(records.map(({ name }) => name), ["plan", "build"], lines.join("\n"));
      assert.match(lines[0], /; the install is skipped, because nothing that it depends on changed/);
      assert.deepEqual(await takeOutput(output), byHand);
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
