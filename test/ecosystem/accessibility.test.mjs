/** The views of the page, against the rules of axe-core for accessibility. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import axe from "axe-core";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab } from "./support/build-tab.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { gatedProgram, makeFolder, projectFiles } from "./support/folder.mjs";

const FAILING = String.raw`
  for (let code = 30; code < 38; code++) {
    console.log("\x1b[" + code + "mcolour\x1b[0m \x1b[" + (code + 60) + "mbright");
    console.log("\x1b[" + (code + 10) + "mcolour\x1b[0m \x1b[" + (code + 70) + "mbright");
  }
  console.log("\x1b[2mcolour\x1b[0m \x1b[7mcolour\x1b[0m");
  console.error("src/a.ts(1,7): error TS2322: wrong type, see https://example.com/");
  process.exit(3);`;

/** Asserts that a view of the page violates no rule of axe-core. */
async function assertAccessible(page, view) {
  // Through the debugger: the content security policy permits no other scripts.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, any, all, none }) => {
        const reasons = [...any, ...all, ...none].map(({ message }) => message);
        return `${id}: ${target.join(" ")}: ${reasons.join("; ")}`;
      }),
    );
  });
  assert.deepEqual(violations, [], view);
}

describe("the page", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  for (const colorScheme of ["light", "dark"]) {
    it(`violates no rule for accessibility in its ${colorScheme} theme`, async (t) => {
      const files = [projectFiles("app", gatedProgram()), projectFiles("failing", FAILING)];
      const root = await makeFolder(t, Object.assign({}, ...files));
      const server = await BuildServer.start(t, { args: ["--root", root, "--concurrency", "1"] });
      // Without transitions, no colour is halfway.
      const context = await openContext(t, browser, { colorScheme, reducedMotion: "reduce" });
      const tab = await BuildTab.open(context, server.url);
      const { page } = tab;
      await page.locator(".card").nth(1).waitFor();
      await assertAccessible(page, "the start page");

      await tab.build("app");
      await tab.line("waiting");
      await tab.status("running");
      await assertAccessible(page, "a running build");
      await tab.build("failing");
      await page.locator("#build-outlook", { hasText: "next in the queue" }).waitFor();
      await assertAccessible(page, "a queued build");
      await writeFile(join(root, "app", "open"), "");
      await tab.status("failed");
      await tab.line("wrong type");
      await assertAccessible(page, "a failed build");
      await page.locator("#log").focus();
      await page.keyboard.press("/");
      await page.locator("#find-text").fill("colour");
      await page.locator("#find-count", { hasText: "17" }).waitFor();
      await assertAccessible(page, "the search bar");
      await page.keyboard.press("Escape");

      await page.getByLabel("Settings").click();
      await assertAccessible(page, "the settings");
      await page.keyboard.press("Escape");
      await page.locator("#log").focus();
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
      await assertAccessible(page, "the keyboard shortcuts");

      await page.evaluate(() => localStorage.setItem("tailcast.language", "zh-CN"));
      await page.reload();
      await tab.inSight(".line.current.marked-error");
      await assertAccessible(page, "a failed build in Chinese");
      assert.deepEqual(tab.complaints, []);
      await server.end("SIGKILL");
      await page.locator("#banner-text").waitFor();
      await assertAccessible(page, "a lost connection");
    });

    it(`violates no rule before a person signs in, and without projects, in its ${colorScheme} theme`, async (t) => {
      const server = await BuildServer.start(t, { args: ["--root", await makeFolder(t), "--token", "s3cret"] });
      const context = await openContext(t, browser, { colorScheme, reducedMotion: "reduce" });
      const page = await context.newPage();
      await page.goto(server.url);
      await page.getByLabel("Token").fill("wrong");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").getByText("the token is wrong").waitFor();
      await assertAccessible(page, "the sign-in page");
      await page.getByLabel("Token").fill("s3cret");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "No projects yet" }).waitFor();
      await assertAccessible(page, "the start page without projects");
    });
  }
});
