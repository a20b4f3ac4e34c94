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
    const root = await makeFolder(t, projectFiles("app", "process.exit(3);"));
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const context = await openContext(t, browser, { locale: "zh-CN" });
    const tab = await BuildTab.open(context, server.url);
    const { page } = tab;
    assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-CN");
    await page.getByLabel("项目路径").fill("app");
    await page.getByRole("button", { name: "构建", exact: true }).click();
    await tab.status("failed");
    assert.deepEqual(await tab.steps().then((steps) => steps.at(-1)), ["build", "npm run build", "失败（退出码 3）"]);

    await page.evaluate(() => localStorage.setItem("tailcast.language", "en"));
    await page.reload();
    await tab.status("failed");
    assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
    await page.getByRole("button", { name: "Build", exact: true }).waitFor();
    assert.deepEqual(tab.complaints, []);
  });
});
