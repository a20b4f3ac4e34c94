/** The page in Firefox. All tests share one server, one long build and one window, and run in this order. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { BuildServer } from "./support/build-server.mjs";
import { CONNECTED } from "./support/build-tab.mjs";
import { Dictation } from "./support/dictation.mjs";
import { FirefoxTab } from "./support/firefox-tab.mjs";
import { launchFirefox, openFirefoxContext } from "./support/firefox.mjs";
import { makeFolder, projectFiles } from "./support/folder.mjs";
import { until } from "./support/until.mjs";

const COUNT = 200_000;

/** The most rows that the page draws, whatever the length of the log. */
const MAX_ROWS = 300;

/** Prints 200 000 lines, among them 200 with "needle" and 4 errors, and fails. */
const LONG = `
  const lines = Array.from({ length: ${COUNT} }, (_, index) => {
    if (index % 1000 === 500) return "a \\x1b[32mneedle\\x1b[0m, " + index;
    if (index % 50_000 === 30_000) return "src/a.ts(" + index + ",7): error TS2322: wrong type";
    return "line " + index;
  });
  process.stdout.write(lines.join("\\n") + "\\n", () => process.exit(2));`;

describe("the page in Firefox", () => {
  const cleanups = [];
  const t = { after: (cleanup) => cleanups.unshift(cleanup) };
  let context;
  let dictation;
  let server;
  let url;
  let log;
  let tab;
  let page;

  before(async () => {
    dictation = await Dictation.start(t);
    const root = await makeFolder(t, { ...projectFiles("long", LONG), ...dictation.files });
    server = await BuildServer.start(t, { args: ["--root", root, "--grace", "0"] });
    const launch = launchFirefox({ "intl.accept_languages": "en" });
    const [browser, { id }] = await Promise.all([launch, server.build("long")]);
    t.after(() => browser.close());
    url = `${server.url}/builds/${id}`;
    log = await server.log(id);
    context = await openFirefoxContext(t, browser);
    tab = await FirefoxTab.open(context, server.url);
    ({ page } = tab);
    await page.setViewport({ width: 1280, height: 800 });
  });
  after(async () => {
    for (const cleanup of cleanups) await cleanup();
  });
  beforeEach(() => assert.deepEqual(tab.complaints, []));

  const linesWith = (text) => log.flatMap((line, index) => (line.includes(text) ? [index + 1] : []));
  const scroll = (call, argument) => page.$eval("#log", call, argument);
  const theme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);

  it("suggests projects on the start page, starts a build, and shows its lines live", async () => {
    await tab.shows(".card:nth-child(2)");
    assert.deepEqual((await tab.texts(".card-name")).toSorted(), ["dictated", "long"]);
    await page.type("#project-path", "dict");
    await tab.shows(".path-option-name", "dictated");
    await tab.press("ArrowDown", "Enter", "Enter");
    const build = await dictation.next();
    await tab.shows('#build[data-status="running"]');
    build.write("first\n".repeat(300));
    await tab.inSight("#sections .line:last-child");

    // The wheel releases the end; the button leads there.
    await page.hover("#log");
    await page.mouse.wheel({ deltaY: -300 });
    await tab.shows("#jump-button", "Jump to end");
    const row = await page.$eval("#sections .line:nth-of-type(40)", ({ id }) => `#${id}`);
    const place = () => page.$eval(row, (element) => element.getBoundingClientRect().top);
    await until(async () => {
      const before = await place();
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));
      return before === (await place());
    });
    const before = await place();
    build.write("second\n".repeat(1000));
    await tab.shows("#jump-button", "1,000 new lines");
    assert.equal(await place(), before);
    await page.click("#jump-button");
    await tab.hides("#jump-button");
    build.end("last\n");
    await tab.shows('#build[data-status="succeeded"]');
    await tab.shows(".section-heading", "build");
    assert.equal(await page.title(), "\u2713 dictated - tailcast");
  });

  it("opens a failed build at its first error, and jumps between errors", async () => {
    const errors = linesWith("error TS2322");
    await tab.go(url);
    for (const number of [errors[0], errors[1], errors[2]]) {
      await tab.inSight(`#L${number}.current.marked-error`);
      await tab.press("e");
    }
    await tab.inSight(`#L${errors[3]}.current`);
    await tab.press("E");
    await tab.inSight(`#L${errors[2]}.current`);
  });

  it("shows the right lines wherever the scroll bar leads, and draws only those near the eye", async () => {
    await page.click("#top-button");
    await tab.inSight("#L1");
    assert.equal(await tab.assertDrawn(log), 1);
    for (const part of [0.25, 0.5, 0.9]) {
      await scroll((element, place) => (element.scrollTop = place * element.scrollHeight), part);
      await until(async () => Math.abs((await tab.assertDrawn(log)) / log.length - part) < 0.01);
      assert.ok((await page.$$("#sections .line")).length < MAX_ROWS);
    }
    await page.click("#end-button");
    await tab.inSight(`#L${log.length}`);
    await tab.assertDrawn(log);
  });

  it("opens the lines of a link, and marks lines by clicks on their numbers", async () => {
    await tab.go(`${url}#L5-L20`);
    await tab.inSight("#L5.target");
    await tab.inSight("#L20.target");
    assert.equal((await page.$$(".line.target")).length, 16);
    await page.click("#L7 .number");
    await page.keyboard.down("Shift");
    await page.click("#L9 .number");
    await page.keyboard.up("Shift");
    assert.equal(new URL(page.url()).hash, "#L7-L9");
    assert.deepEqual(await tab.texts(".line.target .number"), ["7", "8", "9"]);
    await tab.press("Escape");
    await tab.hides("#mark-bar");
    assert.equal((await page.$$(".line.target")).length, 0);
  });

  it("finds texts and regular expressions in the whole log", async () => {
    const needles = linesWith("needle");
    await page.focus("#log");
    await tab.press("/");
    await page.keyboard.type("NEEDLE");
    await tab.shows("#find-count", "1 of 200");
    await tab.inSight(`#L${needles[0]}.current`);
    assert.deepEqual(await tab.texts(".line.current .hit"), ["needle"]);
    await tab.press("Enter");
    await tab.inSight(`#L${needles[1]}.current`);
    await page.click(".find .case");
    await tab.shows("#find-count", "No matches");
    await page.click(".find .case");
    await page.click(".find .regex");
    await page.$eval("#find-text", (field) => field.select());
    await page.keyboard.type("needle, 1\\d+500$");
    const matching = log.filter((line) => /needle, 1\d+500$/.test(line));
    await tab.shows("#find-count", `1 of ${matching.length}`);
    await page.click(".find .regex");
    await tab.press("Escape");
    await tab.hides("#find");
  });

  it("keeps the heading of a step at the top of the log, and has no scroll bar for wrapped lines", async () => {
    await page.setViewport({ width: 360, height: 800 });
    await page.focus("#log");
    await tab.press("/");
    await page.$eval("#find-text", (field) => field.select());
    await page.keyboard.type("line 7");
    await tab.shows("#find-count", " of ");
    for (const key of ["Enter", "Enter", "Escape"]) {
      await tab.press(key);
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 200))));
      const [heading, top, width, space] = await page.evaluate(() => {
        const log = document.getElementById("log");
        const [heading, frame] = [document.querySelector(".section-heading"), log].map((element) => {
          return element.getBoundingClientRect();
        });
        return [heading.top, frame.top, log.scrollWidth, log.clientWidth];
      });
      assert.equal(heading, top, `after ${key}`);
      assert.equal(width, space);
    }
    await page.setViewport({ width: 1280, height: 800 });
  });

  it("is used with the keyboard", async () => {
    await page.focus("#log");
    await tab.press("w", "t", "?");
    await tab.shows("#keys", "Keyboard shortcuts");
    assert.equal(await page.$eval("#wrap-button", (button) => button.getAttribute("aria-pressed")), "false");
    assert.equal(await page.$eval("#times", ({ value }) => value), "elapsed");
    await tab.press("Escape", "w");
    await tab.hides("#keys");
    await page.focus(".builds-entry");
    await tab.press("ArrowDown", "Enter");
    await tab.shows("#build-name", "long");
    await tab.press("b");
    assert.equal(await page.evaluate(() => document.activeElement.id), "project-path");
  });

  it("changes its language and its theme, and remembers both", async () => {
    await page.click("#settings summary");
    await page.click("#language-zh-CN");
    await tab.shows("#build-button", "\u6784\u5efa");
    await page.click("#settings summary");
    await page.click('[data-theme-choice="dark"]');
    assert.equal(await theme(), "dark");
    await tab.go(url);
    assert.equal(await theme(), "dark");
    assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-CN");
    await page.click("#settings summary");
    await page.click("#language-en");
    await tab.shows("#build-button", "Build");
  });

  it("shares one stream with other tabs, and continues after the server restarts", async () => {
    const { id } = await server.build("dictated");
    const build = await dictation.next();
    await tab.go(`${server.url}/builds/${id}`);
    const other = await FirefoxTab.open(context, `${server.url}/builds/${id}`);
    build.write("one\ntwo\n");
    for (const each of [tab, other]) await each.shows("#sections", "two");
    const clients = /^tailcast_clients\{.*\} 1$/m;
    await until(async () => clients.test(await (await fetch(`${server.url}/metrics`)).text()));
    await server.end("SIGKILL");
    for (const each of [tab, other]) await each.shows("#banner-text", "Retrying");
    await server.restart();
    for (const each of [tab, other]) {
      await each.shows('#build[data-status="lost"]');
      await each.shows(CONNECTED);
      await each.inSight("#sections .line:last-child");
      await each.assertDrawn(await server.log(id));
    }
    assert.deepEqual([...tab.complaints, ...other.complaints], []);
  });
});
