/** The options of a build, and the actions for a build that has ended. */
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab } from "./support/build-tab.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { gatedProgram, makeFolder, projectFiles } from "./support/folder.mjs";
import { until } from "./support/until.mjs";

/** A project with two scripts. */
const TWO_SCRIPTS = {
  "app/package.json": JSON.stringify({ name: "app", scripts: { build: "node print.mjs", check: "node print.mjs" } }),
  "app/print.mjs": "console.log(process.env.npm_lifecycle_event + ' is done');",
};

describe("a build that has ended", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  it("runs again with its options, by mouse and by keyboard", async (t) => {
    const root = await makeFolder(t, TWO_SCRIPTS);
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const tab = await BuildTab.open(await openContext(t, browser), server.url);
    const rerun = tab.page.getByRole("button", { name: "Rerun" });
    const current = () => tab.page.evaluate(() => location.pathname.split("/")[2]);
    const next = async (press) => {
      const before = await current();
      await press();
      await until(async () => (await current()) !== before);
      await tab.status("succeeded");
      await tab.line("check is done");
    };
    await tab.page.getByRole("button", { name: "Options" }).click();
    await tab.page.getByLabel("Script").fill("check");
    await tab.page.getByLabel("Install").selectOption("skip");
    await next(() => tab.build("app"));
    // The current values of the form do not matter.
    await tab.page.getByLabel("Script").fill("");
    await tab.page.getByLabel("Install").selectOption("auto");
    await next(() => rerun.click());
    await rerun.and(tab.page.locator(":not([aria-disabled])")).waitFor();
    await rerun.focus();
    await next(() => tab.page.keyboard.press("Enter"));
    assert.equal(
      await tab.page.evaluate(() => document.activeElement?.id),
      "raw-log",
      "the focus is where the buttons are",
    );

    const builds = await server.builds();
    assert.equal(builds.length, 3);
    for (const { script, install } of builds) assert.deepEqual([script, install], ["check", "skip"]);
    // Each build is a history entry.
    await tab.page.goBack();
    await until(async () => (await current()) === builds[1].id);
    assert.deepEqual(tab.complaints, []);
  });

  it("leads to the active build if the project is already being built", async (t) => {
    const root = await makeFolder(t, projectFiles("app", gatedProgram()));
    await writeFile(join(root, "app", "open"), "");
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const { id } = await server.build("app");
    await server.log(id);
    await rm(join(root, "app", "open"));
    const tab = await BuildTab.open(await openContext(t, browser), `${server.url}/builds/${id}`);
    const running = await server.build("app");
    await tab.page.getByRole("button", { name: "Rerun" }).click();
    await tab.status("running");
    const text = "app is already being built. This is the existing build.";
    await tab.page.locator("#notice-text", { hasText: text }).waitFor();
    assert.equal(new URL(tab.page.url()).pathname, `/builds/${running.id}`);
    assert.equal((await server.builds()).length, 2);
  });

  it("ignores a click that was meant for the previous button", async (t) => {
    const root = await makeFolder(t, projectFiles("app", gatedProgram()));
    await writeFile(join(root, "app", "open"), "");
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const tab = await BuildTab.open(await openContext(t, browser), server.url);
    await tab.build("app");
    await tab.status("succeeded");
    await rm(join(root, "app", "open"));
    // The second half of a double click, at the moment when the buttons change places.
    await tab.page.evaluate(() => {
      const button = document.getElementById("cancel-button");
      const observer = new MutationObserver(() => {
        if (button.hidden) return;
        observer.disconnect();
        button.click();
      });
      observer.observe(button, { attributes: true, attributeFilter: ["hidden"] });
    });
    await tab.page.getByRole("button", { name: "Rerun" }).click();
    await tab.status("running");
    await tab.line("waiting");
    const cancel = tab.page.getByRole("button", { name: "Cancel" });
    assert.equal(await cancel.count(), 1, "no build was asked to stop");
    // After a moment the button works.
    await cancel.click();
    await tab.status("cancelled");
    assert.equal((await server.builds()).length, 2);
  });

  it("says why it cannot run again", async (t) => {
    const root = await makeFolder(t, TWO_SCRIPTS);
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const tab = await BuildTab.open(await openContext(t, browser), server.url);
    await tab.build("app");
    await tab.status("succeeded");
    await rm(join(root, "app"), { recursive: true });
    await tab.page.getByRole("button", { name: "Rerun" }).click();
    await tab.page.locator("#notice-text", { hasText: "Cannot" }).waitFor();
    await tab.status("succeeded");
  });
});

describe("the options of a build", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  it("are sent if they were changed, and are shown with the build", async (t) => {
    const root = await makeFolder(t, TWO_SCRIPTS);
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const tab = await BuildTab.open(await openContext(t, browser), server.url);
    const bodies = [];
    tab.page.on("request", (request) => {
      if (request.url().endsWith("/api/project/build")) bodies.push(request.postDataJSON());
    });
    const options = tab.page.getByRole("button", { name: "Options" });
    const facts = () => tab.page.locator("#build-facts span").allTextContents();
    assert.equal(await tab.page.getByLabel("Script").isVisible(), false);
    await tab.build("app");
    await tab.line("build is done");
    await tab.status("succeeded");
    assert.match((await facts()).join(", "), /^\S+, npm [\d.]+ on Node\.js [\d.]+, because [^,]+, started [^,]+$/);

    // Everything by keyboard, from the Build button on.
    await tab.page.getByRole("button", { name: "Build", exact: true }).focus();
    for (const key of ["Tab", "Enter", "Tab", ..."check", "Tab", ...Array(3).fill("ArrowDown")])
      await tab.page.keyboard.press(key);
    assert.equal(await options.textContent(), "Options (2)");
    await tab.page.getByLabel("Script").press("Enter");
    await tab.line("check is done");
    await tab.status("succeeded");
    assert.match((await facts()).join(", "), /, because [^,]+, script check, without install, started [^,]+$/);
    assert.deepEqual(await tab.steps(), [["plan", "", "Succeeded"], ["build", "npm run check", "Succeeded"]]);
    assert.deepEqual(bodies, [{ projectPath: "app" }, { projectPath: "app", script: "check", install: "skip" }]);
    assert.deepEqual(tab.complaints, []);
  });

  it("set variables and colours of one build, whose values the log hides", async (t) => {
    const program = "console.log('the value is ' + process.env.MY_VALUE + ', ' + process.env.FORCE_COLOR);";
    const root = await makeFolder(t, projectFiles("app", program));
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const tab = await BuildTab.open(await openContext(t, browser), server.url);
    const options = tab.page.getByRole("button", { name: "Options" });
    await options.click();
    const variables = tab.page.getByLabel("Variables");
    await variables.fill("MY_VALUE hunter2");
    await tab.build("app");
    await tab.page.locator("#form-error", { hasText: "Line 1 of the variables is not NAME=value" }).waitFor();
    assert.equal(await variables.getAttribute("aria-invalid"), "true");
    assert.deepEqual(await server.builds(), []);
    await variables.fill("MY_VALUE=hunter2\n");
    await tab.page.getByLabel("Colours").selectOption("on");
    assert.equal(await options.textContent(), "Options (2)");
    await tab.build("app");
    await tab.line("the value is ***, 1");
    await tab.status("succeeded");
    assert.ok(!(await tab.page.content()).includes("hunter2"));
    assert.deepEqual(tab.complaints, []);
  });

  it("report a missing script where it was typed", async (t) => {
    const root = await makeFolder(t, TWO_SCRIPTS);
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const tab = await BuildTab.open(await openContext(t, browser), server.url);
    const options = tab.page.getByRole("button", { name: "Options" });
    const script = tab.page.getByLabel("Script");
    await options.click();
    await script.fill("deploy");
    // Folded away, the options still count.
    await options.click();
    assert.equal(await options.textContent(), "Options (1)");
    await tab.build("app");
    await tab.page.locator("#form-error", { hasText: "deploy" }).waitFor();
    assert.equal(await script.getAttribute("aria-invalid"), "true");
    assert.equal(await tab.page.getByLabel("Project path").getAttribute("aria-invalid"), null);
    assert.equal(await script.evaluate((field) => field === document.activeElement), true);
    await script.fill("");
    assert.equal(await tab.page.locator("#form-error").textContent(), "");
    assert.equal(await script.getAttribute("aria-invalid"), null);
    assert.equal(await options.textContent(), "Options");
  });
});
