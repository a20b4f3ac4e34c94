/** Finding places in a log: the search bar, the map and the errors. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab } from "./support/build-tab.mjs";
import { launchChromium } from "./support/chromium.mjs";
import { makeFolder, projectFiles } from "./support/folder.mjs";
import { until } from "./support/until.mjs";

/** Prints 100 000 lines, among them 100 with "needle" and 8 errors, and fails. */
const LONG = `
  const lines = Array.from({ length: 100_000 }, (_, index) => {
    if (index % 1000 === 500) return "a needle, " + index;
    if (index % 12_000 === 9000) return "src/a.ts(" + index + ",7): error TS2322: wrong type";
    return "line " + index + " ${"a".repeat(40)}!";
  });
  process.stdout.write(lines.join("\\n") + "\\n", () => process.exit(2));`;

/** Prints an error and some lines, then more lines when there is a file "more", and fails when there is "open". */
const LIVE = `
  import { existsSync } from "node:fs";
  import { setTimeout as sleep } from "node:timers/promises";
  const wait = async (name) => { while (!existsSync(name)) await sleep(10); };
  console.log("a needle\\nsrc/a.ts(1,7): error TS2322: wrong type");
  for (let index = 0; index < 200; index++) console.log("line " + index);
  await wait("more");
  console.log("another needle");
  await wait("open");
  console.log("the last needle");
  process.exit(1);`;

/** Runs in the page: the number of the current line, if it is in the visible part of the log. */
function currentLine() {
  const line = document.querySelector("#sections .line.current");
  if (line === null) return 0;
  const frame = document.getElementById("log").getBoundingClientRect();
  const { top, bottom } = line.getBoundingClientRect();
  return top >= frame.top && bottom <= frame.bottom + 1 ? Number(line.dataset.line) : 0;
}

/** A person who uses the search of the page. */
class Finder {
  constructor(tab) {
    this.tab = tab;
    this.page = tab.page;
    this.field = this.page.locator("#find-text");
  }

  /** Waits until the current line is visible, and has this number. */
  async at(number) {
    let seen;
    const isThere = async () => (seen = await this.page.evaluate(currentLine)) === number;
    await until(isThere, () => `line ${seen}, not ${number}`);
  }

  /** Waits for the text beside the field. */
  async count(text) {
    const count = () => this.page.locator("#find-count").textContent();
    let seen;
    await until(async () => (seen = await count()) === text, () => `"${seen}", not "${text}"`);
  }

  /** Opens the bar by its key, and searches. */
  async find(text) {
    await this.page.locator("#log").focus();
    await this.page.keyboard.press("/");
    await this.page.keyboard.type(text);
  }

  /** Presses a key; resolves with whether the page handled it. */
  async handles(key) {
    await this.page.evaluate(() => {
      addEventListener("keydown", (event) => (window.wasHandled = event.defaultPrevented));
    });
    await this.page.keyboard.press(key);
    return this.page.evaluate(() => window.wasHandled);
  }
}

describe("the search in a log", () => {
  let browser, context, server, root, id, log, finder, tab;
  const cleanup = [];
  /** The numbers of the lines with a text. */
  const linesWith = (text) => log.flatMap((line, index) => (line.includes(text) ? [index + 1] : []));
  const open = async (hash = "") => {
    await tab?.page.close();
    tab = await BuildTab.open(context, `${server.url}/builds/${id}${hash}`);
    finder = new Finder(tab);
    await until(async () => (await tab.page.locator("#sections .line .text:not(:empty)").count()) > 0);
  };

  before(async () => {
    const t = { after: (call) => cleanup.unshift(call) };
    root = await makeFolder(t, { ...projectFiles("long", LONG), ...projectFiles("live", LIVE) });
    server = await BuildServer.start(t, { args: ["--root", root] });
    ({ id } = await server.build("long"));
    browser = await launchChromium();
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    log = await server.log(id);
  });
  after(async () => {
    await browser?.close();
    for (const call of cleanup) await call();
  });

  it("opens a failed build at its first error, and jumps between errors with a key", async () => {
    await open();
    const errors = linesWith("error TS2322");
    await finder.at(errors[0]);
    await tab.page.locator(".line.current.marked-error").waitFor();
    await tab.page.keyboard.press("e");
    await finder.at(errors[1]);
    await tab.page.keyboard.press("Shift+E");
    await tab.page.keyboard.press("Shift+E");
    await finder.at(errors.at(-1));
    await tab.page.getByRole("button", { name: `Next error (${errors.length} of ${errors.length})` }).click();
    await finder.at(errors[0]);
    assert.equal(await tab.page.locator(".map-error").count(), errors.length);
  });

  it("opens the line of a link instead", async () => {
    await open("#L50");
    await tab.inSight("#L50.target");
    assert.equal(await tab.page.locator(".line.current").count(), 0);
    await tab.page.getByRole("button", { name: "First error" }).click();
    await finder.at(linesWith("error TS2322")[0]);
  });

  it("finds a text in the whole log, from the visible place on, and wraps around", async () => {
    await open("#L50000");
    await tab.inSight("#L50000.target");
    const needles = linesWith("needle");
    assert.equal(needles.length, 100);
    const first = needles.findIndex((number) => number > 50_000);
    await finder.find("NEEDLE");
    await finder.count(`${first + 1} of 100`);
    await finder.at(needles[first]);
    assert.deepEqual(await tab.page.locator(".line.current .hit").allTextContents(), ["needle"]);
    await tab.page.keyboard.press("Enter");
    await finder.at(needles[first + 1]);
    for (let presses = 0; presses < first + 2; presses++) await tab.page.keyboard.press("Shift+Enter");
    await finder.count("100 of 100");
    await finder.at(needles[99]);
    await tab.page.locator("#log").focus();
    await tab.page.keyboard.press("n");
    await finder.at(needles[0]);
    await tab.page.keyboard.press("Shift+N");
    await finder.at(needles[99]);
    assert.ok((await tab.page.locator("#sections .line").count()) < 300, "the log is a window");
  });

  it("repeats the last search by n and N after Escape", async () => {
    const needles = linesWith("needle");
    const { keyboard } = tab.page;
    // It removes the mark first.
    await keyboard.press("Escape");
    for (const [key, found] of [["n", 0], ["n", 1], ["Shift+N", 0], ["Shift+N", 99]]) {
      await keyboard.press("Escape");
      await tab.page.locator("#find").waitFor({ state: "hidden" });
      await keyboard.press(key);
      await finder.at(needles[found]);
      await tab.page.locator("#log:focus").waitFor();
    }
    await finder.count("100 of 100");
  });

  it("matches case, and regular expressions", async () => {
    await finder.field.fill("Needle");
    await finder.count("100 of 100");
    await tab.page.getByRole("button", { name: "Match case" }).click();
    await finder.count("No matches");
    await tab.page.getByRole("button", { name: "Regular expression" }).click();
    await finder.field.fill("needle, \\d+0500$");
    await finder.count("1 of 9");
    const hit = tab.page.locator(".line.current .hit");
    await until(async () => (await hit.allTextContents()).join() === "needle, 10500");
  });

  it("explains an invalid expression beside the field", async () => {
    await finder.field.fill("(needle");
    await tab.page.locator("#find-note", { hasText: "This is not a regular expression" }).waitFor();
    assert.equal(await finder.field.getAttribute("aria-invalid"), "true");
    await finder.count("");
  });

  it("stops an expression that explodes, while page and server respond", async () => {
    await finder.field.fill("(a+)+$");
    const delays = await tab.page.evaluate(async () => {
      const delays = [];
      for (const end = performance.now() + 1500; performance.now() < end; ) {
        const before = performance.now();
        await fetch("/healthz");
        delays.push(performance.now() - before);
      }
      return delays;
    });
    assert.ok(Math.max(...delays) < 1000, `the longest delay is ${Math.max(...delays)} ms`);
    await tab.page.locator("#find-note", { hasText: "The search took too long and was stopped" }).waitFor();
    await finder.field.fill("needle");
    await finder.count("11 of 100");
    for (const name of ["Match case", "Regular expression"]) await tab.page.getByRole("button", { name }).click();
  });

  it("opens by Ctrl+F, closes by Escape, and leaves the next Ctrl+F to the browser", async () => {
    await tab.page.keyboard.press("Escape");
    assert.equal(await finder.field.isVisible(), false);
    await until(async () => (await tab.page.locator(".hit").count()) === 0);
    const top = tab.page.getByRole("button", { name: "Top" });
    await top.focus();
    assert.equal(await finder.handles("Control+f"), false, "after Escape");
    assert.equal(await finder.handles("Control+f"), true);
    await tab.page.locator("#find-text:focus").waitFor();
    assert.equal(await finder.handles("Control+f"), false, "while the bar is open");
    await tab.page.keyboard.press("Escape");
    assert.equal(await top.evaluate((button) => button === document.activeElement), true);
    await tab.page.getByLabel("Project path").fill("");
    await tab.page.getByLabel("Project path").press("/");
    assert.equal(await finder.field.isVisible(), false);
    assert.equal(await tab.page.getByLabel("Project path").inputValue(), "/");
    await tab.page.getByLabel("Project path").fill("");
  });

  it("shows hits and errors on a map that scrolls the log", async () => {
    await finder.find("needle");
    await finder.count("11 of 100");
    await until(async () => (await tab.page.locator(".map-hit").count()) > 50);
    const map = await tab.page.locator("#log-map").boundingBox();
    await tab.page.mouse.click(map.x + map.width / 2, map.y + map.height / 2);
    const near = (number) => Math.abs(number - 50_000) < 1000;
    await until(async () => near(Number(await tab.page.locator("#sections .line").first().getAttribute("data-line"))));
    assert.equal(await tab.page.locator("#log-map").getAttribute("aria-hidden"), "true");
    await tab.page.keyboard.press("Escape");
    assert.deepEqual(tab.complaints, []);
  });

  it("searches the lines of a build that runs, and offers its first error when it fails", async () => {
    ({ id } = await server.build("live"));
    await open();
    await tab.line("line 199");
    await finder.find("needle");
    await finder.count("1 of 1 so far");
    await writeFile(join(root, "live", "more"), "");
    await finder.count("1 of 2 so far");
    await tab.page.keyboard.press("Escape");
    await tab.page.getByRole("button", { name: "End", exact: true }).click();
    await finder.find("another needle");
    await finder.count("1 of 1 so far");
    await writeFile(join(root, "live", "open"), "");
    await tab.status("failed");
    await finder.count("1 of 1");
    await finder.field.fill("needle");
    await finder.count("2 of 3");
    const offer = tab.page.getByRole("button", { name: "Show the first error" });
    await offer.waitFor();
    const [error] = (await server.log(id)).flatMap((line, index) => (line.includes("TS2322") ? [index + 1] : []));
    await offer.click();
    await finder.at(error);
    assert.equal(await offer.isVisible(), false);
  });
});
