/** The start page: cards, suggestions, history of the browser, and what may replace it. */
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab } from "./support/build-tab.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { gatedProgram, makeFolder, projectFiles } from "./support/folder.mjs";
import { until } from "./support/until.mjs";

describe("the start page", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  it("has a live card for each project, and a fresh one opens a running build", async (t) => {
    const files = [projectFiles("app", gatedProgram()), projectFiles("docs", "process.exit(2);")];
    const root = await makeFolder(t, Object.assign({}, ...files));
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const gate = join(root, "app", "open");
    await writeFile(gate, "");
    for (let count = 0; count < 2; count++) await server.log((await server.build("app")).id);
    await rm(gate);
    const tab = await BuildTab.open(await openContext(t, browser), server.url);
    const { page } = tab;
    const card = (name) => page.locator(".card", { has: page.getByRole("heading", { name, exact: true }) });
    const state = (name, pattern) => card(name).locator(".card-state", { hasText: pattern }).waitFor();
    await state("app", /^Succeeded \u00b7 \S+ s \(usually \S+ s\) \u00b7 just now$/);
    await state("docs", /^Never built$/);
    assert.equal(await card("app").locator(".card-path").textContent(), join(root, "app"));
    assert.equal(await card("app").locator(".sparkline rect").count(), 2);
    const label = await card("app").locator(".sparkline").getAttribute("aria-label");
    assert.match(label, /^The last 2 builds that succeeded/);

    // Another page starts a build: a fresh start page opens it, and leaves no history entry.
    const entries = await page.evaluate(() => history.length);
    const { id } = await server.build("app");
    await tab.status("running");
    assert.equal(new URL(page.url()).pathname, `/builds/${id}`);
    assert.equal(await page.evaluate(() => history.length), entries);

    // The link at the top leads to the start page, which stays and is live.
    await page.getByRole("link", { name: "tailcast" }).click();
    await state("app", /^Running/);
    assert.equal(new URL(page.url()).pathname, "/");
    await page.getByRole("button", { name: "Watch the build of app" }).click();
    await tab.status("running");
    await page.goBack();
    await state("app", /^Running/);
    await writeFile(gate, "");
    await state("app", /^Succeeded/);
    assert.equal(await card("app").locator(".sparkline rect").count(), 3);

    await page.getByRole("button", { name: "Build docs" }).click();
    await tab.status("failed");
    await page.goBack();
    await state("docs", /^Failed/);
    await page.goForward();
    await tab.status("failed");
    await page.goto(`${server.url}/builds/${id}#L1`);
    await page.locator("#L1.target").waitFor();
    await page.reload();
    await page.locator("#L1.target").waitFor();
    assert.deepEqual(tab.complaints, []);
  });

  it("teaches when there is no project, and shows an error once, beside the field", async (t) => {
    const root = await makeFolder(t, {});
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const tab = await BuildTab.open(await openContext(t, browser), server.url);
    const { page } = tab;
    await page.getByRole("heading", { name: "No projects yet" }).waitFor();
    await page.getByText(`curl ${server.url}/api/project/build`).waitFor();
    await page.getByLabel("Project path").fill("/nowhere");
    await page.getByLabel("Project path").press("Enter");
    const message = "Cannot open the project: there is no such directory";
    await page.locator("#form-error", { hasText: message }).waitFor();
    assert.equal(await page.getByText(message).count(), 1);
    assert.equal(await page.getByLabel("Project path").getAttribute("aria-invalid"), "true");
  });

  it("suggests projects and recent paths while a person types, who is not interrupted", async (t) => {
    const names = ["web-app", "app", "docs"];
    const root = await makeFolder(t, Object.assign({}, ...names.map((name) => projectFiles(name, "process.exit(0);"))));
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const tab = await BuildTab.open(await openContext(t, browser), server.url);
    const { page } = tab;
    await page.locator(".card").nth(2).waitFor();
    const field = page.getByRole("combobox", { name: "Project path" });
    const options = page.locator("#path-options:not([hidden]) [role=option]");
    const texts = () => page.locator(".path-option-name").allTextContents();
    const active = async () => page.locator(`#${await field.getAttribute("aria-activedescendant")}`).textContent();
    assert.equal(await field.inputValue(), "");
    await field.pressSequentially("app");
    assert.deepEqual(await texts(), ["app", "web-app"]);
    assert.equal(await field.getAttribute("aria-expanded"), "true");
    await server.build("docs");
    await page.locator("#notice", { hasText: "docs is" }).waitFor();
    assert.equal(await page.locator("#start").isVisible(), true);
    assert.deepEqual(await texts(), ["app", "web-app"]);

    await field.press("ArrowDown");
    await field.press("ArrowDown");
    assert.match(await active(), /^web-app/);
    await field.press("ArrowUp");
    await field.press("Enter");
    assert.equal(await field.inputValue(), join(root, "app"));
    assert.equal(await field.getAttribute("aria-expanded"), "false");
    await field.press("Enter");
    await tab.status("succeeded");

    // The next time, the path is the first suggestion.
    await field.fill("");
    await until(async () => (await texts())[0] === "app");
    assert.match(await options.first().textContent(), /recent$/);
    await field.press("Escape");
    assert.equal(await options.count(), 0);
    await field.press("ArrowUp");
    assert.match(await active(), /docs|web-app/);
    assert.deepEqual(tab.complaints, []);
  });

  it("says the state in title and icon, and notifies of the end of watched builds", async (t) => {
    const names = ["first", "second"];
    const root = await makeFolder(t, Object.assign({}, ...names.map((name) => projectFiles(name, gatedProgram()))));
    const server = await BuildServer.start(t, { args: ["--root", root, "--concurrency", "2"] });
    const context = await openContext(t, browser, { permissions: ["notifications"] });
    await context.addInitScript(() => {
      window.notified = [];
      window.Notification = class extends EventTarget {
        static permission = "default";
        static async requestPermission() {
          return (this.permission = "granted");
        }
        constructor(title, { body, tag }) {
          super();
          window.notified.push([title, body, tag]);
        }
      };
    });
    const tab = await BuildTab.open(context, server.url);
    const { page } = tab;
    const icon = async () => new URL(await page.locator("#icon").evaluate(({ href }) => href)).pathname;
    assert.deepEqual([await page.title(), await icon()], ["tailcast", "/page/icon.svg"]);
    const ids = [];
    for (const name of names) {
      await tab.build(name);
      await page.locator("#build-name", { hasText: name }).waitFor();
      await tab.status("running");
      const button = page.getByRole("button", { name: "Notify me" });
      await button.click();
      assert.equal(await button.getAttribute("aria-pressed"), "true");
      ids.push(new URL(page.url()).pathname.slice("/builds/".length));
    }
    assert.deepEqual([await page.title(), await icon()], ["\u25b6\ufe0e second - tailcast", "/page/icons/running.svg"]);
    assert.equal((await fetch(`${server.url}/page/icons/running.svg`)).status, 200);
    // The other build ends while this one is on the page.
    await writeFile(join(root, "first", "open"), "");
    await page.locator("#notice", { hasText: "first: succeeded in" }).waitFor();
    await writeFile(join(root, "second", "open"), "");
    await tab.status("succeeded");
    assert.deepEqual([await page.title(), await icon()], ["\u2713 second - tailcast", "/page/icons/succeeded.svg"]);
    assert.equal(await page.getByRole("button", { name: "Notify me" }).isVisible(), false);
    const notified = await page.evaluate(() => window.notified);
    assert.deepEqual(notified.map(([title, , tag]) => [title, tag]), [["first", ids[0]], ["second", ids[1]]]);
    assert.match(notified[1][1], /^second: succeeded in /);
    assert.equal(await page.evaluate(() => localStorage.getItem("tailcast.watched")), "");
    assert.deepEqual(tab.complaints, []);
  });
});
