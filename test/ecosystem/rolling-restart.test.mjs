/** A server is asked to end while clients follow it, and the next one starts on its port: all clients return. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { EventSource as NodeEventSource } from "eventsource";
import { EventSource as UndiciEventSource } from "undici";
import { BROWSERS } from "./support/browsers.mjs";
import { BuildServer } from "./support/build-server.mjs";
import { makeCertificate } from "./support/certificate.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { makeFolder, projectFiles } from "./support/folder.mjs";
import { Program } from "./support/program.mjs";
import { until } from "./support/until.mjs";

const HELLO = pathOf("../../examples/hello.js");
const FETCHING = pathOf("support/fetching-server.mjs");

/** The longest time from SIGTERM to the end of the process, in milliseconds. */
const END_TIME = 1500;

const CLIENTS = [
  { name: "the npm package eventsource", EventSource: NodeEventSource },
  { name: "undici's EventSource", EventSource: UndiciEventSource },
];

async function clientsOfFeed({ url }) {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^tailcast_clients\{stream="feed"\} (\d+)$/m.exec(metrics)[1]);
}

function pathOf(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** Starts a file that listens to the port `PORT`. */
function startFile(t, file, variables = {}) {
  return Program.start(t, (port) => ({
    args: [file],
    env: { PORT: port, ...variables },
  }));
}

/** Ends the process as a deployment does, which must take no longer than {@link END_TIME}, and starts the next one. */
async function replace(program) {
  const start = performance.now();
  assert.equal(await program.end("SIGTERM"), 0);
  const duration = performance.now() - start;
  await program.restart();
  assert.ok(duration < END_TIME, `the old process ended after ${duration} ms`);
}

/** Waits until a page has events and replies of `count` processes of fetching-server.mjs. */
function hasBothOf(page, count) {
  return until(() => page.evaluate((count) => [events, fetched].every((ids) => new Set(ids).size === count), count));
}

/** Waits until the events on a page of hello.js come from `count` processes. */
function showsProcesses(page, count) {
  return until(async () => {
    const shown = await page.evaluate(() => document.querySelector("pre").textContent);
    return new Set(Array.from(shown.matchAll(/^(\w+)-\d+ \d{4}-/gm), ([, epoch]) => epoch)).size === count;
  });
}

for (const { name, launch } of BROWSERS) {
  describe(`a rolling restart, seen from ${name}`, () => {
    let browser;
    before(async () => (browser = await launch()));
    after(() => browser?.close());

    it("brings every page of examples/hello.js to the next process, twice", async (t) => {
      const program = await startFile(t, HELLO);
      const tabs = [];
      for (let count = 0; count < 3; count++) tabs.push(await browser.open(t, program.url));
      const show = (count) => Promise.all(tabs.map(({ page }) => showsProcesses(page, count)));
      await show(1);
      for (const count of [2, 3]) {
        await replace(program);
        await show(count);
      }
    });

    it("brings a page that fetches all the time to the next process, twice", async (t) => {
      const program = await startFile(t, FETCHING);
      const { page } = await browser.open(t, program.url);
      await hasBothOf(page, 1);
      for (const count of [2, 3]) {
        await replace(program);
        await hasBothOf(page, count);
      }
    });
  });
}

describe("a rolling restart over HTTP/2, seen from Chromium", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  it("brings a page that fetches on the connection of its stream to the next process, twice", async (t) => {
    const { key: KEY, cert: CERT } = await makeCertificate(t);
    const program = await startFile(t, FETCHING, { KEY, CERT });
    const page = await (await openContext(t, browser, { ignoreHTTPSErrors: true })).newPage();
    await page.goto(program.url);
    const protocols = () => performance.getEntriesByType("resource").map(({ nextHopProtocol }) => nextHopProtocol);
    await hasBothOf(page, 1);
    assert.deepEqual([...new Set(await page.evaluate(protocols))], ["h2"]);
    for (const count of [2, 3]) {
      await replace(program);
      await hasBothOf(page, count);
    }
  });
});

for (const { name, launch } of BROWSERS) {
  describe(`a rolling restart of the build server, seen from ${name}`, () => {
    let browser;
    before(async () => (browser = await launch()));
    after(() => browser?.close());

    it("brings every page to the next process, twice", async (t) => {
      const root = await makeFolder(t, projectFiles("short", "console.log(1);"));
      const server = await BuildServer.start(t, { args: ["--root", root] });
      const { id } = await server.build("short");
      await server.log(id);
      const urls = [server.url, `${server.url}/builds/${id}`];
      for (const url of urls) await browser.open(t, url);
      const haveAll = () => until(async () => (await clientsOfFeed(server)) === urls.length);
      await haveAll();
      for (let round = 0; round < 2; round++) {
        await replace(server);
        await haveAll();
      }
    });
  });
}

for (const { name, EventSource } of CLIENTS) {
  describe(`a rolling restart, seen from ${name}`, () => {
    it("brings every client of examples/hello.js to the next process, twice", async (t) => {
      const program = await startFile(t, HELLO);
      const clients = Array.from({ length: 5 }, () => {
        const source = new EventSource(`${program.url}/events`);
        t.after(() => source.close());
        const epochs = new Set();
        source.onmessage = ({ lastEventId }) => epochs.add(lastEventId.split("-")[0]);
        return epochs;
      });
      const know = (count) => until(() => clients.every((epochs) => epochs.size === count));
      await know(1);
      for (const count of [2, 3]) {
        await replace(program);
        await know(count);
      }
    });
  });
}
