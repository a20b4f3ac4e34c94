/** The channel in an application's server, followed by real clients. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { EventSource as NodeEventSource } from "eventsource";
import { EventSource as UndiciEventSource } from "undici";
import { ChannelServer } from "./support/channel-server.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { addScript, openPage } from "./support/page-clients.mjs";
import { Seen } from "./support/seen.mjs";
import { until } from "./support/until.mjs";

/** The client misses nothing when connections break, and comments are no messages before and after that. */
async function assertOnlyEvents(server, seen) {
  await server.clients(1);
  await server.silentBytes(10 * 7);
  await server.assertNothingMissed(seen);
  await server.silentBytes(10 * 7);
  assert.equal(seen.items.length, 60);
  assert.deepEqual(server.requests.map(({ header }) => header !== undefined), [false, true, true]);
}

describe("Channel", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  describe("with event-source-polyfill", () => {
    const open = async (page, url) => {
      await addScript(page, "event-source-polyfill/src/eventsource.js");
      await page.evaluate((url) => {
        window.source = new window.EventSourcePolyfill(url);
        window.source.onmessage = (event) => window.see(event.data);
      }, url);
    };

    it("misses no event when connections break: the last id is in the query", async (t) => {
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

    it("receives the padding that it requests in an old browser", async (t) => {
      const server = await ChannelServer.start(t);
      const { page, seen } = await openPage(await openContext(t, browser), server.page);
      await page.evaluate(() => {
        // It recognizes old browsers, which show nothing before 2 kB have arrived, by this.
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

  it("with fetch-event-source: misses no event, and only events are messages", async (t) => {
    const server = await ChannelServer.start(t, { heartbeat: 50 });
    const { page, seen } = await openPage(await openContext(t, browser), server.page);
    await page.evaluate(async (url) => {
      const { fetchEventSource } = await import("/@microsoft/fetch-event-source/lib/esm/index");
      void fetchEventSource(url, {
        openWhenHidden: true,
        onmessage: (event) => window.see(event.data),
        // Without this it does not return after the end of a stream.
        onclose: () => {
          throw new Error("return");
        },
      });
    }, server.events);
    await assertOnlyEvents(server, seen);

    // The farewell has no blank line, which would be a message with empty data.
    await server.channel.close({ retry: 50 });
    await until(() => server.requests.length >= 5);
    assert.equal(seen.items.length, 60);
  });

  it("with undici's EventSource: misses no event, and obeys a `retry:` only together with an event", async (t) => {
    const server = await ChannelServer.start(t, { heartbeat: 50 });
    const seen = new Seen();
    const source = new UndiciEventSource(server.events);
    t.after(() => source.close());
    source.onmessage = (event) => seen.add(event.data);
    await server.assertNothingMissed(seen);
    // It returns after the `retry` that it received before the last event, 50 ms.
    await server.channel.close({ retry: 1_000_000 });
    await until(() => server.requests.length >= 4);
  });

  it("with eventsource in Node: misses no event, and only events are messages", async (t) => {
    const server = await ChannelServer.start(t, { heartbeat: 50 });
    const seen = new Seen();
    const source = new NodeEventSource(server.events);
    t.after(() => source.close());
    source.onmessage = (event) => seen.add(event.data);
    await assertOnlyEvents(server, seen);
  });
});
