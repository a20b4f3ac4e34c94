/** The page's look, and its behaviour under load. The screenshots in `screenshots` are for people. */
import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab } from "./support/build-tab.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { gatedProgram, makeFolder, projectFiles } from "./support/folder.mjs";
import { until } from "./support/until.mjs";

const SCREENSHOTS = fileURLToPath(new URL("screenshots/", import.meta.url));

/** The most rows that the page draws, whatever the length of the log. */
const MAX_ROWS = 300;

/** The output of a hostile or colourful program, and the text in it. */
const OUTPUT = [
  ["<img src=x onerror=alert(1)>"],
  ["<script>alert(2)</script><style>*{display:none}</style>"],
  ["&lt;b&gt; is not &amp;bold"],
  ["\x1b[31mred\x1b[0m plain \x1b[1;92mbold\x1b[0m", "red plain bold"],
  ["\x1b]8;;javascript:alert(3)\x07a link\x1b]8;;\x07", "a link"],
  ["\x1b]0;a title\x07\x1b[2J\x1b[Hcleared", "cleared"],
  [`a long line ${"without-a-break".repeat(60)}`],
  [`a line higher than all others together ${"wide ".repeat(3200)}`.trim()],
];

const PROGRAMS = {
  colourful: `for (const line of ${JSON.stringify(OUTPUT.map(([line]) => line))}) console.log(line);
    console.error("\\x1b[33mwarning:\\x1b[0m something is deprecated");`,
  failing: 'console.error("\\x1b[31merror\\x1b[0m: it does not compile"); process.exit(3);',
};

/** Takes a screenshot, and asserts that no part of the page is outside the window. */
async function assertFits(page, name) {
  await page.screenshot({ path: `${SCREENSHOTS}${name}.png` });
  const [content, space] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return [scrollWidth, clientWidth];
  });
  assert.equal(content, space, `${name} is as wide as the window`);
}

describe("the page", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  for (const width of [1280, 400]) {
    for (const colorScheme of ["light", "dark"]) {
      it(`fits in ${width} px, ${colorScheme}, without a complaint of the browser`, async (t) => {
        await mkdir(SCREENSHOTS, { recursive: true });
        const files = Object.entries(PROGRAMS).map(([name, program]) => projectFiles(name, program));
        const root = await makeFolder(t, Object.assign({}, ...files));
        const server = await BuildServer.start(t, { args: ["--root", root] });
        const context = await openContext(t, browser, { colorScheme, viewport: { width, height: 800 } });
        const tab = await BuildTab.open(context, server.url);
        const check = (name) => assertFits(tab.page, `${name}-${width}-${colorScheme}`);
        await tab.page.locator(".card").first().waitFor();
        await check("start");
        await tab.build("colourful");
        await tab.status("succeeded");
        await tab.line("something is deprecated");
        await check("succeeded");
        await tab.build("failing");
        await tab.status("failed");
        await tab.page.locator("#sections .line .text", { hasText: "it does not compile" }).waitFor();
        await check("failed");
        const steps = (await tab.steps()).map(([, , state]) => state);
        assert.deepEqual(steps, ["Succeeded", "Succeeded", "Failed (exit code 3)"]);
        assert.deepEqual(tab.complaints, []);
        t.diagnostic(`screenshots are in ${SCREENSHOTS}`);
      });

      it(`fits in ${width} px, ${colorScheme}, with a queue, an estimate, options and a lost build`, async (t) => {
        await mkdir(SCREENSHOTS, { recursive: true });
        const names = ["app", "a-library-with-a-long-name", "docs"];
        const root = await makeFolder(t, Object.assign({}, ...names.map((name) => projectFiles(name, gatedProgram()))));
        const server = await BuildServer.start(t, { args: ["--root", root, "--concurrency", "1", "--grace", "0"] });
        const gate = join(root, "app", "open");
        await writeFile(gate, "");
        await server.log((await server.build("app")).id);
        await rm(gate);
        const context = await openContext(t, browser, { colorScheme, viewport: { width, height: 800 } });
        // As if the server had more builds.
        await context.route("**/api/builds?limit=50", async (route) => {
          const response = await route.fetch().catch(() => undefined);
          if (response === undefined) return route.abort();
          const { builds } = await response.json();
          const copies = Array.from({ length: 50 - builds.length }, (_, index) => {
            return { ...builds.at(-1), id: String(99 - index).padStart(16, "0") };
          });
          await route.fulfill({ response, json: { builds: [...builds, ...copies], next: copies.at(-1).id } });
        });
        const tab = await BuildTab.open(context, server.url);
        const check = (name) => assertFits(tab.page, `${name}-${width}-${colorScheme}`);
        await tab.build("app");
        await tab.status("running");
        await tab.line("waiting");
        await tab.page.locator("#build-progress").waitFor();
        await check("estimate");
        for (const name of names.slice(1)) await server.build(name);
        await tab.openListed("docs");
        await tab.page.locator("#build-outlook", { hasText: "2nd in the queue" }).waitFor();
        await check("queued");
        await tab.page.getByRole("button", { name: "Options" }).click();
        await tab.page.getByLabel("Script").fill("deploy");
        await tab.build("docs");
        await tab.page.locator("#form-error", { hasText: "deploy" }).waitFor();
        await check("options");
        await tab.page.getByRole("button", { name: "Options" }).click();
        await tab.unfoldList();
        await tab.page.getByRole("button", { name: "Older builds" }).scrollIntoViewIfNeeded();
        await check("older");
        await tab.page.locator(".builds-entry", { hasText: "app" }).first().click();
        await tab.status("running");
        await server.end("SIGKILL");
        await server.restart();
        await tab.status("lost");
        await check("lost");
      });
    }
  }

  it("shows all output of a build as text", async (t) => {
    const root = await makeFolder(t, projectFiles("colourful", PROGRAMS.colourful));
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const tab = await BuildTab.open(await openContext(t, browser), server.url);
    await tab.build("colourful");
    await tab.status("succeeded");
    const [{ id }] = await server.builds();
    const log = await server.log(id);
    await tab.number(log.length);
    const rows = await tab.rows();
    assert.deepEqual(rows, log);
    for (const [line, text = line] of OUTPUT) assert.ok(rows.includes(text), text);
    await tab.page.locator("#end-button").click();
    await tab.inSight(`#L${log.length}`);
    await tab.page.keyboard.press("Home");
    await tab.inSight("#L1");
    const inside = tab.page.locator("#sections .text *");
    const kinds = await inside.evaluateAll((elements) => elements.map(({ localName }) => localName));
    assert.deepEqual([...new Set(kinds)], ["span"]);
    assert.deepEqual(await tab.page.locator("#sections .text .fg-1").allTextContents(), ["red"]);
    assert.deepEqual(await tab.page.locator("#sections .text .fg-10.bold").allTextContents(), ["bold"]);
    assert.equal(await tab.page.title(), "✓ colourful - tailcast");
    assert.deepEqual(tab.complaints, []);
  });

  it("shows a line that waits for its end, and replaces lines that are redrawn in their place", async (t) => {
    const program = `import { setTimeout as sleep } from "node:timers/promises";
      const print = (text) => process.stdout.write(text);
      print("a: 1%\\nb: 1%\\nCompiling ...");
      sleep(2000)
        .then(() => print(" done\\n\\x1b[3Aa: 50%\\nb: 50%\\n\\n"))
        .then(() => sleep(2000))
        .then(() => print("\\x1b[3A\\x1b[32ma: 100%\\x1b[0m\\nb: 100%\\n\\nend\\n"));`;
    const root = await makeFolder(t, projectFiles("drawing", program));
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const tab = await BuildTab.open(await openContext(t, browser), server.url);
    await tab.build("drawing");
    const text = (exact) => tab.page.locator("#sections .text").getByText(exact, { exact: true });
    const row = (exact) => tab.page.locator("#sections .text", { hasText: exact });
    await row(/^Compiling \.\.\.$/).waitFor();
    await row(/^a: 50%$/).waitFor();
    await row(/^Compiling \.\.\. done$/).waitFor();
    await tab.status("succeeded");
    const rows = await tab.rows();
    const start = rows.indexOf("a: 100%");
    assert.deepEqual(rows.slice(start, start + 4), ["a: 100%", "b: 100%", "Compiling ... done", "end"]);
    assert.equal(await text("a: 100%").getAttribute("class"), "fg-2");
    assert.deepEqual(rows.filter((line) => /1%|50%/.test(line)), []);
    assert.deepEqual(tab.complaints, []);
  });

  it("shows every line of a long log, and draws only those near the eye", async (t) => {
    const count = 4000;
    const program = `for (let n = 1; n <= ${count}; n++) console.log(\`\\x1b[36mstep\\x1b[0m \${n} of ${count}\`);`;
    const root = await makeFolder(t, projectFiles("long", program));
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const tab = await BuildTab.open(await openContext(t, browser), server.url);
    await tab.build("long");
    await tab.status("succeeded");
    const [{ id }] = await server.builds();
    const log = await server.log(id);
    await tab.number(log.length);
    const drawn = () => tab.page.locator("#sections .line").count();
    // It follows the end by default, and jumps on request.
    await tab.inSight(`#L${log.length}`);
    assert.ok((await drawn()) < MAX_ROWS);
    await tab.page.locator("#top-button").click();
    await tab.inSight("#L1");
    assert.deepEqual(await tab.rows(), log);
    assert.ok((await drawn()) < MAX_ROWS);
    await tab.page.locator("#top-button").click();
    await tab.page.locator("#end-button").click();
    await tab.inSight(`#L${log.length}`);
    assert.deepEqual(tab.complaints, []);
  });
});
