/** The channel in an application's server, followed by the browsers' own EventSource. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { BROWSERS } from "./support/browsers.mjs";
import { ChannelServer } from "./support/channel-server.mjs";
import { openSource } from "./support/page-clients.mjs";
import { until } from "./support/until.mjs";

for (const { name, launch } of BROWSERS) {
  describe(`Channel with EventSource of ${name}`, () => {
    let browser;
    before(async () => (browser = await launch()));
    after(() => browser?.close());

    it("is open at once, even if no event is ever published", async (t) => {
      const server = await ChannelServer.start(t, { heartbeat: 0 });
      const { page } = await browser.open(t, server.page);
      await openSource(page, server.events);
      await page.waitForFunction(() => window.source.readyState === EventSource.OPEN);
      assert.equal(server.requests.length, 1);
    });

    it("misses no event when connections break, and does not reconnect after the end", async (t) => {
      const server = await ChannelServer.start(t);
      const { page, seen } = await browser.open(t, server.page);
      await openSource(page, server.events);
      await server.assertNothingMissed(seen, 3);
      const returns = server.requests.slice(1);
      assert.deepEqual(
        returns.map(({ header }) => header?.length > 0),
        [true, true, true],
      );

      server.channel.end();
      await page.waitForFunction(() => window.source.readyState === EventSource.CLOSED);
      // Time for a reconnection in either browser. None may happen, and no event could show that.
      await delay(1000);
      assert.deepEqual(
        server.requests.map(({ status }) => status),
        [200, 200, 200, 200, 204],
      );
      assert.equal(server.channel.clientCount, 0);
    });

    it("reconnects after the server's `retry`, not after the browser's default", async (t) => {
      const [told, untold] = [await ChannelServer.start(t), await ChannelServer.start(t, { retry: null })];
      const { page } = await browser.open(t, told.page);
      await openSource(page, told.events);
      await told.clients(1);
      // On the page's own origin: across origins, Firefox gives up.
      const { page: other } = await browser.open(t, untold.page);
      await openSource(other, untold.events);
      await untold.clients(1);
      untold.drop();
      for (const returns of [1, 2, 3]) {
        told.drop();
        await until(() => told.channel.statistics.accepted.fresh === 1 + returns);
      }
      assert.equal(untold.requests.length, 1, "it waits for seconds");
    });

    it("receives a gap for events that are gone, and continues from there", async (t) => {
      const server = await ChannelServer.start(t, { capacity: 5, uniqueEpoch: "e" });
      const { page, seen } = await browser.open(t, server.page);
      await openSource(page, server.events);
      await page.evaluate(() => {
        window.source.addEventListener("gap", (event) => window.see(`${event.lastEventId} ${event.data}`));
      });
      await server.clients(1);
      server.channel.publish("1");
      await seen.count(1);
      server.drop();
      for (let number = 2; number <= 10; number++) server.channel.publish(String(number));
      const gap = 'e-5 {"lastEventId":"e-1","reason":"evicted","missed":4}';
      assert.deepEqual(await seen.count(7), ["1", gap, "6", "7", "8", "9", "10"]);
      server.drop();
      server.channel.publish("11");
      assert.deepEqual((await seen.count(8)).slice(7), ["11"]);
    });

    it("receives strings and typed events between heartbeats, and is refused as the third client", async (t) => {
      const server = await ChannelServer.start(t, { maxClients: 2, whenFull: "reject", heartbeat: 50 });
      const { page, seen } = await browser.open(t, server.page);
      for (const name of ["first", "second"]) {
        await openSource(page, server.events, { name });
        await page.evaluate((name) => {
          window[name].addEventListener("push", (event) => window.see(`push ${event.data}`));
          window[name].addEventListener("error", () => window.see("error"));
        }, name);
      }
      await server.clients(2);
      await openSource(page, server.events, { name: "third" });
      await page.waitForFunction(() => window.third.readyState === EventSource.CLOSED);
      assert.equal(server.requests.at(-1).status, 503);

      // A heartbeat is 7 bytes with its chunk framing.
      await server.silentBytes(10 * 7);
      server.channel.publish("plain");
      await server.silentBytes(10 * 7);
      server.channel.publish({ data: "typed", event: "push" });
      server.channel.publish("last");
      const received = await seen.count(6);
      await server.silentBytes(10 * 7);
      assert.deepEqual([...received].sort(), ["last", "last", "plain", "plain", "push typed", "push typed"]);
      assert.equal(server.requests.length, 3, "nobody had to come back");
    });

    it("connects automatically when there is room again", async (t) => {
      const server = await ChannelServer.start(t, { maxClients: 2, retryAfter: 50 });
      const { page, seen } = await browser.open(t, server.page);
      await openSource(page, server.events, { name: "first", type: "nothing" });
      await openSource(page, server.events, { name: "second", type: "nothing" });
      await server.clients(2);
      await openSource(page, server.events, { name: "third" });
      await page.waitForFunction(() => window.third.readyState === EventSource.CONNECTING);
      await until(() => server.channel.statistics.refused >= 2);
      await page.evaluate(() => window.first.close());
      await until(() => server.channel.statistics.accepted.fresh === 3);
      server.channel.publish("welcome");
      assert.deepEqual(await seen.count(1), ["welcome"]);
    });
  });
}
