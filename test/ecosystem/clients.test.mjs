/** The channel in a server of one's own, followed by real clients. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { EventSource as NodeEventSource } from "eventsource";
import { ChannelServer } from "./support/channel-server.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { addScript, openPage, openSource } from "./support/page-clients.mjs";
import { Seen } from "./support/seen.mjs";
import { until } from "./support/until.mjs";

describe("Channel", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  describe("with EventSource of Chromium", () => {
    it("misses nothing when connections break off, and is left alone after its end", async (t) => {
      const server = await ChannelServer.start(t);
      const { page, seen } = await openPage(await openContext(t, browser), server.page);
      await openSource(page, server.events);
      await server.assertNothingMissed(seen, 3);
      const returns = server.requests.slice(1);
      assert.deepEqual(returns.map(({ header }) => header?.length > 0), [true, true, true]);

      server.channel.end();
      await page.waitForFunction(() => window.source.readyState === EventSource.CLOSED);
      // Time for ten reconnections, of which there must be none: nothing could tell that they do not come.
      await page.waitForTimeout(500);
      assert.deepEqual(server.requests.map(({ status }) => status), [200, 200, 200, 200, 204]);
      assert.equal(server.channel.clientCount, 0);
    });

    it("sends strings and typed events to two, undisturbed by heartbeats, and refuses a third", async (t) => {
      const server = await ChannelServer.start(t, { maxClients: 2, heartbeat: 50 });
      const { page, seen } = await openPage(await openContext(t, browser), server.page);
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

    it("lets a client in by itself when there is room again", async (t) => {
      const server = await ChannelServer.start(t, { maxClients: 2, whenFull: "retry", retryAfter: 50 });
      const { page, seen } = await openPage(await openContext(t, browser), server.page);
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

  describe("with event-source-polyfill", () => {
    const open = async (page, url) => {
      await addScript(page, "event-source-polyfill/src/eventsource.js");
      await page.evaluate((url) => {
        window.source = new window.EventSourcePolyfill(url);
        window.source.onmessage = (event) => window.see(event.data);
      }, url);
    };

    it("misses nothing when connections break off: the last id comes in the query", async (t) => {
      const server = await ChannelServer.start(t);
      const { page, seen } = await openPage(await openContext(t, browser), server.page);
      await open(page, server.events);
      await server.assertNothingMissed(seen);
      const [first, ...returns] = server.requests;
      assert.deepEqual(first.query, {});
      for (const { query, header } of returns) {
        assert.match(query.lastEventId, /^[0-9a-f]+-\d+$/);
        assert.equal(header, undefined);
      }
    });

    it("gets the padding that it asks for in a browser of its day", async (t) => {
      const server = await ChannelServer.start(t);
      const { page, seen } = await openPage(await openContext(t, browser), server.page);
      await page.evaluate(() => {
        // By this it knows old browsers, which show nothing before 2 kB have come.
        window.fetch = undefined;
        delete XMLHttpRequestEventTarget.prototype.ontimeout;
        const { open } = XMLHttpRequest.prototype;
        XMLHttpRequest.prototype.open = function (...args) {
          window.request = this;
          open.apply(this, args);
        };
      });
      await open(page, server.events);
      await server.assertNothingMissed(seen);
      const [first, ...returns] = server.requests;
      assert.deepEqual(first.query, { padding: "true" });
      for (const { query } of returns) {
        assert.deepEqual(Object.keys(query).sort(), ["lastEventId", "padding"]);
      }
      const start = await page.evaluate(() => window.request.responseText.split("\n")[0]);
      assert.match(start, /^: {2048,}$/);
    });
  });

  it("with fetch-event-source: misses nothing, and only events are messages", async (t) => {
    const server = await ChannelServer.start(t, { heartbeat: 50 });
    const { page, seen } = await openPage(await openContext(t, browser), server.page);
    await page.evaluate(async (url) => {
      const { fetchEventSource } = await import("/@microsoft/fetch-event-source/lib/esm/index");
      void fetchEventSource(url, { openWhenHidden: true, onmessage: (event) => window.see(event.data) });
    }, server.events);
    await server.clients(1);
    await server.silentBytes(10 * 7);
    await server.assertNothingMissed(seen);
    await server.silentBytes(10 * 7);
    assert.equal(seen.items.length, 60);
    assert.deepEqual(server.requests.map(({ header }) => header !== undefined), [false, true, true]);
  });

  it("with eventsource in Node: misses nothing, and only events are messages", async (t) => {
    const server = await ChannelServer.start(t, { heartbeat: 50 });
    const seen = new Seen();
    const source = new NodeEventSource(server.events);
    t.after(() => source.close());
    source.onmessage = (event) => seen.add(event.data);
    await server.clients(1);
    await server.silentBytes(10 * 7);
    await server.assertNothingMissed(seen);
    await server.silentBytes(10 * 7);
    assert.equal(seen.items.length, 60);
    assert.deepEqual(server.requests.map(({ header }) => header !== undefined), [false, true, true]);
  });
});
