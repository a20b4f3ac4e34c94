/** Many tabs at once on a server with a certificate (--cert, --key): HTTP/2 has no limit of six connections. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { get } from "node:https";
import { after, before, describe, it } from "node:test";
import { BuildServer } from "./support/build-server.mjs";
import { BuildTab } from "./support/build-tab.mjs";
import { makeCertificate } from "./support/certificate.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { Dictation } from "./support/dictation.mjs";
import { makeFolder } from "./support/folder.mjs";
import { until } from "./support/until.mjs";

const TABS = 20;

/** Follows a stream over HTTP/1.1; returns what arrives. */
async function followOverHttp1(t, url, ca) {
  const request = get(url, { ca, agent: false });
  t.after(() => request.destroy());
  request.on("error", () => {});
  const [response] = await once(request, "response");
  response.on("error", () => {});
  assert.deepEqual([response.statusCode, response.httpVersion], [200, "1.1"]);
  const seen = { text: "" };
  response.setEncoding("utf8").on("data", (text) => (seen.text += text));
  return seen;
}

describe("a server with a certificate", () => {
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  it(`keeps ${TABS} tabs of one browser live on a running build, and serves HTTP/1.1 beside them`, async (t) => {
    const { cert, key } = await makeCertificate(t);
    const dictation = await Dictation.start(t);
    const root = await makeFolder(t, dictation.files);
    const server = await BuildServer.start(t, { args: ["--root", root, "--cert", cert, "--key", key] });
    const context = await openContext(t, browser, { ignoreHTTPSErrors: true });
    const first = await BuildTab.open(context, server.url);
    await first.build("dictated");
    const build = await dictation.next();
    build.write("first\n");
    await first.line("first");
    const id = await first.page.evaluate(() => location.pathname.split("/")[2]);
    assert.match(id, /^[0-9a-z]{16}$/);

    const tabs = [first];
    while (tabs.length < TABS) tabs.push(await BuildTab.open(context, `${server.url}/builds/${id}`));
    const plain = await followOverHttp1(t, `${server.url}/api/builds/${id}/events`, readFileSync(cert));
    for (const text of ["second", "last"]) {
      build.write(`${text}\n`);
      await Promise.all(tabs.map((tab) => tab.line(text)));
      await until(() => plain.text.includes(`"text":"${text}"`));
    }
    for (const tab of tabs) {
      assert.equal((await tab.rows()).at(-1), "last");
      assert.equal(await tab.page.locator("#connection").getAttribute("data-state"), "live");
      const protocols = await tab.page.evaluate(() => performance.getEntries().map((entry) => entry.nextHopProtocol));
      assert.deepEqual([...new Set(protocols.filter(Boolean))], ["h2"]);
    }
    build.end();
    await Promise.all(tabs.map((tab) => tab.status("succeeded")));
    assert.deepEqual(tabs.flatMap(({ complaints }) => complaints), []);
  });
});
