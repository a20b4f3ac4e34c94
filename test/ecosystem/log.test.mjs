/** The log on the page: a window over all lines, whatever their number. All tests share one build and one tab. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, beforeEach, describe, it } from "node:test";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab } from "./support/build-tab.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { Dictation } from "./support/dictation.mjs";
import { makeFolder, projectFiles } from "./support/folder.mjs";
import { until } from "./support/until.mjs";

/** The most rows that the page draws, whatever the length of the log. */
const MAX_ROWS = 300;

const COUNT = 30_000;

/** Lines with blanks, links, an empty line and a long one among them. */
const PROGRAM = `
  const link = "\\x1b]8;;https://example.org/docs\\x07the docs\\x1b]8;;\\x07";
  const evil = "\\x1b]8;;javascript:alert(1)\\x07a trap\\x1b]8;;\\x07";
  console.log("first\\n\\n  https://example.com/a_(b), " + link + ", " + evil + "\\n" + "wide ".repeat(3000));
  console.log(link + "\\rT");
  for (let n = 1; n <= ${COUNT}; n++) console.log("\\x1b[36mstep\\x1b[0m " + n);`;

/** Settings of a browser that may use the clipboard. */
const CLIPBOARD = { permissions: ["clipboard-read", "clipboard-write"], viewport: { width: 1280, height: 800 } };

describe("the log of a long build", () => {
  const cleanups = [];
  const t = { after: (cleanup) => cleanups.push(cleanup) };
  let tab;
  let page;
  let url;
  let log;
  let dictation;
  let server;

  before(async () => {
    const browser = await launchChromium();
    t.after(() => browser.close());
    dictation = await Dictation.start(t);
    const root = await makeFolder(t, { ...projectFiles("long", PROGRAM), ...dictation.files });
    server = await BuildServer.start(t, { args: ["--root", root] });
    const { id } = await server.build("long");
    log = await server.log(id);
    url = `${server.url}/builds/${id}`;
    tab = await BuildTab.open(await openContext(t, browser, CLIPBOARD), url);
    ({ page } = tab);
  });
  after(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });
  beforeEach(() => assert.deepEqual(tab.complaints, []));

  const first = () => log.indexOf("first") + 1;
  const drawn = () => page.locator("#sections .line").count();
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  const targets = () => page.locator(".line.target .number").allTextContents();
  const scroll = (call, argument) => page.locator("#log").evaluate(call, argument);
  const notice = (text) => page.locator("#notice-text", { hasText: text }).waitFor();
  /** Waits until the page has drawn what it was asked for, with all lines. */
  const settled = async () => {
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 200))));
    await until(async () => (await page.locator("#sections .absent").count()) === 0);
  };
  /** Opens an address as a link does. */
  const go = async (address) => {
    await page.goto("about:blank");
    await page.goto(address);
  };

  it("opens at its end, with few rows, and leads to line 1", async () => {
    await tab.inSight(`#L${log.length}`);
    assert.ok((await drawn()) < MAX_ROWS);
    await page.locator("#top-button").click();
    await tab.inSight("#L1");
    await settled();
    assert.equal(await page.locator("#L1 .text").textContent(), log[0]);
  });

  it("has a scroll bar as if all rows were there, and shows the right lines wherever it leads", async () => {
    const height = await scroll((element) => element.scrollHeight);
    assert.ok(height > 20 * log.length, String(height));
    for (const part of [0.1, 0.5, 0.93]) {
      await scroll((element, place) => (element.scrollTop = place * element.scrollHeight), part);
      await settled();
      const rows = await page.locator("#sections .line").evaluateAll((elements) => {
        const textOf = (row, part) => row.querySelector(part).textContent;
        return elements.map((row) => [Number(textOf(row, ".number")), textOf(row, ".text")]);
      });
      assert.ok(rows.length > 20 && rows.length < MAX_ROWS);
      assert.ok(Math.abs(rows[0][0] / log.length - part) < 0.05, `${rows[0][0]}`);
      for (const [number, text] of rows) assert.equal(text, log[number - 1]);
    }
    assert.equal(await page.locator(".section-heading").first().isVisible(), true, "the step stays in sight");
    await tab.inSight(".section-heading");
  });

  it("moves rows with the wheel by exactly its distance", async () => {
    await scroll((element) => (element.scrollTop = element.scrollHeight / 2));
    await settled();
    const number = await page.locator("#sections .line").nth(40).getAttribute("id");
    const place = () => page.locator(`#${number}`).evaluate((row) => row.getBoundingClientRect().top);
    const before = await place();
    await page.locator("#log").hover();
    await page.mouse.wheel(0, 130);
    await until(async () => Math.abs(before - 130 - (await place())) < 1.5);
    await page.waitForTimeout(300);
    assert.ok(Math.abs(before - 130 - (await place())) < 1.5, "also after the scroll bar was made exact");
  });

  it("opens at the lines of a link, marked, and does not follow the end", async () => {
    await go(`${url}#L20000-L20004`);
    await tab.inSight("#L20000");
    await tab.inSight("#L20004");
    assert.deepEqual(await targets(), ["20000", "20001", "20002", "20003", "20004"]);
    await page.getByText("Jump to end").waitFor({ state: "hidden" });
    await page.locator("#mark-text").click();
    await notice("5 lines are on the clipboard.");
    assert.equal(await clipboard(), `${log.slice(19_999, 20_004).join("\n")}\n`);
  });

  it("marks a line by a click on its number, more by Shift-click, and none after Escape", async () => {
    await page.locator("#L20003 .number").click();
    assert.equal(new URL(page.url()).hash, "#L20003");
    await page.locator("#L20006 .number").click({ modifiers: ["Shift"] });
    assert.equal(new URL(page.url()).hash, "#L20003-L20006");
    await page.locator("#L20001 .number").click({ modifiers: ["Shift"] });
    assert.equal(new URL(page.url()).hash, "#L20001-L20003");
    assert.deepEqual(await targets(), ["20001", "20002", "20003"]);
    await page.locator("#mark-link").click();
    await notice("The link is on the clipboard.");
    assert.equal(await clipboard(), page.url());
    await page.keyboard.press("Escape");
    assert.deepEqual(await targets(), []);
    assert.equal(new URL(page.url()).hash, "");
    assert.equal(await page.locator("#mark-bar").isVisible(), false);
  });

  it("folds a step, whose heading stays, and unfolds it for a link into it", async () => {
    await page.locator("#top-button").click();
    const heading = page.locator(".section-heading", { hasText: "npm run build" });
    await heading.click();
    await page.locator(`#L${log.length}`).waitFor();
    assert.ok((await drawn()) < 20);
    assert.equal(await heading.getAttribute("aria-expanded"), "false");
    await page.evaluate(() => (location.hash = "#L15000"));
    await tab.inSight("#L15000");
    assert.equal(await heading.getAttribute("aria-expanded"), "true");
    await page.keyboard.press("Escape");
  });

  it("makes links of web addresses and hyperlinks, and of nothing else", async () => {
    await go(`${url}#L${first()}`);
    await tab.inSight(`#L${first() + 2}`);
    await settled();
    const links = await page.locator(`#L${first() + 2} .text a`).evaluateAll((elements) => {
      return elements.map((link) => [link.href, link.rel, link.target, link.textContent, link.dataset.host ?? ""]);
    });
    const rel = "noopener noreferrer";
    assert.deepEqual(links, [
      ["https://example.com/a_(b)", rel, "_blank", "https://example.com/a_(b)", ""],
      ["https://example.org/docs", rel, "_blank", "the docs", "example.org"],
    ]);
    assert.match(await page.locator(`#L${first() + 2} .text`).textContent(), /a trap$/);
    // The cursor has moved in this line, which is below a line of many rows. Its new first character has no link.
    await go(`${url}#L${first() + 4}`);
    const drawn = page.locator(`#L${first() + 4} .text a`);
    assert.equal(await drawn.textContent(), "he docs");
    assert.equal(await drawn.getAttribute("href"), "https://example.org/docs");
  });

  it("keeps numbers in sight without wrap, and is as wide as its widest row near the eye", async () => {
    const width = () => scroll((element) => element.scrollWidth);
    await page.getByRole("button", { name: "Wrap" }).click();
    assert.ok((await width()) > 50_000);
    await scroll((element) => (element.scrollLeft = 5000));
    await tab.inSight(`#L${first()} .number`);
    const left = await page.locator(`#L${first()} .number`).evaluate((link) => link.getBoundingClientRect().left);
    assert.equal(left, await page.locator("#log").evaluate((element) => element.getBoundingClientRect().left));
    await scroll((element) => (element.scrollLeft = 0));
    await page.locator("#end-button").click();
    await tab.inSight(`#L${log.length}`);
    assert.ok((await width()) < 2000);
    await page.getByRole("button", { name: "Wrap" }).click();
  });

  it("copies a selection with its empty lines, without numbers, also if its start is no longer drawn", async () => {
    await page.locator("#top-button").click();
    await tab.inSight(`#L${first()}`);
    await settled();
    await page.evaluate(([from, to]) => {
      const text = (line) => document.querySelector(`#L${line} .text`);
      getSelection().setBaseAndExtent(text(from).firstChild, 2, text(to), text(to).childNodes.length);
    }, [first(), first() + 2]);
    await page.keyboard.press("Control+C");
    assert.equal(await clipboard(), "rst\n\n  https://example.com/a_(b), the docs, a trap");
    await scroll((element) => (element.scrollTop = 40_000));
    await settled();
    assert.equal(await page.locator(`#L${first()}`).getAttribute("class"), "line kept");
    const last = Number((await page.locator("#sections .line").last().getAttribute("id")).slice(1));
    assert.ok(last > 1000, String(last));
    await page.evaluate((line) => {
      const text = document.querySelector(`#L${line} .text`);
      getSelection().extend(text, text.childNodes.length);
    }, last);
    await page.keyboard.press("Control+C");
    const expected = ["rst", ...log.slice(first(), last)].join("\n");
    await until(async () => (await clipboard()) === expected, () => "the copy was another text");
  });

  it("selects all lines, and nothing else, by Ctrl+A", async () => {
    await page.locator("#log").focus();
    await page.keyboard.press("Control+A");
    assert.equal(await page.evaluate(() => getSelection().toString().includes("tailcast")), false);
    await page.keyboard.press("Control+C");
    await until(async () => (await clipboard()) === log.join("\n"), () => "the copy was another text");
    await page.keyboard.press("Escape");
    assert.equal(await page.evaluate(() => getSelection().isCollapsed), true);
  });

  it("offers the log as it is, and as files with and without colours", async () => {
    const source = await (await fetch(`${url.replace("/builds/", "/api/builds/")}/log?ansi`)).text();
    const expected = { "Download as text (.log)": `${log.join("\n")}\n`, "Download with colours (.ansi)": source };
    assert.match(source, /\x1b\[36mstep\x1b\[0m 7\n/);
    for (const [name, text] of Object.entries(expected)) {
      await page.locator("#download summary").press("Enter");
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
      const [, extension] = /\((\..*)\)/.exec(name);
      assert.equal(download.suggestedFilename(), `long-${url.split("/").at(-1)}${extension}`);
      assert.ok((await readFile(await download.path(), "utf8")) === text, name);
      assert.equal(await page.locator("#download").getAttribute("open"), null);
    }
    await page.getByRole("link", { name: "Raw log" }).click();
    await page.waitForURL(/\/log$/);
    assert.ok((await page.locator("body").innerText()).includes(log.at(-1)));
    await page.goBack();
    await page.locator("#log").waitFor();
  });

  it("fills the screen, also with the keyboard, and leaves it again", async () => {
    const button = page.getByRole("button", { name: "Full screen" });
    await button.press("Enter");
    await page.locator('#full-screen-button[aria-pressed="true"]').waitFor();
    assert.equal(await page.evaluate(() => document.fullscreenElement.id), "build");
    // Nothing covers the buttons above the log.
    const { x, y } = await button.boundingBox();
    const isOnTop = ([x, y]) => document.elementFromPoint(x, y).id === "full-screen-button";
    assert.equal(await page.evaluate(isOnTop, [x + 5, y + 5]), true);
    await button.press("Enter");
    await page.locator('#full-screen-button[aria-pressed="false"]').waitFor();
  });

  it("shows the time of each line as chosen", async () => {
    await page.locator("#top-button").click();
    await settled();
    const time = () => page.locator(`#L${first()} .text`).getAttribute("data-time");
    for (const [mode, pattern] of [["elapsed", /^\d+:\d\d$/], ["clock", /^\d\d:\d\d:\d\d$/], ["delta", /^(\+.*)?$/]]) {
      await page.locator("#times").selectOption(mode);
      assert.match(await time(), pattern);
    }
    await page.locator("#times").selectOption("off");
    assert.equal(await time(), "");
  });

  it("says that lines could not be loaded, and loads them later", async () => {
    await go(url);
    await tab.inSight(`#L${log.length}`);
    await page.route("**/lines?*", (route) => route.abort());
    await page.locator("#top-button").click();
    await page.locator("#L1", { hasText: "could not be loaded" }).waitFor();
    await page.unroute("**/lines?*");
    await page.locator("#L1", { hasText: log[0] }).waitFor();
    // The browser reports each request that the test has aborted.
    tab.complaints = tab.complaints.filter((text) => !text.includes("ERR_FAILED"));
  });

  it("loads no live line twice while it follows the end, and stays in place while a person reads", async () => {
    await page.goto(server.url);
    await tab.build("dictated");
    const build = await dictation.next();
    await tab.status("running");
    await tab.line("build");
    const requests = [];
    page.on("request", (request) => requests.push(request.url()));
    for (let batch = 0; batch < 10; batch++) {
      build.write(Array.from({ length: 500 }, (_, index) => `live ${batch * 500 + index}\n`).join(""));
      await tab.line(`live ${batch * 500 + 499}`);
    }
    assert.deepEqual(requests.filter((request) => request.includes("/lines")), []);
    assert.ok((await drawn()) < MAX_ROWS);
    await page.locator("#log").hover();
    await page.mouse.wheel(0, -200);
    await page.getByText("Jump to end").waitFor();
    await page.waitForTimeout(300);
    const id = await page.locator("#sections .line").nth(30).getAttribute("id");
    const place = () => page.locator(`#${id}`).evaluate((row) => row.getBoundingClientRect().top);
    const before = await place();
    build.write("more\n".repeat(1000));
    await page.getByText("1,000 new lines, jump to end").waitFor();
    assert.equal(await place(), before);
    await page.locator("#jump-button").click();
    await tab.line("more");
    assert.equal(await page.locator("#jump-button").isVisible(), false);
    const connection = page.locator("#connection");
    assert.equal(await connection.innerText(), "Live");

    // A finger that moves down, and Page Up, stop following as well.
    const log = await page.locator("#log").boundingBox();
    const x = log.x + log.width / 2;
    const touch = await page.context().newCDPSession(page);
    const finger = (type, ...touchPoints) => touch.send("Input.dispatchTouchEvent", { type, touchPoints });
    await finger("touchStart", { x, y: log.y + 100 });
    for (const distance of [20, 60, 150]) await finger("touchMove", { x, y: log.y + 100 + distance });
    await finger("touchEnd");
    await page.getByText("Jump to end").waitFor();
    build.write("behind the finger\n");
    await page.getByText("1 new line, jump to end").click();
    await tab.line("behind the finger");
    await page.keyboard.press("PageUp");
    await page.getByText("Jump to end").waitFor();
    build.write("behind the key\n");
    await page.getByText("1 new line, jump to end").waitFor();
    await page.keyboard.press("End");
    await tab.line("behind the key");
    await page.locator("#jump-button").waitFor({ state: "hidden" });

    build.end();
    await tab.status("succeeded");
    await connection.getByText("Ended", { exact: true }).waitFor();
    assert.equal(await connection.getAttribute("data-state"), "ended");
    await page.locator("#brand").click();
    await connection.getByText("Live", { exact: true }).waitFor();
  });

  it("needs no more elements and memory after 200,000 live lines than after 50,000", async () => {
    const devtools = await page.context().newCDPSession(page);
    const memory = async () => {
      await devtools.send("HeapProfiler.collectGarbage");
      const { nodes } = await devtools.send("Memory.getDOMCounters");
      const { usedSize } = await devtools.send("Runtime.getHeapUsage");
      return { nodes, bytes: usedSize };
    };
    await tab.build("dictated");
    const build = await dictation.next();
    await tab.status("running");
    await tab.line("build");
    const requests = [];
    page.on("request", (request) => requests.push(request.url()));
    const print = async (from, to) => {
      build.write(Array.from({ length: to - from }, (_, index) => `live ${from + index}\n`).join(""));
      await tab.line(`live ${to - 1}`);
    };
    await print(0, 50_000);
    const before = await memory();
    await print(50_000, 200_000);
    const after = await memory();
    assert.ok(after.nodes < 1.2 * before.nodes, `${before.nodes} and ${after.nodes} nodes`);
    assert.ok(after.bytes < 1.2 * before.bytes, `${before.bytes} and ${after.bytes} bytes`);
    assert.deepEqual(requests.filter((request) => request.includes("/lines")), []);
    build.end();
    await tab.status("succeeded");
  });
});
