/** The article's client: the feed in an EventSource, and builds requested with jQuery, across origins. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab } from "./support/build-tab.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { makeFolder, projectFiles } from "./support/folder.mjs";
import { addScript, openPage, openSource } from "./support/page-clients.mjs";
import { WebServer } from "./support/web-server.mjs";

const JQUERY = "jquery/dist/jquery.js";
const STAMP = /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] /;
const PROGRAM = 'console.log("\\x1b[32mfirst\\x1b[0m\\n\\nthird");';

/** For a page of the server's origin without content: its security policy allows no scripts. */
const EMPTY_PAGE = { bypassCSP: true };

/** Sends a request with jQuery's `$.post` in a page, and resolves with its result. */
function post(page, url, fields, settings = {}) {
  const send = ([url, data, settings]) =>
    new Promise((resolve) => {
      const { jQuery } = window;
      jQuery
        .post({ url, data, ...settings })
        .done((json, text, request) => resolve({ status: request.status, json }))
        .fail((request) => resolve({ status: request.status, json: request.responseJSON }));
    });
  return page.evaluate(send, [url, fields, settings]);
}

describe("the feed and the API", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  it("reach an EventSource as default messages that begin with the time", async (t) => {
    const root = await makeFolder(t, projectFiles("small", PROGRAM));
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const { page, seen } = await openPage(await openContext(t, browser, EMPTY_PAGE), `${server.url}/healthz`);
    await openSource(page, "/api/log/push");
    await page.waitForFunction(() => window.source.readyState === EventSource.OPEN);
    const { id } = await server.build("small");
    const log = await server.log(id);
    for (const text of ["first", "", "third"]) assert.ok(log.includes(text), log.join("\n"));
    const messages = await seen.count(log.length);
    for (const message of messages) assert.match(message, STAMP);
    assert.deepEqual(messages.map((message) => message.replace(STAMP, "")), log);
  });

  for (const withCredentials of [false, true]) {
    const title = withCredentials ? "with credentials" : "without credentials";

    it(`serve jQuery and EventSource of an allowed origin ${title}`, async (t) => {
      const root = await makeFolder(t, projectFiles("small", PROGRAM));
      const pages = await WebServer.start(t);
      const origin = pages.url("localhost");
      const credentials = withCredentials ? ["--allow-credentials"] : [];
      const server = await BuildServer.start(t, { args: ["--root", root, "--allowed-origin", origin, ...credentials] });
      const { page, seen } = await openPage(await openContext(t, browser), origin);
      await addScript(page, JQUERY);
      await openSource(page, `${server.url}/api/log/push`, { options: { withCredentials } });
      await page.waitForFunction(() => window.source.readyState === EventSource.OPEN);
      const settings = withCredentials ? { xhrFields: { withCredentials } } : {};
      const { status, json } = await post(page, `${server.url}/api/project/build`, { projectPath: "small" }, settings);
      assert.equal(status, 202);
      assert.equal(json.msg, "Build of small accepted");
      assert.equal(json.build.projectName, "small");
      const log = await server.log(json.build.id);
      const messages = await seen.count(log.length);
      assert.deepEqual(messages.map((message) => message.replace(STAMP, "")), log);
    });

    it(`refuse jQuery and EventSource of another origin ${title}, and build nothing`, async (t) => {
      const root = await makeFolder(t, projectFiles("small", PROGRAM));
      const pages = await WebServer.start(t);
      const server = await BuildServer.start(t, { args: ["--root", root, "--allowed-origin", pages.url("localhost")] });
      // The same page under its other name has another origin.
      const { page, seen } = await openPage(await openContext(t, browser), pages.url("127.0.0.1"));
      await addScript(page, JQUERY);
      await openSource(page, `${server.url}/api/log/push`, { options: { withCredentials } });
      await page.waitForFunction(() => window.source.readyState === EventSource.CLOSED);
      const settings = withCredentials ? { xhrFields: { withCredentials } } : {};
      const { status } = await post(page, `${server.url}/api/project/build`, { projectPath: "small" }, settings);
      assert.equal(status, 0, "the page may not even read the refusal");
      assert.deepEqual(await server.builds(), []);
      assert.deepEqual(seen.items, []);
    });
  }

  it("refuse an empty path with a message, as a form, as JSON and on the page", async (t) => {
    const root = await makeFolder(t, projectFiles("small", PROGRAM));
    const server = await BuildServer.start(t, { args: ["--root", root] });
    const { page } = await openPage(await openContext(t, browser, EMPTY_PAGE), `${server.url}/healthz`);
    await addScript(page, JQUERY);
    const url = `${server.url}/api/project/build`;
    const error = { code: "BAD_REQUEST", message: 'Cannot build: enter the path of a project ("projectPath")' };
    for (const fields of [{ projectPath: "" }, { projectPath: "  " }, { path: "small" }]) {
      assert.deepEqual(await post(page, url, fields), { status: 400, json: { error } });
      const asJson = { contentType: "application/json", dataType: "json" };
      assert.deepEqual(await post(page, url, JSON.stringify(fields), asJson), { status: 400, json: { error } });
    }
    const tab = await BuildTab.open(await openContext(t, browser), server.url);
    await tab.build("");
    await tab.page.locator("#form-error", { hasText: error.message }).waitFor();
    assert.deepEqual(await server.builds(), []);
  });
});
