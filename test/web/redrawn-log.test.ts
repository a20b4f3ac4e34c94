import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { BuildApp } from "../../dist/web/build-app.js";
import { makeFolder } from "../support/folders.js";
import { EventClient, TestServer, ask, postJson } from "../support/http.js";
import { lastFirst } from "../support/lifetime.js";
import type { BuildRecord } from "../../dist/runner/record.js";

/** Draws a block of rows every 50 ms, as package managers and test runners do, and prints lines above and below it. */
const PRINT = `
const rows = 20;
console.log("before");
let round = 0;
const draw = () => {
  let text = round === 0 ? "" : "\\x1b[" + rows + "A";
  for (let row = 1; row <= rows; row++) text += "\\x1b[2K\\x1b[32mrow " + row + "\\x1b[0m: " + round * 10 + " %\\n";
  process.stdout.write(text);
  if (round++ < 10) return setTimeout(draw, 50);
  for (let line = 1; line <= 200; line++) console.log("line " + line);
  console.log("first");
  console.log("last");
  process.stdout.write("\\x1b[2A\\x1b[2KFIRST\\n\\x1b[1B");
};
draw();`;

const BLOCK = Array.from({ length: 20 }, (_, index) => `row ${index + 1}: 100 %`);
const LINES = Array.from({ length: 200 }, (_, index) => `line ${index + 1}`);

describe("GET /api/builds/:id/log of redrawn lines", () => {
  for (const isStored of [true, false]) {
    it(`has each line once, in place, with its last state, ${isStored ? "stored" : "in memory"}`, async (test) => {
      const t = lastFirst(test);
      const packageJson = JSON.stringify({ name: "a", scripts: { build: "node print.cjs" } });
      const root = await makeFolder(t, { "package.json": packageJson, "print.cjs": PRINT });
      const data = isStored ? join(await makeFolder(t), "data") : undefined;
      const app = await BuildApp.open({ roots: [root], data });
      const server = await TestServer.start(app.handle);
      t.after(() => app.close().then(() => server.close()));
      const { json } = await postJson(server.port, "/api/project/build", { projectPath: root, install: "skip" });
      const { id } = json["build"] as BuildRecord;
      const log = (query = ""): Promise<string> =>
        ask(server.port, "GET", `/api/builds/${id}/log${query}`).then(({ text }) => text);
      const live = log();
      const events = await EventClient.open(server.port, `/api/builds/${id}/events`);
      await events.ended();
      const finished = await log();
      const lines = finished.split("\n");
      const start = lines.indexOf("before");
      assert.deepEqual(lines.slice(start + 1, start + 223), [...BLOCK, ...LINES, "FIRST", "last"]);
      assert.equal(lines.filter((line) => /^row|^first/i.test(line)).length, 21);
      assert.equal(await live, finished, "the same for a client that has followed the build");
      const coloured = await log("?ansi");
      assert.ok(coloured.includes("before\n\x1b[32mrow 1\x1b[0m: 100 %\n\x1b[32mrow 2\x1b[0m: 100 %\n"), coloured);
    });
  }
});
