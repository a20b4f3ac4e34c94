/** The browsers' EventSource and its connection, as src/protocol/README.md describes it. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { Channel } from "../../dist/index.js";
import { parseBlocks } from "../../dist-test/readme/blocks.js";
import { BROWSERS } from "./support/browsers.mjs";
import { openSource } from "./support/page-clients.mjs";
import { until } from "./support/until.mjs";
import { WebServer } from "./support/web-server.mjs";

const README = "src/protocol/README.md";
const FINAL = [204, 401, 403, 429, 500, 502, 503, 504];
const STREAM = { "Content-Type": "text/event-stream" };

for (const { name, launch } of BROWSERS) {
  describe(`EventSource of ${name}`, () => {
    let browser;
    before(async () => (browser = await launch()));
    after(() => browser?.close());

    it("ends permanently at any other status, first or later", async (t) => {
      const requests = [];
      const server = await WebServer.start(t, ({ url }, response) => {
        requests.push(url);
        const [, when, status] = url.split("/");
        const isFirst = requests.filter((other) => other === url).length === 1;
        if (when === "later" && isFirst) response.writeHead(200, STREAM).end("retry: 1\n");
        else response.writeHead(Number(status), { "Retry-After": "0" }).end();
      });
      const { page } = await browser.open(t, server.url());
      const paths = ["first", "later"].flatMap((when) => FINAL.map((status) => `/${when}/${status}`));
      await page.evaluate((paths) => {
        window.sources = paths.map((path) => new EventSource(path));
      }, paths);
      await page.waitForFunction(() => window.sources.every(({ readyState }) => readyState === EventSource.CLOSED));
      const expected = paths.flatMap((path) => (path.startsWith("/first") ? [path] : [path, path]));
      assert.deepEqual(requests.toSorted(), expected.toSorted());
    });

    const opening = name === "Firefox" ? "first byte, and not before" : "head of the response";
    it(`is open at the ${opening}`, async (t) => {
      let stream;
      const server = await WebServer.start(t, ({ url }, response) => {
        if (url !== "/events") return response.end();
        stream = response.writeHead(200, STREAM);
        return stream.flushHeaders();
      });
      const { page } = await browser.open(t, server.url());
      await openSource(page, "/events");
      await until(() => stream !== undefined);
      if (name === "Firefox") {
        // The head arrives before this reply.
        await page.evaluate(() => fetch("/later").then(({ status }) => status));
        assert.equal(await page.evaluate(() => window.source.readyState), 0);
        stream.write(":\n");
      }
      await page.waitForFunction(() => window.source.readyState === EventSource.OPEN);
    });

    it("reads a stream of another charset as UTF-8, or not at all", async (t) => {
      const server = await WebServer.start(t, (_, response) => {
        response.writeHead(200, { "Content-Type": "text/event-stream; charset=iso-8859-1" }).write("data: é\n\n");
      });
      const { page, seen } = await browser.open(t, server.url());
      await openSource(page, "/events");
      if (name === "Firefox") assert.deepEqual(await seen.count(1), ["é"]);
      else await page.waitForFunction(() => window.source.readyState === EventSource.CLOSED);
    });

    it("reconnects after the time in retry, in Firefox after at least 500 ms", async (t) => {
      const times = [];
      const server = await WebServer.start(t, (_, response) => {
        times.push(performance.now());
        response.writeHead(200, STREAM).end("retry: 1\n");
      });
      const { page } = await browser.open(t, server.url());
      await openSource(page, "/events");
      await until(() => times.length >= 4);
      const shortest = Math.min(...times.slice(1).map((time, index) => time - times[index]));
      if (name === "Firefox") assert.ok(shortest >= 490, `${shortest} ms`);
      else assert.ok(shortest < 490, `${shortest} ms`);
    });

    for (const host of ["127.0.0.1", "localhost"]) {
      const isSame = host === "127.0.0.1";
      const givesUp = name === "Firefox" && !isSame;
      it(`${givesUp ? "gives up" : "tries again"} when refused ${isSame ? "on" : "across"} origins`, async (t) => {
        const headers = { ...STREAM, "Access-Control-Allow-Origin": "*" };
        const handler = (_, response) => response.writeHead(200, headers).write("retry: 1\n");
        const server = await WebServer.start(t, handler);
        const { page } = await browser.open(t, server.url());
        await openSource(page, `${server.url(host)}/events`);
        await page.waitForFunction(() => window.source.readyState === EventSource.OPEN);
        await page.evaluate(() => {
          window.errors = 0;
          window.source.addEventListener("error", () => window.errors++);
        });
        await server.stop();
        if (givesUp) await page.waitForFunction(() => window.source.readyState === EventSource.CLOSED);
        else {
          const isTrying = () => window.errors >= 3 && window.source.readyState === EventSource.CONNECTING;
          await page.waitForFunction(isTrying);
        }
      });
    }

    it("has six connections for a host; the seventh waits", async (t) => {
      const responses = [];
      const server = await WebServer.start(t, (_, response) => {
        responses.push(response.writeHead(200, STREAM));
        response.write(":\n");
      });
      const { page } = await browser.open(t, server.url());
      await page.evaluate(() => {
        window.sources = Array.from({ length: 7 }, () => new EventSource("/events"));
      });
      await page.waitForFunction(() => window.sources.filter(({ readyState }) => readyState === 1).length === 6);
      assert.equal(responses.length, 6);
      await page.evaluate(() => window.sources.find(({ readyState }) => readyState === 1).close());
      await until(() => responses.length === 7);
    });

    it("is followed through a 502 by the helper of the README, without a lost event", async (t) => {
      const text = await readFile(new URL(`../../${README}`, import.meta.url), "utf8");
      const helper = parseBlocks(README, text).find((block) => block.text.includes("function follow"));
      const channel = new Channel({ retry: 50 });
      let isDown = false;
      let refusals = 0;
      const server = await WebServer.start(t, (request, response) => {
        if (!isDown) return channel.handle(request, response);
        refusals++;
        return response.writeHead(502).end();
      });
      const { page, seen } = await browser.open(t, server.url());
      await page.evaluate((source) => {
        window.eval(`window.follow = ${source}`);
        window.follow("/events", { push: ({ data }) => window.see(data) }, { delay: 50 });
      }, helper.text.replace("export ", ""));
      await until(() => channel.clientCount === 1);
      channel.publish({ event: "push", data: "1" });
      await seen.count(1);
      isDown = true;
      server.drop();
      await until(() => refusals >= 3);
      channel.publish({ event: "push", data: "2" });
      isDown = false;
      assert.deepEqual(await seen.count(2), ["1", "2"]);
    });
  });
}
