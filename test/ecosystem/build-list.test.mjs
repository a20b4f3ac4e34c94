/** The list of builds: older builds, those of one project, and the keyboard. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab } from "./support/build-tab.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { makeFolder } from "./support/folder.mjs";
import { until } from "./support/until.mjs";

/**
 * Starts a server whose list has more builds than the page shows at first: three of `other`, then 50 of `app`. Their
 * only command is `true`.
 */
async function startLong(t) {
  const names = ["app", "other"];
  const root = await makeFolder(t, {
    ...Object.fromEntries(names.map((name) => [`${name}/package.json`, JSON.stringify({ name })])),
    "projects.json": JSON.stringify({ projects: Object.fromEntries(names.map((name) => [name, { steps: ["true"] }])) }),
  });
  const args = ["--root", root, "--keep", "200", "--projects", `${root}/projects.json`];
  const server = await BuildServer.start(t, { args });
  await build(server, "other", 3);
  await build(server, "app", 50);
  return server;
}

/** Projects that install nothing. */
function projects(...names) {
  const manifest = (name) => JSON.stringify({ name, scripts: { build: "true" } });
  return Object.fromEntries(names.map((name) => [`${name}/package.json`, manifest(name)]));
}

/** Builds a project `count` times. */
async function build(server, name, count) {
  while (count-- > 0) {
    const body = new URLSearchParams({ projectPath: name, install: "skip" });
    const response = await fetch(`${server.url}/api/project/build`, { method: "POST", body });
    assert.equal(response.status, 202);
    await server.log((await response.json()).build.id);
  }
}

describe("the list of builds", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  /** The server with many builds, which the first tests share. */
  let long;
  const cleanups = [];
  before(async () => (long = await startLong({ after: (cleanup) => cleanups.push(cleanup) })));
  after(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });

  it("finds the old builds of a project among many of another", async (t) => {
    const { builds } = await (await fetch(`${long.url}/api/builds?limit=500`)).json();
    const tab = await BuildTab.open(await openContext(t, browser), `${long.url}/builds/${builds.at(-1).id}`);
    await tab.status("succeeded");
    const names = tab.page.locator(".builds-entry .builds-name");
    // The shown build is listed, though it is older than the others.
    await until(async () => (await names.allTextContents()).join() === [...Array(50).fill("app"), "other"].join());
    await tab.page.getByLabel("Project", { exact: true }).selectOption("other");
    await until(async () => (await names.allTextContents()).join() === "other,other,other");
    assert.equal(await tab.page.getByRole("button", { name: "Older builds" }).isVisible(), false);
  });

  it("says when older builds cannot be loaded", async (t) => {
    const tab = await BuildTab.open(await openContext(t, browser), long.url);
    const older = tab.page.getByRole("button", { name: "Older builds" });
    await older.waitFor();
    await tab.page.route("**/api/builds?*", (route) => route.abort());
    await older.click();
    await tab.page.locator("#notice-text", { hasText: "The server does not respond." }).waitFor();
    await tab.page.unroute("**/api/builds?*");
    await older.click();
    await until(async () => (await tab.page.locator(".builds-entry").count()) === 53);
  });

  it("shows older builds on demand, also by keyboard, and those of one project", async (t) => {
    await build(long, "other", 1);
    const tab = await BuildTab.open(await openContext(t, browser), long.url);
    const entries = tab.page.locator(".builds-entry");
    const names = () => entries.locator(".builds-name").allTextContents();
    const count = (number) => until(async () => (await entries.count()) === number);
    const older = tab.page.getByRole("button", { name: "Older builds" });
    const project = tab.page.getByLabel("Project", { exact: true });
    await count(50);

    await older.focus();
    await tab.page.keyboard.press("Enter");
    await count(54);
    assert.equal(await older.isVisible(), false);
    assert.equal(
      await entries.last().evaluate((link) => link === document.activeElement),
      true,
      "the focus stays in the list",
    );
    assert.deepEqual((await names()).slice(-4), ["app", "other", "other", "other"]);
    const hrefs = await entries.evaluateAll((links) => links.map(({ href }) => href));
    const listed = await (await fetch(`${long.url}/api/builds?limit=500`)).json();
    assert.deepEqual(
      hrefs,
      listed.builds.map(({ id }) => `${long.url}/builds/${id}`),
    );

    assert.deepEqual(await project.locator("option").allTextContents(), ["All projects", "app", "other"]);
    await project.selectOption("other");
    await count(4);
    assert.deepEqual([...new Set(await names())], ["other"]);
    await tab.page.getByLabel("Status").selectOption("Failed");
    await tab.page.getByText("No build matches").waitFor();
    await tab.page.getByLabel("Status").selectOption("Succeeded");
    await count(4);
    // A new build of another project does not appear.
    await build(long, "app", 1);
    await build(long, "other", 1);
    await count(5);
    assert.deepEqual([...new Set(await names())], ["other"]);
    await tab.page.getByLabel("Status").selectOption("All");
    await project.selectOption("All projects");
    await count(56);
    assert.deepEqual((await names()).slice(0, 3), ["other", "app", "other"]);
    assert.deepEqual(tab.complaints, []);
  });

  it("searches, selects by status, builds again, and shows many entries in a narrow window", async (t) => {
    const failing = { "broken/package.json": JSON.stringify({ name: "broken", scripts: { build: "false" } }) };
    const root = await makeFolder(t, { ...projects("app", "other"), ...failing });
    const server = await BuildServer.start(t, { args: ["--root", root] });
    for (const name of ["app", "other", "broken", "app"]) await build(server, name, 2);
    const context = await openContext(t, browser, { viewport: { width: 390, height: 800 } });
    const [{ id }] = await server.builds();
    const tab = await BuildTab.open(context, `${server.url}/builds/${id}`);
    const { page } = tab;
    const entries = page.locator(".builds-entry");
    const texts = () => page.locator(".builds-name").allTextContents();
    const names = (expected) => until(async () => (await texts()).join() === expected);
    assert.equal(await entries.first().isVisible(), false);
    await page.getByRole("button", { name: "Builds" }).press("Enter");
    await entries.nth(3).waitFor();
    const boxes = await Promise.all([0, 1, 2, 3].map((index) => entries.nth(index).boundingBox()));
    assert.ok(boxes.every(({ x, y, width, height }) => x >= 0 && x + width <= 390 && y + height <= 800));
    assert.match(await entries.first().textContent(), /Succeeded \u00b7 \S+ s \(usually \S+ s\)/);

    await page.getByRole("searchbox", { name: "Search builds" }).fill("OTH");
    await names("other,other");
    await page.getByRole("searchbox", { name: "Search builds" }).fill("nothing");
    await page.getByText("No build matches").waitFor();
    await page.getByRole("searchbox", { name: "Search builds" }).fill("");
    await page.getByLabel("Status").selectOption("Failed");
    await names("broken,broken");
    await entries.first().click();
    await tab.status("failed");
    assert.equal(await entries.first().isVisible(), false);

    await page.setViewportSize({ width: 1280, height: 800 });
    const rerun = page.getByRole("button", { name: "Build broken again" }).first();
    await rerun.press("Enter");
    await names("broken,broken,broken");
    const [latest] = await server.builds();
    await page.waitForURL(`${server.url}/builds/${latest.id}`);
    assert.deepEqual(tab.complaints, []);
  });
});
