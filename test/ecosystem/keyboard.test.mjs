/** The keys of the page, their help, and the settings. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab } from "./support/build-tab.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { Dictation } from "./support/dictation.mjs";
import { makeFolder } from "./support/folder.mjs";
import { until } from "./support/until.mjs";

const theme = (page) => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
const focused = (page) => page.evaluate(() => document.activeElement?.id);

describe("the page", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  it("is used with the keyboard: cancel, rerun, the log, lists and fields", async (t) => {
    const dictation = await Dictation.start(t);
    const root = await makeFolder(t, dictation.files);
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const { id } = await server.build("dictated");
    const build = await dictation.next();
    build.write("text\n".repeat(200));
    const tab = await BuildTab.open(await openContext(t, browser), `${server.url}/builds/${id}`);
    const { page } = tab;
    const { keyboard } = page;
    const pressed = (name) => page.locator(`#${name}`).getAttribute("aria-pressed");
    await tab.number(200);
    await keyboard.press("Tab");
    assert.equal(await focused(page), "skip-button");
    assert.equal(await page.locator("#skip-button").evaluate((button) => button.offsetWidth > 50), true);
    await keyboard.press("Enter");
    assert.equal(await focused(page), "log");

    // Escape closes a menu, and so does leaving it.
    const menu = page.locator("#download");
    const isMenuOpen = () => menu.evaluate(({ open }) => open);
    await menu.locator("summary").press("Enter");
    await keyboard.press("Tab");
    await keyboard.press("Escape");
    assert.equal(await isMenuOpen(), false);
    assert.equal(await menu.locator("summary").evaluate((button) => button === document.activeElement), true);
    await keyboard.press("Enter");
    assert.equal(await isMenuOpen(), true);
    await keyboard.press("Shift+Tab");
    await until(async () => !(await isMenuOpen()));
    await page.locator("#log").focus();

    await keyboard.press("w");
    assert.equal(await pressed("wrap-button"), "false");
    await keyboard.press("t");
    assert.equal(await page.locator("#times").inputValue(), "elapsed");
    const top = () => page.locator("#log").evaluate(({ scrollTop }) => scrollTop);
    await until(async () => (await top()) > 0);
    await keyboard.press("g");
    await until(async () => (await top()) === 0);
    await keyboard.press("Shift+G");
    await until(async () => (await top()) > 0);

    // The help has the keys that work; it takes the other keys, and gives the focus back.
    await keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    const rows = await help.getByRole("listitem").allInnerTexts();
    assert.ok(rows.some((row) => row.replaceAll(/\s+/g, " ") === "Cancel the build c"), rows.join("\n"));
    await keyboard.press("w");
    assert.equal(await pressed("wrap-button"), "false");
    await keyboard.press("?");
    await help.waitFor({ state: "hidden" });
    assert.equal(await focused(page), "log");

    // Lines can be marked without a pointer, and the focus returns to the log.
    await keyboard.press("m");
    assert.equal(await focused(page), "mark-link");
    assert.match(page.url(), /#L\d+$/);
    assert.equal(await page.locator(".line.target").count(), 1);
    await keyboard.press("Escape");
    assert.equal(await focused(page), "log");
    assert.doesNotMatch(page.url(), /#/);

    // Neither a key with a modifier nor one in a field acts.
    await keyboard.press("Alt+c");
    await keyboard.press("b");
    assert.equal(await focused(page), "project-path");
    await keyboard.type("crw?");
    assert.equal(await page.locator("#project-path").inputValue(), "crw?");
    await page.locator("#project-path").fill("");
    assert.equal(await page.locator("#build").getAttribute("data-status"), "running");

    await page.locator("#log").focus();
    await keyboard.press("c");
    await tab.status("cancelled");
    await page.locator("#rerun-button:not([aria-disabled])").waitFor();
    const next = dictation.next();
    await keyboard.press("r");
    (await next).end();
    await tab.status("succeeded");
    // After a start, the keys work at once.
    await keyboard.press("b");
    await keyboard.type("dictated");
    const third = dictation.next();
    await keyboard.press("Enter");
    await third;
    await until(async () => (await focused(page)) === "log");
    await tab.status("running");
    await page.locator("#cancel-button:not([aria-disabled])").waitFor();
    await keyboard.press("c");
    await tab.status("cancelled");
    const links = page.locator("#builds-list a");
    await until(async () => (await links.count()) === 3);
    await links.first().focus();
    await keyboard.press("ArrowDown");
    assert.equal(await links.nth(1).evaluate((link) => link === document.activeElement), true);
    await keyboard.press("Home");
    assert.equal(await links.first().evaluate((link) => link === document.activeElement), true);
    assert.deepEqual(tab.complaints, []);
  });

  it("remembers its theme and its language, and has its theme at the first paint", async (t) => {
    const server = await BuildServer.start(t);
    const context = await openContext(t, browser, { colorScheme: "light" });
    const tab = await BuildTab.open(context, server.url);
    const { page } = tab;
    assert.equal(await theme(page), "light");
    await page.emulateMedia({ colorScheme: "dark" });
    await until(async () => (await theme(page)) === "dark");
    await page.getByLabel("Settings").focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Light", exact: true }).press("Enter");
    assert.equal(await theme(page), "light");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#settings").getAttribute("open"), null);
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "SUMMARY");

    // The modules of the page come after its first paint.
    await page.route("**/page/main.js", (route) => route.abort());
    await page.reload();
    assert.equal(await theme(page), "light");
    await page.unroute("**/page/main.js");
    await page.reload();
    await page.getByLabel("Settings").click();
    await page.getByRole("button", { name: "中文" }).click();
    await page.getByRole("button", { name: "构建", exact: true }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-CN");
    await page.getByLabel("设置").click();
    await page.getByRole("button", { name: "跟随系统" }).click();
    assert.equal(await theme(page), "dark");
    assert.deepEqual(tab.complaints.filter((text) => !text.includes("ERR_FAILED")), []);
  });
});
