/** The page's estimates: the place in the queue, and the time that a build still takes. */
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab } from "./support/build-tab.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { gatedProgram, makeFolder, projectFiles } from "./support/folder.mjs";

/** Records in the page each new text of an element from now on. */
function listen(page, selector) {
  return page.evaluate((selector) => {
    const element = document.querySelector(selector);
    const texts = [element.textContent];
    new MutationObserver(() => {
      if (element.textContent !== texts.at(-1)) texts.push(element.textContent);
    }).observe(element, { childList: true, characterData: true, subtree: true });
    window.heard = { ...window.heard, [selector]: texts };
  }, selector);
}

function heard(page, selector) {
  return page.evaluate((selector) => window.heard[selector], selector);
}

/** The position of the part below the build's head, which must not move while a person looks at it. */
function top(page) {
  return page.locator("#log").evaluate((log) => log.getBoundingClientRect().top);
}

describe("the page", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  it("mentions silence only while the commands print no byte, as --silence counts", async (t) => {
    // It draws the same line again every second, then prints nothing.
    const program = `process.stdout.write("working");
      const timer = setInterval(() => process.stdout.write("\\r\\x1b[0mworking"), 1000);
      setTimeout(() => clearInterval(timer), 21_000);
      setTimeout(() => {}, 60_000);`;
    const root = await makeFolder(t, projectFiles("app", program));
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const tab = await BuildTab.open(await openContext(t, browser), server.url);
    await tab.build("app");
    await tab.line("working");
    await listen(tab.page, "#waiting");
    await listen(tab.page, "#build-output");
    await tab.page.locator("#waiting", { hasText: "No output for 15 s" }).waitFor({ timeout: 50_000 });
    const [build] = await server.builds();
    const silence = Date.now() - Date.parse(build.startedAt);
    assert.ok(silence > 33_000, `${silence} ms after the start`);
    assert.deepEqual((await heard(tab.page, "#waiting")).slice(0, 2), ["", "No output for 15 s"]);
    assert.deepEqual((await heard(tab.page, "#build-output")).slice(0, 2), ["", "last output 8 s ago"]);
  });

  it("counts down the place in the queue, in the head and in the list", async (t) => {
    const names = ["first", "second", "third"];
    const root = await makeFolder(t, Object.assign({}, ...names.map((name) => projectFiles(name, gatedProgram()))));
    const server = await BuildServer.start(t, { args: ["--root", root, "--concurrency", "1"] });
    for (const name of names.slice(0, 2)) await server.build(name);
    const tab = await BuildTab.open(await openContext(t, browser), server.url);
    await tab.build("third");
    await tab.status("queued");
    const outlook = tab.page.locator("#build-outlook");
    const detail = tab.page.locator(".builds-entry", { hasText: "third" }).locator(".builds-detail");
    await outlook.getByText("2nd in the queue", { exact: true }).waitFor();
    assert.equal(await detail.textContent(), "Queued \u00b7 2nd in the queue");
    assert.equal(await tab.page.locator("#announcer").textContent(), "third: Queued, 2nd in the queue");
    const place = await top(tab.page);
    await writeFile(join(root, "first", "open"), "");
    await outlook.getByText("next in the queue", { exact: true }).waitFor();
    assert.equal(await detail.textContent(), "Queued \u00b7 next in the queue");
    await writeFile(join(root, "second", "open"), "");
    await tab.line("waiting");
    await tab.status("running");
    assert.equal(await outlook.textContent(), "");
    assert.equal(await top(tab.page), place);
    assert.equal(await tab.page.locator("#build-progress").isVisible(), false, "nobody knows how long it takes");
    assert.deepEqual(tab.complaints, []);
  });

  // The server's clock counts, not the browser's.
  for (const hours of [0, 1, -1]) {
    it(`estimates how long a build will take, with a clock that is ${hours} h ahead`, async (t) => {
      const root = await makeFolder(t, projectFiles("app", gatedProgram()));
      const gate = join(root, "app", "open");
      const server = await BuildServer.start(t, { args: ["--root", root] });
      await writeFile(gate, "");
      const { id } = await server.build("app");
      await server.log(id);
      await rm(gate);
      const context = await openContext(t, browser);
      await context.addInitScript((offset) => {
        const { now } = Date;
        Date.now = () => now() + offset;
      }, hours * 3_600_000);
      const tab = await BuildTab.open(context, `${server.url}/builds/${id}`);
      await tab.status("succeeded");
      const place = await top(tab.page);
      for (const selector of ["#build-outlook", "#announcer"]) await listen(tab.page, selector);
      await tab.build("app");
      const outlook = tab.page.locator("#build-outlook");
      const progress = tab.page.locator("#build-progress");
      await tab.status("running");
      await progress.waitFor();
      assert.equal(await top(tab.page), place, "nothing moved");
      await outlook.getByText(/^\d s longer than usual$/).waitFor();
      const steps = tab.page.locator("#timeline .timeline-step");
      assert.equal(await steps.last().getAttribute("data-status"), "running");
      assert.match(await steps.last().getAttribute("style"), /^width: [\d.]+%;$/);
      await tab.page.locator("#timeline .timeline-usual").waitFor();
      assert.equal(await progress.evaluate(({ value, max }) => `${value} of ${max}`), "99 of 100");
      assert.match(await outlook.getAttribute("title"), /^Usually takes about \d+(\.\d)? s$/);
      await writeFile(gate, "");
      await tab.status("succeeded");
      assert.equal(await progress.isVisible(), false);
      assert.equal(await outlook.textContent(), "");
      assert.equal(await top(tab.page), place, "nothing moved");

      const said = (await heard(tab.page, "#build-outlook")).filter((text) => text !== "" && !text.endsWith("queue"));
      assert.match(said.join(), /^(about \d s left,){1,9}almost done(,\d s longer than usual){1,9}$/);
      // Screen readers announce it once, and not every second.
      const announced = (await heard(tab.page, "#announcer")).slice(1);
      assert.match(announced.at(-2), /^app: Running, usually takes about \d+(\.\d)? s$/);
      assert.match(announced.at(-1), /^app: succeeded in /);
      assert.ok(announced.length <= 3, announced.join("\n"));
      assert.deepEqual(tab.complaints, []);
    });
  }
});
