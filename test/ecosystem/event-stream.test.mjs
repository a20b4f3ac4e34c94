/** The tables of src/protocol/README.md, held against the browsers' own decoders. */
import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { after, before, describe, it } from "node:test";
import { readWireTables } from "../../dist-test/protocol/wire-table.js";
import { BROWSERS } from "./support/browsers.mjs";
import { until } from "./support/until.mjs";
import { WebServer } from "./support/web-server.mjs";

const ROWS = readWireTables();
const EVENTS = ROWS.flatMap(({ outcomes }) => Object.values(outcomes)).flatMap(({ events }) => events);
const TYPES = [...new Set(EVENTS.map(({ type }) => type))];

/** Browsers reconnect after 3 to 5 s unless a stream says otherwise; the tables say 700 ms. */
const DEFAULT_RETRY = 2500;

for (const { name, launch } of BROWSERS) {
  describe(`the decoder of ${name}`, () => {
    const outcomes = [];
    let browser;

    before(async () => (browser = await launch()));
    after(() => browser?.close());

    it("reads the tables of the README", async (t) => {
      const server = await WebServer.start(t, (request, response) => void answer(request, response));
      const { page } = await browser.open(t, server.url());
      await page.evaluate(({ count, types }) => {
        window.events = Array.from({ length: count }, (_, row) => {
          const events = [];
          const source = new EventSource(`/stream/${row}`);
          for (const type of types) {
            source.addEventListener(type, ({ data, lastEventId }) => events.push({ type, data, lastEventId }));
          }
          return events;
        });
      }, { count: ROWS.length, types: TYPES });
      await until(() => outcomes.filter(Boolean).length === ROWS.length);
      const events = await page.evaluate(() => window.events);

      const actual = ROWS.map(({ line, source }, row) => ({ line, source, events: events[row], ...outcomes[row] }));
      const expected = ROWS.map(({ line, source, outcomes }) => {
        const { events, lastEventId, retry } = outcomes[name] ?? outcomes.standard;
        return { line, source, events, lastEventId, obeysRetry: retry !== undefined };
      });
      for (const [row, outcome] of actual.entries()) assert.deepEqual(outcome, expected[row]);
    });

    const ends = [];

    /** The first request of a row gets its bytes and an end; the second says what the browser has learned. */
    async function answer({ url, headers }, response) {
      const row = Number(url.split("/").at(-1));
      if (ends[row] !== undefined) {
        const lastEventId = Buffer.from(headers["last-event-id"] ?? "", "latin1").toString();
        outcomes[row] = { lastEventId, obeysRetry: performance.now() - ends[row] < DEFAULT_RETRY };
        response.writeHead(204).end();
        return;
      }
      response.writeHead(200, { "Content-Type": "text/event-stream", Connection: "close" });
      for (const chunk of ROWS[row].chunks) {
        response.write(chunk);
        await nextTurn();
      }
      response.end();
      ends[row] = performance.now();
    }
  });
}
