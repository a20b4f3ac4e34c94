import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EventClient, RawClient, ask, dechunk, postJson } from "../../support/http.js";
import { LOG_ID, logOf } from "../../support/logs.js";
import { buildIn, codeIn, dataFolder, start } from "../app.js";
import type { TestContext } from "node:test";
import type { SearchReport } from "../../../dist/streams/search/search-report.js";
import type { Reply } from "../../support/http.js";
import type { Setup } from "../app.js";

/** An app with the log of a running build, which has these lines among others. */
interface Scene extends Setup {
  readonly path: string;
  /** Ends the build. */
  readonly end: () => Promise<void>;
}

async function scene(t: TestContext, lines: readonly string[], data?: string): Promise<Scene> {
  const setup = await start(t, { data });
  const request = { projectPath: "project", install: "skip" };
  const { id } = buildIn(await postJson(setup.port, "/api/project/build", request));
  const actor = await setup.stage.actor("build");
  const client = await EventClient.open(setup.port, `/api/builds/${id}/events`);
  await actor.do({ action: "write", text: [...lines, "the last line", ""].join("\n") });
  await client.until((events) => events.some(({ data: text }) => text.includes("the last line")));
  const end = async (): Promise<void> => {
    actor.tell({ action: "exit", code: 0 });
    await client.ended();
  };
  return { ...setup, path: `/api/builds/${id}/search`, end };
}

function reportsIn({ text }: { readonly text: string }): SearchReport[] {
  return text.trim().split("\n").map((line) => JSON.parse(line) as SearchReport);
}

/** The count of hits, and how the search ended. */
function outcome(reply: Reply): unknown[] {
  const { count, end } = reportsIn(reply).at(-1) ?? assert.fail();
  return [reply.status, count, end];
}

const TYPE = "application/x-ndjson; charset=utf-8";
const EXPLODING = `?regex=1&q=${encodeURIComponent("(a+)+$")}`;
const SLOW = Array<string>(20_000).fill(`${"a".repeat(17)}b`);

describe("GET /api/builds/:id/search", () => {
  for (const data of ["in memory", "in a file"]) {
    it(`finds the lines of a running and of a finished build, ${data}`, async (t) => {
      const folder = data === "in a file" ? dataFolder(t) : undefined;
      const { port, path, end } = await scene(t, ["An \x1b[31mERR\x1b[0mOR", "no"], folder);
      const check = async (): Promise<void> => {
        const reply = await ask(port, "GET", `${path}?q=an+error`);
        assert.deepEqual([reply.status, reply.headers["content-type"]], [200, TYPE]);
        assert.equal(reply.headers["cache-control"], "no-store, no-transform");
        const [report, ...others] = reportsIn(reply);
        assert.deepEqual(others, []);
        const { lines: [line = 0] = [], of = 0 } = report ?? {};
        const expected = { scanned: of, of, count: 1, lines: [line], removed: [], end: "complete" };
        assert.equal(reply.text, `${JSON.stringify(expected)}\n`);
        const { lines } = (await ask(port, "GET", `${path.replace("search", "lines")}?from=${line}&count=1`)).json;
        assert.match((lines as { text: string }[])[0]?.text ?? "", /An .*ERR/);
        assert.deepEqual(outcome(await ask(port, "GET", `${path}?q=an+error&from=${line + 1}`)), [200, 0, "complete"]);
      };
      await check();
      await end();
      await check();
      assert.deepEqual(outcome(await ask(port, "GET", `${path}?q=an+error&case=1`)), [200, 0, "complete"]);
      assert.deepEqual(outcome(await ask(port, "GET", `${path}?q=%5EAn+e&regex=1`)), [200, 1, "complete"]);
      const head = await ask(port, "HEAD", `${path}?q=an+error`);
      assert.deepEqual([head.status, head.headers["content-type"], head.text], [200, TYPE, ""]);
    });
  }

  it("refuses invalid requests", async (t) => {
    const { port, path } = await scene(t, []);
    const long = `q=${"x".repeat(1001)}`;
    for (const query of ["", "q=", long, "q=a&case=yes", "q=a&regex=", "q=a&from=0", "q=a&from=1e3"]) {
      const reply = await ask(port, "GET", `${path}?${query}`);
      assert.deepEqual([reply.status, codeIn(reply)], [400, "BAD_REQUEST"], query);
    }
    const invalid = await ask(port, "GET", `${path}?q=(%3F%3C%3D&regex=1`);
    assert.deepEqual([invalid.status, codeIn(invalid)], [422, "INVALID_PATTERN"]);
    assert.match(invalid.text, /"Cannot search: Invalid regular expression: .*Unterminated group"/);
    const unknown = await ask(port, "GET", "/api/builds/0123456789abcdef/search?q=a");
    assert.deepEqual([unknown.status, codeIn(unknown)], [404, "BUILD_NOT_FOUND"]);
  });

  it("stops a pattern that explodes, and answers other requests meanwhile", async (t) => {
    const { port, path } = await scene(t, [`${"a".repeat(10_000)}b`]);
    const search = ask(port, "GET", `${path}${EXPLODING}`);
    let isOver = false;
    void search.then(() => (isOver = true));
    let slowest = 0;
    let count = 0;
    for (; !isOver; count++) {
      const asked = performance.now();
      assert.equal((await ask(port, "GET", "/healthz")).status, 200);
      slowest = Math.max(slowest, performance.now() - asked);
    }
    assert.deepEqual(outcome(await search), [200, 0, "too-slow"]);
    assert.ok(count > 20 && slowest < 500, `${count} requests, the slowest in ${slowest} ms`);
  });

  it("answers 50 searches at a time with results or refusals", async (t) => {
    const { port, path } = await scene(t, ["needle"], dataFolder(t));
    const ask50 = (localAddress: (index: number) => string): Promise<Reply[]> =>
      Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          ask(port, "GET", `${path}?q=needle`, { localAddress: localAddress(index) }),
        ),
      );
    const own = await ask50(() => "127.0.0.1");
    for (const reply of own) {
      const { status, headers } = reply;
      if (status === 200) assert.deepEqual(outcome(reply), [200, 1, "complete"]);
      else assert.deepEqual([status, codeIn(reply), headers["retry-after"]], [429, "TOO_MANY_REQUESTS", "10"]);
    }
    assert.ok(own.filter(({ status }) => status === 200).length >= 8);
    if (process.platform !== "linux") return;
    const others = await ask50((index) => `127.0.1.${index + 1}`);
    const refused = others.filter(({ status }) => status !== 200);
    for (const reply of refused) assert.deepEqual([reply.status, codeIn(reply)], [503, "TOO_MANY_CLIENTS"]);
    assert.ok(others.length - refused.length >= 18);
  });

  it("ends with its client, whenever that leaves", async (t) => {
    const { port, path } = await scene(t, SLOW, dataFolder(t));
    const request = `GET ${path}${EXPLODING} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const leave = async (until: string | number, count: number): Promise<void> => {
      const clients = Array.from({ length: count }, () => new RawClient(port));
      for (const client of clients) client.socket.write(request);
      if (typeof until === "string") await clients[0]?.until(until);
      else await new Promise((resolve) => setTimeout(resolve, until));
      for (const client of clients) client.socket.resetAndDestroy();
    };
    for (const [until, count] of [[0, 1], [5, 3], [30, 8], ["scanned", 3]] as const) await leave(until, count);
    // Pipelined requests: the second waits for the first.
    const client = new RawClient(port);
    client.socket.write(request + request);
    await client.until("scanned");
    client.socket.destroy();
    // Every place is free.
    for (;;) {
      const replies = await Promise.all(Array.from({ length: 8 }, () => ask(port, "GET", `${path}?q=b`)));
      if (replies.every(({ status }) => status === 200)) break;
    }
    const threads = (): string[] => process.getActiveResourcesInfo().filter((name) => /Worker|MessagePort/.test(name));
    while (threads().length > 0) await new Promise(setImmediate);
  });

  it("breaks a reply off, without an end, when the server shuts down", async (t) => {
    const { app, port, path } = await scene(t, SLOW, dataFolder(t));
    const client = new RawClient(port).get(`${path}${EXPLODING}`);
    await client.until('"scanned"');
    await app.close();
    await client.closed();
    const { content, isComplete } = dechunk(client.body);
    assert.equal(isComplete, false);
    assert.doesNotMatch(content, /"end"/);
    const late = await ask(port, "GET", `${path}?q=a`);
    assert.deepEqual([late.status, codeIn(late), late.headers["retry-after"]], [503, "SHUTTING_DOWN", "10"]);
  });

  it("answers 404 when the log was removed, and 500 when it is the log of another build", async (t) => {
    const data = dataFolder(t);
    const { port, path, end } = await scene(t, ["needle"], data);
    await end();
    const log = join(data, path.replace("/api/builds", "builds").replace("search", "events"));
    await writeFile(log, logOf(["needle"], LOG_ID));
    assert.deepEqual(codeIn(await ask(port, "GET", `${path}?q=needle`)), "INTERNAL_ERROR");
    await rm(log);
    assert.deepEqual(codeIn(await ask(port, "GET", `${path}?q=needle`)), "BUILD_NOT_FOUND");
  });
});
