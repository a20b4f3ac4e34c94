/** The layout of the page: narrow windows, magnification, forced colours and paper. All tests share one tab. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab } from "./support/build-tab.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { gatedProgram, makeFolder, projectFiles } from "./support/folder.mjs";

/** The windows of 800, 390 and 360 px, and a window of 1280 x 800 px at 200 % and at 400 %. */
const WINDOWS = [
  { width: 800, height: 800 },
  { width: 390, height: 800 },
  { width: 360, height: 740 },
  { width: 640, height: 400 },
  { width: 320, height: 200 },
];

/** Its streams are separate pipes: the pauses keep the error in the middle of the log. */
const FAILING = `
  const pause = () => new Promise((resolve) => setTimeout(resolve, 500));
  for (let n = 1; n <= 200; n++) console.log("line " + n);
  await pause();
  console.error("src/a.ts(1,7): error TS2322: wrong type");
  await pause();
  for (let n = 1; n <= 200; n++) console.log("line " + n);
  process.exit(2);`;

/** Runs in the page: the visible controls that are partly outside the window, or narrower than their text. */
function findClipped() {
  const clipped = [];
  const controls = document.querySelectorAll("button, select, input, textarea, summary, a, .status, .elapsed span");
  for (const control of controls) {
    // Names of projects may be shortened.
    if (!control.checkVisibility() || control.closest(".text, .card-name, .skip") !== null) continue;
    const { left, right } = control.getBoundingClientRect();
    const isCut = control.matches("button, summary") && control.scrollWidth > control.clientWidth + 1;
    const name = control.id || control.className;
    if (left < 0 || right > innerWidth || isCut) clipped.push(`${name}: ${left} to ${right}`);
  }
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) clipped.push(`the page is ${scrollWidth} px wide`);
  return clipped;
}

describe("the layout of the page", () => {
  const cleanups = [];
  const t = { after: (cleanup) => cleanups.unshift(cleanup) };
  let server;
  let failed;
  let tab;
  let page;

  before(async () => {
    const name = "a-library-with-a-rather-long-name";
    const root = await makeFolder(t, {
      ...projectFiles(name, gatedProgram()),
      ...projectFiles("failing", FAILING),
      ...projectFiles("waiting", gatedProgram()),
    });
    const args = ["--root", root, "--concurrency", "1", "--grace", "0", "--output", "separate"];
    server = await BuildServer.start(t, { args });
    const browser = await launchChromium();
    t.after(() => browser.close());
    failed = (await server.build("failing")).id;
    await server.log(failed);
    await writeFile(join(root, "waiting", "open"), "");
    await server.log((await server.build("waiting")).id);
    tab = await BuildTab.open(await openContext(t, browser, { reducedMotion: "reduce", hasTouch: true }), server.url);
    ({ page } = tab);
  });
  after(async () => {
    for (const cleanup of cleanups) await cleanup();
  });

  /** Asserts that a view fits in all windows. */
  const fits = async (view) => {
    for (const size of WINDOWS) {
      await page.setViewportSize(size);
      assert.deepEqual(await page.evaluate(findClipped), [], `${view} in ${size.width} px`);
    }
  };
  const openFailed = async () => {
    await page.goto(`${server.url}/builds/${failed}`);
    await tab.inSight(".line.current.marked-error");
  };

  for (const [language, locale] of Object.entries({ English: "en", Chinese: "zh-CN" })) {
    it(`fits in narrow windows, and at 200 % and 400 %, in ${language}`, async () => {
      await page.evaluate((value) => localStorage.setItem("tailcast.language", value), locale);
      await page.goto(server.url);
      await page.locator(".card").nth(2).waitFor();
      await fits("the start page");
      await page.locator("#options-button").click();
      await page.locator("#project-path").fill("/nowhere");
      await page.keyboard.press("Enter");
      await page.locator("#form-error:not(:empty)").waitFor();
      await fits("an error in the form");
      await page.locator("#project-path").fill("a");
      await page.locator(".path-option").first().waitFor();
      await fits("suggestions");

      await openFailed();
      await fits("a failed build");
      await page.locator("#settings summary").click();
      await fits("the settings");
      await page.keyboard.press("Escape");
      await page.locator("#download summary").click();
      await fits("the menu of downloads");
      await page.locator("#log").focus();
      await page.keyboard.press("/");
      await page.locator("#find-text").fill("line");
      await page.locator("#find-count", { hasText: "400" }).waitFor();
      await fits("the search bar");
      await page.evaluate(() => (location.hash = "#L5-L9"));
      await page.locator("#mark-bar").waitFor();
      await fits("marked lines");

      const { id } = await server.build("a-library-with-a-rather-long-name");
      const queued = await server.build("waiting");
      await page.goto(`${server.url}/builds/${queued.id}`);
      await page.locator("#build-outlook:not(:empty)").waitFor();
      await fits("a queued build");
      await page.goto(`${server.url}/builds/${id}`);
      await tab.line("waiting");
      await fits("a running build");
      await page.locator("#builds-button").click();
      await fits("the list of builds");
      for (const build of [queued.id, id]) {
        await fetch(`${server.url}/api/builds/${build}/cancel`, { method: "POST" });
        await server.log(build);
      }
      await tab.status("cancelled");
    });
  }

  it("opens the list of builds above the log in a narrow window, without moving it", async () => {
    await page.evaluate(() => localStorage.setItem("tailcast.language", "en"));
    await page.setViewportSize({ width: 390, height: 800 });
    await openFailed();
    const place = () => page.locator(".line.current").evaluate((line) => line.getBoundingClientRect().top);
    const before = await place();
    await page.locator("#builds-button").click();
    await page.locator(".builds-entry").nth(1).waitFor();
    assert.equal(await place(), before);
    await page.locator("#builds-button").click();
    await page.locator(".builds-entry").first().waitFor({ state: "hidden" });
  });

  it("shows states, marks and hits in forced colours", async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ forcedColors: "active" });
    await openFailed();
    await page.locator("#log").focus();
    await page.keyboard.press("/");
    await page.locator("#find-text").fill("line");
    await page.locator(".map-hit").first().waitFor();
    const colours = await page.evaluate(() => {
      const read = (selector, property) => getComputedStyle(document.querySelector(selector))[property];
      const probe = document.createElement("p");
      probe.style.background = "Canvas";
      document.body.append(probe);
      const canvas = getComputedStyle(probe).backgroundColor;
      probe.remove();
      return {
        canvas,
        visible: {
          icon: read(".builds-entry .icon", "stroke"),
          step: read(".timeline-step", "backgroundColor"),
          dot: read(".dot", "borderTopColor"),
          hit: read(".text .hit", "backgroundColor"),
          mapHit: read(".map-hit", "backgroundColor"),
          mapError: read(".map-error", "backgroundColor"),
          current: read(".line.current", "outlineColor"),
          pressed: read('button[aria-pressed="true"]', "outlineColor"),
        },
        stderr: ["solid", "dashed"].map((style) => {
          const numbers = [...document.querySelectorAll(".number")].map((number) => getComputedStyle(number));
          const number = numbers.find(({ borderRightStyle }) => borderRightStyle === style);
          return number?.borderRightColor;
        }),
      };
    });
    for (const [mark, colour] of Object.entries(colours.visible)) {
      assert.ok(colour !== colours.canvas && !colour.startsWith("rgba(0, 0, 0, 0)"), `${mark} is ${colour}`);
    }
    assert.equal(colours.stderr[0], colours.canvas, "only stderr has a bar");
    assert.notEqual(colours.stderr[1], colours.canvas);
    await page.emulateMedia({ forcedColors: "none" });
  });

  it("prints the lines near the eye in dark letters, without controls, and stays where it is", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await openFailed();
    const top = () => page.locator("#log").evaluate(({ scrollTop }) => scrollTop);
    const before = await top();
    assert.ok(before > 1000, String(before));
    await page.pdf({ format: "A4" });
    await page.waitForTimeout(200);
    assert.equal(await top(), before);
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    const visible = await page.locator("button, input, select, summary").evaluateAll((controls) =>
      controls.flatMap((control) => (control.checkVisibility() ? [control.className] : [])),
    );
    const kinds = new Set(visible);
    assert.deepEqual([...kinds].sort(), ["section-heading", "step"]);
    assert.match(await page.locator("#sections").innerText(), /error TS2322: wrong type/);
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).color), "rgb(27, 34, 41)");
    await page.emulateMedia({ media: "screen" });
    assert.deepEqual(tab.complaints.filter((text) => !text.includes("status of 4")), []);
  });
});
