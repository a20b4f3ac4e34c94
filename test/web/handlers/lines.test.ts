import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Stage } from "../../support/actors.js";
import { EventClient, RawClient, ask } from "../../support/http.js";
import { lastFirst } from "../../support/lifetime.js";
import { actorProject, build as buildFirst, follow, open, scene } from "../../streams/recover-scene.js";
import { build, buildIn, codeIn, dataFolder, start, texts } from "../app.js";
import type { LogLine } from "../../../dist/streams/line-data.js";
import type { LogLines, LogOutline } from "../../../dist/streams/lines/build-lines.js";

const linesOf = async (port: number, id: string, query = ""): Promise<LogLines> =>
  (await ask(port, "GET", `/api/builds/${id}/lines${query}`)).json as unknown as LogLines;
const outlineOf = async (port: number, id: string): Promise<LogOutline> =>
  (await ask(port, "GET", `/api/builds/${id}/outline`)).json as unknown as LogOutline;

describe("BuildApp: the lines of a log by number", () => {
  for (const storage of ["in a data folder", "in memory"]) {
    it(`are the lines of its event stream, while it runs and afterwards, ${storage}`, async (t) => {
      const { port, stage } = await start(t, storage === "in memory" ? {} : { data: dataFolder(t) });
      const { id } = buildIn(await build(port, "project"));
      const client = await EventClient.open(port, `/api/builds/${id}/events`);
      const actor = await stage.actor("build");
      await actor.do({ action: "write", text: "one\ntwo\n50 %" });
      await client.until((events) => texts(events).includes("50 %"));
      const before = await outlineOf(port, id);
      const open = (await linesOf(port, id)).lines.at(-1);
      assert.deepEqual([open?.text, open?.open], ["50 %", true]);
      assert.equal(before.lastEventId, client.events.at(-1)?.lastEventId);

      const rest = await EventClient.open(port, `/api/builds/${id}/events?lastEventId=${before.lastEventId}`);
      await actor.do({ action: "write", text: "\r100 %\nthree\n" });
      actor.tell({ action: "exit", code: 0 });
      await client.ended();
      assert.deepEqual(await rest.ended(), client.events.slice(-rest.events.length));
      const states = new Map<number, LogLine>();
      for (const { type, data } of client.events) {
        if (type !== "line") continue;
        const line = JSON.parse(data) as LogLine;
        states.set(line.number, line);
      }
      const all = await linesOf(port, id);
      const lastEventId = String(client.events.at(-1)?.lastEventId);
      assert.deepEqual(all, { from: 1, lines: [...states.values()], lineCount: states.size, lastEventId });
      assert.ok(all.lines.some(({ text }) => text === "100 %"));
      assert.deepEqual((await linesOf(port, id, "?from=2&count=3")).lines, all.lines.slice(1, 4));
      assert.deepEqual((await linesOf(port, id, `?from=${states.size + 1}`)).lines, []);

      const { lineCount, sections, ...outline } = await outlineOf(port, id);
      assert.deepEqual(outline, { lastEventId, marks: [], marksOmitted: 0 });
      assert.equal(lineCount, states.size);
      const firstLines = all.lines.filter(({ step }, index) => index === 0 || step !== all.lines[index - 1]?.step);
      assert.deepEqual(sections, firstLines.map(({ step, number }) => ({ step, first: number })));
      const head = await ask(port, "HEAD", `/api/builds/${id}/lines`);
      assert.deepEqual([head.status, head.text, Number(head.headers["content-length"]) > 100], [200, "", true]);
    });
  }

  it("are marked if they look like errors, and the last lines of stderr if the build failed", async (t) => {
    const { port, stage } = await start(t, { data: dataFolder(t), output: "separate" });
    const { id } = buildIn(await build(port, "project"));
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    const actor = await stage.actor("build");
    await actor.do({ action: "write", text: "Error: no\n    at build (build.js:1:1)\n0 errors\n" });
    await client.until((events) => texts(events).includes("0 errors"));
    await actor.do({ action: "write", to: 2, text: "it does not work\nthe end\n" });
    actor.tell({ action: "exit", code: 1 });
    await client.ended();
    const { marks } = await outlineOf(port, id);
    const { lines } = await linesOf(port, id);
    assert.deepEqual(
      marks.map(({ line, kind }) => `${kind}: ${lines[line - 1]?.text}`),
      ["error: Error: no", "error: it does not work"],
    );
  });

  it("are the same after a restart, by a stored index and by the log alone", async (test) => {
    const t = lastFirst(test);
    const stage = await Stage.open(test);
    const here = await scene(t, actorProject(stage));
    const first = await open(t, here.options);
    const { id } = await buildFirst(first.port, "first");
    const client = await follow(first.port, id);
    const actor = await stage.actor("actor");
    const lines = Array.from({ length: 9000 }, (_, index) => `line ${index + 1}`).join("\n");
    actor.tell({ action: "write", text: `Error: no\n${lines}\n` });
    actor.tell({ action: "exit", code: 1 });
    await client.ended();
    const before = [await outlineOf(first.port, id), await linesOf(first.port, id, "?from=8000&count=100")];
    assert.equal(before[0]?.lineCount, (await linesOf(first.port, id, "?from=8950")).lines.at(-1)?.number);
    await first.close();
    const path = join(here.data, "builds", id, "lines");
    const index = await readFile(path, "utf8");
    for (const content of [index, "damaged", undefined]) {
      await (content === undefined ? rm(path) : writeFile(path, content));
      const next = await open(t, here.options);
      const found = [await outlineOf(next.port, id), await linesOf(next.port, id, "?from=8000&count=100")];
      assert.deepEqual(found, before);
      await next.close();
      assert.equal(await readFile(path, "utf8"), index);
    }
  });

  it("end before the text exceeds 1 MiB", async (t) => {
    const { port, stage } = await start(t, { data: dataFolder(t) });
    const { id } = buildIn(await build(port, "project"));
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    const actor = await stage.actor("build");
    actor.tell({ action: "write", text: `${"x".repeat(16_000)}\n`.repeat(100) });
    actor.tell({ action: "exit", code: 0 });
    await client.ended();
    const first = await linesOf(port, id);
    const length = first.lines.reduce((sum, { text }) => sum + text.length, 0);
    assert.ok(length > 1024 * 1024 - 16_001 && length <= 1024 * 1024, String(length));
    const next = await linesOf(port, id, `?from=${first.lines.length + 1}`);
    assert.equal(first.lines.length + next.lines.length, first.lineCount);
  });

  it("start with the first line that the server has, if earlier lines are gone", async (t) => {
    const { port, stage } = await start(t);
    const { id } = buildIn(await build(port, "project"));
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    const actor = await stage.actor("build");
    actor.tell({ action: "write", text: `${"x".repeat(16_000)}\n`.repeat(600) });
    actor.tell({ action: "exit", code: 0 });
    await client.ended();
    const { from, lines, lineCount } = await linesOf(port, id, "?from=1&count=1000");
    assert.ok(from > 1 && lines[0]?.number === from);
    assert.ok(lineCount > 600);
    assert.equal((await outlineOf(port, id)).lineCount, lineCount);
  });

  it("are refused while a client does not read its replies, until it leaves", async (t) => {
    const { port, stage } = await start(t, { data: dataFolder(t), maxClientsPerAddress: 2 });
    const { id } = buildIn(await build(port, "project"));
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    const actor = await stage.actor("build");
    // As JSON, this is more than the buffers of a socket hold.
    actor.tell({ action: "write", text: `${"\x01".repeat(16_000)}\n`.repeat(100) });
    actor.tell({ action: "exit", code: 0 });
    await client.ended();
    const path = `/api/builds/${id}/lines`;
    const stuck = [1, 2].map(() => new RawClient(port, { reads: false }).get(path));
    const status = async (): Promise<number> => (await ask(port, "GET", path)).status;
    while ((await status()) !== 429);
    const refused = await ask(port, "GET", `/api/builds/${id}/outline`);
    assert.deepEqual([refused.status, codeIn(refused)], [429, "TOO_MANY_REQUESTS"]);
    assert.match(refused.text, /Cannot read the lines: the limit of 2 clients for one address is reached/);
    for (const { socket } of stuck) socket.destroy();
    while ((await status()) !== 200);
  });

  it("are refused for an unknown build, and for a wrong range", async (t) => {
    const { port, stage } = await start(t);
    const { id } = buildIn(await build(port, "project"));
    for (const name of ["lines", "outline"]) {
      const missing = await ask(port, "GET", `/api/builds/0123456789abcdef/${name}`);
      assert.deepEqual([missing.status, codeIn(missing)], [404, "BUILD_NOT_FOUND"]);
    }
    for (const [query, message] of [
      ["from=0", '"from" must be one whole number from 1 to 999999999'],
      ["from=1.5", '"from" must be one whole number from 1 to 999999999'],
      ["from=1e3", '"from" must be one whole number from 1 to 999999999'],
      ["from=-1", '"from" must be one whole number from 1 to 999999999'],
      ["from=1000000000", '"from" must be one whole number from 1 to 999999999'],
      ["from=1&from=2", '"from" must be one whole number from 1 to 999999999'],
      ["count=", '"count" must be one whole number from 1 to 1000'],
      ["count=1001", '"count" must be one whole number from 1 to 1000'],
    ] as const) {
      const refused = await ask(port, "GET", `/api/builds/${id}/lines?${query}`);
      assert.deepEqual([refused.status, codeIn(refused)], [400, "BAD_REQUEST"], query);
      assert.equal((refused.json["error"] as { message: string }).message, `Cannot read the lines: ${message}`);
    }
    (await stage.actor("build")).tell({ action: "exit", code: 0 });
  });
});
