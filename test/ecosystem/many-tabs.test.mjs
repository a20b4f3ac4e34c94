/** Many tabs at once over HTTP/1.1, with six connections for a host: a `SharedWorker` holds their streams. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab, CONNECTED } from "./support/build-tab.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { Dictation } from "./support/dictation.mjs";
import { launchFirefox } from "./support/firefox.mjs";
import { makeFolder } from "./support/folder.mjs";
import { until } from "./support/until.mjs";

/** The state of a tab's connection. */
const stateOf = ({ page }) => page.locator("#connection").getAttribute("data-state");

/** Opens a build in a new tab, and waits until it shows the state of its connection. */
async function openTab(context, url, state) {
  const tab = new BuildTab(await context.newPage());
  await tab.page.goto(url);
  await tab.page.locator(`#connection[data-state="${state}"]`).waitFor();
  return tab;
}

/** Waits until a metric of the server has a value. */
function untilMetric(server, name, value) {
  const read = async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return text.split("\n").filter((line) => line.startsWith(name));
  };
  return until(async () => (await read()).some((line) => line.endsWith(` ${value}`)), read);
}

describe("tabs over HTTP/1.1", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  it("are all live on one build, line for line, with one stream", async (t) => {
    const dictation = await Dictation.start(t);
    const root = await makeFolder(t, dictation.files);
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const { id } = await server.build("dictated");
    const build = await dictation.next();
    build.write("first\n");
    const context = await openContext(t, browser);
    const url = `${server.url}/builds/${id}`;
    const tabs = [];
    while (tabs.length < 12) {
      tabs.push(await openTab(context, url, "live"));
      build.write(`tab ${tabs.length}\n`);
    }
    build.write("last\n");
    for (const tab of tabs) await tab.line("last");
    const expected = (await tabs[0].rows()).slice(-14);
    assert.deepEqual(expected, ["first", ...tabs.map((_, index) => `tab ${index + 1}`), "last"]);
    for (const tab of tabs) {
      assert.deepEqual((await tab.rows()).slice(-14), expected);
      assert.equal(await stateOf(tab), "live");
    }
    await untilMetric(server, "tailcast_clients", 1);
    await Promise.all(tabs.slice(1).map(({ page }) => page.close()));
    build.write("after\n");
    await tabs[0].line("after");
    build.end();
    await tabs[0].status("succeeded");
    assert.deepEqual(tabs.flatMap(({ complaints }) => complaints), []);
  });

  it("show seven builds, three of them once a second, and cancel builds in both kinds of tabs", async (t) => {
    const dictation = await Dictation.start(t);
    const names = Array.from({ length: 7 }, (_, index) => `app${index}`);
    const files = Object.entries(dictation.files);
    const copies = names.flatMap((name) =>
      files.map(([path, text]) => [path.replace("dictated/", `${name}/`), text.replaceAll('"dictated"', `"${name}"`)]),
    );
    const root = await makeFolder(t, Object.fromEntries(copies));
    const server = await BuildServer.start(t, { args: ["--root", root, "--concurrency", "7"] });
    const context = await openContext(t, browser);
    const tabs = [];
    const builds = [];
    for (const [index, name] of names.entries()) {
      const started = dictation.next();
      const { id } = await server.build(name);
      builds.push(await started);
      builds[index].write(`first of ${name}\n`);
      const tab = await openTab(context, `${server.url}/builds/${id}`, index < 4 ? "live" : "polling");
      await tab.line(`first of ${name}`);
      tabs.push(tab);
    }
    const banner = "Other tabs use all connections";
    assert.ok((await tabs[6].page.locator("#banner").innerText()).startsWith(banner));
    for (const [index, tab] of tabs.entries()) {
      builds[index].write("second\n");
      await tab.line("second");
    }
    for (const index of [6, 0, 1, 2]) {
      const rows = (await tabs[index].rows()).slice(-2);
      assert.deepEqual(rows, [`first of ${names[index]}`, "second"]);
      await tabs[index].page.getByRole("button", { name: "Cancel" }).click();
      await tabs[index].status("cancelled");
    }
    // Their tabs share the feed, so that the other waiting tabs are live, too.
    for (const tab of tabs) await tab.page.locator(CONNECTED).waitFor();
    builds[4].write("third\n");
    await tabs[4].line("third");
    assert.equal(await tabs[5].page.locator("#banner").isVisible(), false);
    assert.deepEqual(tabs.flatMap(({ complaints }) => complaints), []);
  });

  it("continue without a hole when the tab crashes that started the SharedWorker", async (t) => {
    const dictation = await Dictation.start(t);
    const root = await makeFolder(t, dictation.files);
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const { id } = await server.build("dictated");
    const build = await dictation.next();
    const context = await openContext(t, browser);
    const url = `${server.url}/builds/${id}`;
    const first = await openTab(context, url, "live");
    const others = [];
    for (let count = 0; count < 3; count++) {
      const tab = new BuildTab(await context.newPage());
      await tab.page.goto(url);
      await tab.page.locator('#connection[data-state="live"]').waitFor();
      others.push(tab);
    }
    build.write("before\n");
    for (const tab of others) await tab.line("before");
    const crashed = once(first.page, "crash");
    const session = await context.newCDPSession(first.page);
    session.send("Page.crash").catch(() => {});
    await crashed;
    build.write("resumed\n");
    // Tabs notice it when their worker has sent nothing for some time, about 20 s.
    for (const tab of others) {
      await tab.line("resumed");
      await tab.page.locator('#connection[data-state="live"]').waitFor();
      assert.deepEqual((await tab.rows()).slice(-2), ["before", "resumed"]);
    }
    await untilMetric(server, "tailcast_clients", 1);
    build.end();
    for (const tab of others) await tab.status("succeeded");
  });

  it("continue without a hole after they were hidden, and free their place meanwhile", async (t) => {
    const dictation = await Dictation.start(t);
    const root = await makeFolder(t, dictation.files);
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const { id } = await server.build("dictated");
    const build = await dictation.next();
    build.write("line 1\n");
    const context = await openContext(t, browser);
    const tab = new BuildTab(await context.newPage());
    await tab.page.clock.install();
    // Headless Chromium shows every tab, so the page reads this instead.
    await tab.page.addInitScript(() => {
      Object.defineProperty(document, "hidden", { get: () => window.isHidden === true });
    });
    const setHidden = (isHidden) =>
      tab.page.evaluate((value) => {
        window.isHidden = value;
        document.dispatchEvent(new Event("visibilitychange"));
      }, isHidden);
    await tab.page.goto(`${server.url}/builds/${id}`);
    await tab.page.locator('#connection[data-state="live"]').waitFor();
    await tab.line("line 1");
    await setHidden(true);
    await tab.page.clock.runFor(30_000);
    await tab.page.locator('#connection[data-state="idle"]').waitFor();
    await untilMetric(server, "tailcast_clients", 0);
    build.write("line 2\nline 3\n");
    build.end();
    await server.log(id);
    // Its title shows the end nevertheless.
    await tab.page.clock.runFor(10_000);
    await tab.status("succeeded");
    await setHidden(false);
    await tab.line("line 3");
    assert.deepEqual((await tab.rows()).slice(-5, -2), ["line 1", "line 2", "line 3"]);
    assert.deepEqual(tab.complaints, []);
  });

  it("share one stream in Firefox, too", async (t) => {
    const dictation = await Dictation.start(t);
    const root = await makeFolder(t, dictation.files);
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const { id } = await server.build("dictated");
    await dictation.next();
    const firefox = await launchFirefox();
    t.after(() => firefox.close());
    for (let count = 0; count < 8; count++) await (await firefox.newPage()).goto(`${server.url}/builds/${id}`);
    const outlines = 'tailcast_requests_total{route="/api/builds/:id/outline",method="GET",status="200"}';
    await untilMetric(server, outlines, 8);
    await untilMetric(server, "tailcast_clients{", 1);
    await untilMetric(server, "tailcast_requests_under_way", 2);
  });
});
