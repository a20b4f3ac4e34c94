/** The server is killed or stopped, and restarted while tabs watch: nothing is missing, nothing arrives twice. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab, CONNECTED } from "./support/build-tab.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { makeFolder, projectFiles } from "./support/folder.mjs";

/**
 * Prints numbered lines until it is stopped, mostly one at a time and sometimes many at once; never more than the page
 * keeps, however slow the machine is.
 */
const ENDLESS = `
  let number = 0;
  setInterval(() => {
    for (let count = number % 7 === 0 ? 40 : 1; count > 0 && number < 15_000; count--)
    console.log("endless " + ++number);
  }, 5);`;

const SHORT = 'for (let number = 1; number <= 300; number++) console.log("short " + number);';

/** The browser's own complaints while there is no server. */
const AWAY =
  /ERR_(CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)/;

/** Asserts that a tab shows exactly the log of its build. */
async function assertWhole(tab, server, id) {
  const log = await server.log(id);
  await tab.number(log.length);
  assert.deepEqual(await tab.rows(), log);
  return log;
}

/** The name of each build in the list, with its state as a word and as an icon. */
function list({ page }) {
  return page.locator(".builds-entry").evaluateAll((entries) =>
    entries.map((entry) => {
      const icon = entry.querySelector("use").getAttribute("href").slice("#icon-".length);
      const [word] = entry.querySelector(".builds-detail").textContent.split(" \u00b7 ");
      return [entry.querySelector(".builds-name").textContent, word, icon];
    }),
  );
}

describe("a server that restarts", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  const ENDS = [
    {
      signal: "SIGKILL",
      cause: "SIGKILL",
      status: "lost",
      word: "Lost",
      message: "lost: the server ended while build was running",
    },
    {
      signal: "SIGTERM",
      cause: 0,
      status: "cancelled",
      word: "Cancelled",
      message: "cancelled by the shutdown while build was running",
    },
  ];
  for (const { signal, cause, status, word, message } of ENDS) {
    it(`after ${signal} shows the end of running builds, continues with queued ones, and misses no line`, async (t) => {
      const projects = { ...projectFiles("endless", ENDLESS), ...projectFiles("short", SHORT) };
      const root = await makeFolder(t, projects);
      const server = await BuildServer.start(t, { args: ["--root", root, "--concurrency", "1", "--grace", "0"] });
      const context = await openContext(t, browser);
      const earlier = await server.build("short");
      await server.log(earlier.id);

      // One tab reads an old build, one watches a running build, one a queued build.
      const reader = await BuildTab.open(context, `${server.url}/builds/${earlier.id}`);
      await reader.status("succeeded");
      const watcher = await BuildTab.open(context, server.url);
      await watcher.build("endless");
      await watcher.status("running");
      await watcher.number(300);
      const waiter = await BuildTab.open(context, server.url);
      await waiter.build("short");
      await waiter.page.locator("#build-outlook", { hasText: "next in the queue" }).waitFor();
      const [waiting, running] = await server.builds();
      assert.deepEqual([waiting.status, running.status], ["queued", "running"]);

      assert.equal(await server.end(signal), cause);
      const tabs = [reader, watcher, waiter];
      for (const { page } of tabs) {
        await page.locator(`#connection:not(${CONNECTED})`).waitFor();
      }
      await reader.page.locator("#banner-text", { hasText: "Connection lost. Retrying" }).waitFor();
      await server.restart();

      await watcher.status(status);
      const log = await assertWhole(watcher, server, running.id);
      assert.equal(log.at(-1), message);
      const numbers = log.flatMap((line) => /^endless (\d+)$/.exec(line)?.[1] ?? []).map(Number);
      assert.ok(numbers.length > 200);
      assert.deepEqual(
        numbers,
        numbers.map((_, index) => index + 1),
      );
      assert.equal(await watcher.page.locator("#build-message").textContent(), message);
      assert.equal((await watcher.steps()).at(-1)[2].split(" (")[0], word);

      await waiter.status("succeeded");
      await assertWhole(waiter, server, waiting.id);
      // The same builds under the same ids, in every tab's list.
      const expected = [
        ["short", "Succeeded", "succeeded"],
        ["endless", word, status],
        ["short", "Succeeded", "succeeded"],
      ];
      for (const tab of tabs) {
        await tab.page.locator(".builds-entry").nth(0).filter({ hasText: "Succeeded" }).waitFor();
        await tab.page.locator(CONNECTED).waitFor();
        assert.deepEqual(await list(tab), expected);
        assert.deepEqual(
          tab.complaints.filter((text) => !AWAY.test(text)),
          [],
        );
      }
      assert.deepEqual(
        (await server.builds()).map(({ id }) => id),
        [waiting.id, running.id, earlier.id],
      );
      await assertWhole(reader, server, earlier.id);
    });
  }

  it("shows each of three builds up to its end when the server is killed during each of them", async (t) => {
    const projects = { ...projectFiles("endless", ENDLESS), ...projectFiles("short", SHORT) };
    const root = await makeFolder(t, projects);
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const tab = await BuildTab.open(await openContext(t, browser), server.url);
    for (let round = 1; round <= 3; round++) {
      await tab.build("endless");
      await tab.status("running");
      await tab.number(100 * round);
      const [{ id }] = await server.builds();
      await server.end("SIGKILL");
      await server.restart();
      await tab.status("lost");
      await assertWhole(tab, server, id);
    }
    assert.deepEqual(
      await list(tab),
      [1, 2, 3].map(() => ["endless", "Lost", "lost"]),
    );
    assert.deepEqual(
      tab.complaints.filter((text) => !AWAY.test(text)),
      [],
    );
  });
});
