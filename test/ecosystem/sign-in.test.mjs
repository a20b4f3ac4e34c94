/** Signing in and out, and what the page offers to viewers, in Chromium. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab } from "./support/build-tab.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { makeFolder } from "./support/folder.mjs";

const TOKENS = ["--token", "s3cret", "--viewer-token", "v13wer"];

/** A tab on the sign-in page of a server. */
async function openSignIn(t, browser, url, options) {
  const context = await openContext(t, browser, options);
  const tab = new BuildTab(await context.newPage());
  await tab.page.goto(url);
  await tab.page.getByRole("heading", { name: "Sign in" }).waitFor();
  return { context, tab, page: tab.page };
}

/** Types a token and presses Enter. */
async function signIn(page, token) {
  await page.getByLabel("Token").fill(token);
  await page.keyboard.press("Enter");
}

const live = (page) => page.locator('#connection[data-state="live"]').waitFor();

/** The complaints that do not say that the server answered 401. */
const faults = ({ complaints }) => complaints.filter((text) => !text.includes("status of 401"));

describe("the sign-in page", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  it("works from the keyboard, explains errors, opens the address, and stays signed in after a restart", async (t) => {
    const server = await BuildServer.start(t, { args: ["--root", await makeFolder(t), ...TOKENS] });
    const { context, tab, page } = await openSignIn(t, browser, `${server.url}/builds/0123456789abcdef#L7`);
    assert.equal(await page.evaluate(() => document.activeElement.id), "token");
    assert.equal(await page.getByLabel("Token").getAttribute("type"), "password");
    await page.keyboard.press("Enter");
    const error = page.getByRole("alert");
    await error.getByText("Enter the token.").waitFor();
    await signIn(page, "wrong");
    await error.getByText("Cannot sign in: the token is wrong").waitFor();
    assert.equal(await page.getByLabel("Token").getAttribute("aria-invalid"), "true");
    assert.equal(await page.evaluate(() => document.activeElement.id), "token");
    await signIn(page, "s3cret");
    await page.getByRole("heading", { name: "Build not found" }).waitFor();
    assert.equal(page.url(), `${server.url}/builds/0123456789abcdef#L7`);
    await live(page);
    const [{ httpOnly, sameSite, expires }] = await context.cookies();
    assert.deepEqual([httpOnly, sameSite], [true, "Strict"]);
    assert.ok(expires > Date.now() / 1000);

    await server.end("SIGTERM");
    await server.restart();
    await page.reload();
    await live(page);
    // Nothing violates the content security policy.
    assert.deepEqual(tab.complaints.filter((text) => !text.startsWith("Failed to load resource")), []);
  });

  it("returns when a person signs out, in every tab", async (t) => {
    const server = await BuildServer.start(t, { args: ["--root", await makeFolder(t), ...TOKENS] });
    const { context, page } = await openSignIn(t, browser, server.url);
    await signIn(page, "s3cret");
    await live(page);
    const other = await BuildTab.open(context, server.url);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await other.page.getByRole("heading", { name: "Sign in" }).waitFor();
    assert.deepEqual(await context.cookies(), []);
  });

  it("returns when the session expires while the page is open", async (t) => {
    const args = ["--root", await makeFolder(t), ...TOKENS, "--session-lifetime", "2"];
    const server = await BuildServer.start(t, { args });
    const { page } = await openSignIn(t, browser, server.url);
    await signIn(page, "s3cret");
    await live(page);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  it("lets a signed-in browser in that follows a link of another site", async (t) => {
    const server = await BuildServer.start(t, { args: ["--root", await makeFolder(t), ...TOKENS] });
    const { page } = await openSignIn(t, browser, server.url);
    await signIn(page, "s3cret");
    await live(page);
    const site = createServer((request, response) => {
      response.setHeader("Content-Type", "text/html");
      response.end(`<a href="${server.url}/">builds</a>`);
    }).listen(0, "127.0.0.1");
    t.after(() => (site.close(), site.closeAllConnections()));
    await once(site, "listening");
    await page.goto(`http://localhost:${site.address().port}/`);
    await page.getByRole("link", { name: "builds" }).click();
    await live(page);
  });

  for (const colorScheme of ["light", "dark"]) {
    it(`has readable colours in the ${colorScheme} theme`, async (t) => {
      const server = await BuildServer.start(t, { args: ["--root", await makeFolder(t), ...TOKENS] });
      const { page } = await openSignIn(t, browser, server.url, { colorScheme });
      const [background, text] = await page.evaluate(() => {
        const { backgroundColor, color } = getComputedStyle(document.body);
        return [backgroundColor, color].map((value) => Math.max(...value.match(/\d+/g).map(Number)));
      });
      assert.equal(background > text, colorScheme === "light");
    });
  }
});

describe("the page", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  const project = { "app/package.json": JSON.stringify({ name: "app", scripts: { build: "sleep 60" } }) };

  it("offers viewers no form and no buttons for builds", async (t) => {
    const server = await BuildServer.start(t, { args: ["--root", await makeFolder(t, project), ...TOKENS] });
    const { tab, page } = await openSignIn(t, browser, server.url);
    await signIn(page, "v13wer");
    await live(page);
    await page.getByText("Viewer", { exact: true }).waitFor();
    await page.locator(".card", { hasText: "app" }).waitFor();
    const headers = { Authorization: "Bearer s3cret" };
    const body = new URLSearchParams({ projectPath: "app", install: "skip" });
    await fetch(`${server.url}/api/project/build`, { method: "POST", headers, body });
    await tab.status("running");
    for (const name of ["Build", "Cancel", "Rerun"]) {
      assert.equal(await page.getByRole("button", { name, exact: true }).count(), 0, name);
    }
    assert.equal(await page.getByLabel("Project path").isVisible(), false);
    assert.deepEqual(faults(tab), []);
  });

  it("offers builders everything, and a way out only to signed-in browsers", async (t) => {
    const server = await BuildServer.start(t, { args: ["--root", await makeFolder(t, project)] });
    const { page } = await BuildTab.open(await openContext(t, browser), server.url);
    await page.getByRole("button", { name: "Build", exact: true }).waitFor();
    assert.equal(await page.getByRole("button", { name: "Sign out" }).count(), 0);
  });

  it("offers nobody a build on a read-only server", async (t) => {
    const server = await BuildServer.start(t, { args: ["--root", await makeFolder(t, project), "--read-only"] });
    const { page } = await BuildTab.open(await openContext(t, browser), server.url);
    await page.getByText("Read-only server").waitFor();
    assert.equal(await page.getByRole("button", { name: "Build", exact: true }).count(), 0);
  });
});
