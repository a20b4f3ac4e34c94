/** The languages of the page. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab } from "./support/build-tab.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { makeFolder, projectFiles } from "./support/folder.mjs";

describe("the language of the page", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  it("is that of the browser, unless another one is stored", async (t) => {
    const root = await makeFolder(t, {
      ...projectFiles("app", "process.exit(3);"),
      ...projectFiles("old", "console.log('npm error code EBADENGINE'); process.exit(1);"),
    });
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const context = await openContext(t, browser, {
      locale: "zh-CN",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const tab = await BuildTab.open(context, server.url);
    const { page } = tab;
    assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-CN");
    await page.getByLabel("项目路径").fill("app");
    await page.getByRole("button", { name: "构建", exact: true }).click();
    await tab.status("failed");
    assert.deepEqual(await tab.steps().then((steps) => steps.at(-1)), ["build", "npm run build", "失败（退出码 3）"]);

    // Lines of the server are shown in Chinese. They are copied and searched as the log has them.
    const last = page.locator("#sections .line.system .text").last();
    await last.getByText(/^build 失败，退出码 3/).waitFor();
    const raw = (await server.log((await server.builds())[0].id)).at(-1);
    assert.match(raw, /^build failed with exit code 3/);
    assert.equal(await last.getAttribute("title"), raw);
    await last.evaluate((text) => getSelection().selectAllChildren(text));
    await page.keyboard.press("Control+C");
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), raw);
    await page.locator("#log").focus();
    await page.keyboard.press("/");
    await page.keyboard.type("failed with");
    await last.locator(".hit", { hasText: "failed with" }).waitFor();
    await page.keyboard.press("Escape");
    await last.getByText(/^build 失败/).waitFor();

    await page.getByLabel("项目路径").fill("old");
    await page.getByRole("button", { name: "构建", exact: true }).click();
    await page.locator("#build-hint", { hasText: /^项目或它的某个依赖需要另一版本的 Node\.js。/ }).waitFor();
    await page.locator("#sections .line.system .text", { hasText: /^原因：项目或它的/ }).waitFor();

    await page.evaluate(() => localStorage.setItem("tailcast.language", "en"));
    await page.reload();
    await tab.status("failed");
    assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
    await page.getByRole("button", { name: "Build", exact: true }).waitFor();
    await page.locator("#build-hint", { hasText: /^The project .+ of Node\.js\. Run the build with / }).waitFor();
    assert.deepEqual(tab.complaints, []);
  });
});
