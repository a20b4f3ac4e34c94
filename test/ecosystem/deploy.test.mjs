/**
 * nginx and Caddy in front of the real server, started with the configurations that examples/deploy/nginx/README.md and
 * examples/deploy/caddy/README.md describe. Only ports, names and paths are replaced.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { BuildTab } from "./support/build-tab.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { PROXY_NAMES, readDeploy } from "./support/deploy.mjs";
import { ProxiedServer, TOKEN } from "./support/proxied-server.mjs";
import { until } from "./support/until.mjs";

const BUILDER = { Authorization: `Bearer ${TOKEN}` };
const FEED = "/api/log/push";
const STREAM = { ...BUILDER, Accept: "text/event-stream" };

for (const name of PROXY_NAMES) {
  describe(`${name} in front of the server`, () => {
    let browser;
    before(async () => (browser = await launchChromium()));
    after(() => browser?.close());

    it("shows the page over HTTP/2, and signs in with a Secure cookie", async (t) => {
      const server = await ProxiedServer.start(t, name);
      const context = await openContext(t, browser, { ignoreHTTPSErrors: true });
      const page = await context.newPage();
      await page.goto(server.url);
      await page.getByLabel("Token").fill(TOKEN);
      await page.keyboard.press("Enter");
      await page.locator('#connection[data-state="live"]').waitFor();
      const [cookie] = await context.cookies();
      assert.deepEqual([cookie.secure, cookie.httpOnly, cookie.sameSite], [true, true, "Strict"]);
      const used = await page.evaluate(() => performance.getEntries().map((entry) => entry.nextHopProtocol));
      assert.deepEqual([...new Set(used.filter(Boolean))], ["h2"]);

      const tab = new BuildTab(page);
      await tab.build("dictated");
      const build = await server.dictation();
      build.write("said\n");
      await tab.line("said");
      build.end();
      await tab.status("succeeded");
      assert.deepEqual(tab.complaints, []);
    });

    it("redirects http:// to https://", async (t) => {
      const { redirectUrl } = await ProxiedServer.start(t, name);
      const response = await fetch(`${redirectUrl}/?build=1`, { redirect: "manual" });
      assert.equal(response.status, 308);
      assert.match(response.headers.get("location"), /^https:\/\/localhost.*\/\?build=1$/);
    });

    it("makes limits count the client's address, whatever headers the client sends", async (t) => {
      const server = await ProxiedServer.start(t, name, ["--max-requests-per-address", "2"]);
      const [first, second] = ["127.0.0.1", "127.0.0.2"];
      for (let count = 0; count < 2; count++) await server.open(FEED, { localAddress: first, headers: STREAM });
      const status = (localAddress, headers) => {
        return server.status("/api/builds", { localAddress, headers: { ...BUILDER, ...headers } });
      };
      assert.equal(await status(first), 429);
      for (const forged of [
        { "X-Forwarded-For": "192.0.2.1" },
        { "X-Forwarded-For": "192.0.2.1, 127.0.0.2" },
        { Forwarded: "for=192.0.2.1" },
        { "X-Forwarded-For": "192.0.2.1", Forwarded: "for=192.0.2.1" },
        { "X-Real-IP": "192.0.2.1" },
      ]) {
        assert.equal(await status(first, forged), 429, JSON.stringify(forged));
        assert.equal(await status(second, forged), 200, JSON.stringify(forged));
      }
    });

    it("delays no event: each arrives before the next is published, plain and compressed", async (t) => {
      const server = await ProxiedServer.start(t, name);
      const { id } = await server.build("dictated");
      const build = await server.dictation();
      const readers = [];
      for (const coding of [undefined, "identity", "gzip"]) {
        for (const path of [FEED, `/api/builds/${id}/events`, `/api/builds/${id}/log`]) {
          const headers = { ...BUILDER, ...(coding && { "Accept-Encoding": coding }) };
          const reader = await server.open(path, { headers });
          const isStream = !path.endsWith("/log");
          assert.equal(reader.response.headers["content-encoding"], isStream && coding === "gzip" ? "gzip" : undefined);
          readers.push(reader);
        }
      }
      for (let number = 1; number <= 5; number++) {
        const text = `line ${number} ${"x".repeat(10 ** (number - 1))}`.slice(0, 5000);
        build.write(`${text}\n`);
        for (const reader of readers) await reader.until(text);
      }
      build.end();
    });

    it("sends the security headers of the server, once each", async (t) => {
      const server = await ProxiedServer.start(t, name);
      const { response } = await server.open("/", {});
      const names = response.rawHeaders.filter((_, index) => index % 2 === 0).map((header) => header.toLowerCase());
      for (const header of ["content-security-policy", "x-content-type-options", "referrer-policy", "x-request-id"]) {
        assert.equal(names.filter((other) => other === header).length, 1, header);
      }
    });

    it("serves twenty streams on one HTTP/2 connection, and others beside it", async (t) => {
      const server = await ProxiedServer.start(t, name);
      const streams = await server.openHttp2(Array(20).fill(FEED), BUILDER);
      assert.deepEqual(new Set(streams.map(({ status }) => status)), new Set([200]));
      assert.equal(await server.status("/api/builds", { headers: BUILDER }), 200);
      await server.clients(20);
    });

    it("ends the stream on the server when the client leaves", async (t) => {
      const server = await ProxiedServer.start(t, name, ["--heartbeat", "0"]);
      const { page, close } = await server.openTab(browser, t);
      await page.evaluate((path) => void (window.source = new EventSource(path)), FEED);
      await server.clients(2);
      await page.evaluate(() => window.source.close());
      await server.clients(1);
      await close();
      await server.clients(0);
      const { id } = await server.build("dictated");
      const build = await server.dictation();
      for (const [stream, path] of [
        ["feed", FEED],
        ["build", `/api/builds/${id}/events`],
        ["log", `/api/builds/${id}/log`],
      ]) {
        const reader = await server.open(path, { headers: BUILDER });
        await server.clients(1, stream);
        reader.leave();
        await server.clients(0, stream);
      }
      build.end();
    });

    it("refuses bodies that are too long, and passes others on", async (t) => {
      const server = await ProxiedServer.start(t, name);
      const headers = { ...BUILDER, "Content-Type": "application/json" };
      const send = (projectPath) => {
        return server.status("/api/project/build", { method: "POST", headers, body: JSON.stringify({ projectPath }) });
      };
      assert.equal(await send("x".repeat(65_000)), 404);
      assert.equal(await send("x".repeat(70_000)), 413);
      // Caddy 2.6 answers 502, later versions 413.
      assert.ok([413, 502].includes(await send("x".repeat(2_000_000))));
    });

    it("loses no browser and no other EventSource in a restart with a gap", async (t) => {
      const server = await ProxiedServer.start(t, name);
      const { page } = await server.openTab(browser, t);
      await page.evaluate((path) => {
        window.opened = 0;
        window.source = new EventSource(path);
        window.source.onopen = () => window.opened++;
      }, FEED);
      await server.clients(2);
      await page.evaluate(() => (window.opened = 0));
      assert.equal(await server.program.end("SIGTERM"), 0);
      // A new EventSource while there is no server.
      await page.evaluate((path) => {
        window.other = new EventSource(path);
        window.other.onerror = () => (window.failed = true);
      }, FEED);
      // nginx answers it at once; with Caddy it waits.
      if (name === "nginx") await until(() => page.evaluate(() => window.failed === true));
      await server.program.restart();
      await page.locator('#connection[data-state="live"]').waitFor();
      await server.clients(3);
      assert.notEqual(await page.evaluate(() => window.source.readyState), 2);
      assert.notEqual(await page.evaluate(() => window.other.readyState), 2);
    });
  });
}

describe("examples/deploy", () => {
  it("has commands in its READMEs that copy files which exist", () => {
    for (const folder of ["nginx", "caddy", "systemd"]) {
      const files = readDeploy(`${folder}/README.md`).match(/\bexamples\/deploy\/\w+\/[\w.-]+/g);
      assert.ok(files.length > 0);
      for (const file of files) assert.ok(existsSync(new URL(`../../${file}`, import.meta.url)), file);
    }
  });

  it("has timeouts that fit the server's: silence above the heartbeat, kept connections below its five seconds", () => {
    const nginx = readDeploy("nginx/tailcast.conf");
    assert.match(nginx, /^ {2}proxy_read_timeout 1h;$/m);
    assert.match(nginx, /^ {2}keepalive_timeout 4s;$/m);
    const caddy = readDeploy("caddy/Caddyfile");
    assert.match(caddy, /^\t+keepalive 4s$/m);
    for (const cut of ["write", "read_body", "read_timeout", "write_timeout", "response_header_timeout"]) {
      assert.doesNotMatch(caddy, new RegExp(`^\\s*${cut}\\b`, "m"));
    }
    assert.doesNotMatch(caddy, /^\s*flush_interval/m);
  });
});
