import assert from "node:assert/strict";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, it } from "node:test";
import { BuildApp } from "../../../dist/web/build-app.js";
import { makeFolder } from "../../support/folders.js";
import { EventClient, TestServer, ask } from "../../support/http.js";
import { createRandom } from "../../support/random.js";
import { build, buildIn, texts } from "../app.js";

/** Parts of names that a path, a URL, a shell, a glob or JSON could misread. */
const PARTS = [" ", "  ", "\n", "\r", "\t", "\v", "-", "--", "#", "%", "%2F", "%00", "?", "&", "=", "+", ";", "$HOME"];
const MORE = ["`", "'", '"', "\\", "*", "[a]", "{a,b}", "!", "~", ":", "\u0001", "é", "e\u0301", "日本語", "😀", "\u202E"];

/** An npm that prints the directory of the build in a form that no output changes. */
const NPM = `#!/bin/sh
[ "$1" = --version ] && echo 10.2.0
[ "$1" = run ] && printf %s "$PWD" | base64 -w 0
exit 0
`;

describe("GET /api/projects", () => {
  it("offers only projects that can be built, whatever their names", async (t) => {
    const root = await makeFolder(t);
    const random = createRandom(6);
    const parts = [...PARTS, ...MORE, "a", "b"];
    const generate = (): string => Array.from({ length: 4 }, () => parts[random(parts.length)]).join("");
    const names = new Set([...PARTS, ...MORE, "x".repeat(255), ...Array.from({ length: 8 }, generate)]);
    const folders = Array.from(names, (name) => Buffer.from(`${root}/${name}`));
    const invalid = Buffer.concat([Buffer.from(join(root, "bad")), Buffer.from([0xff])]);
    for (const folder of [...folders, invalid]) {
      await mkdir(folder);
      const manifest = JSON.stringify({ scripts: { build: "pwd" } });
      await writeFile(Buffer.concat([folder, Buffer.from("/package.json")]), manifest);
    }
    const bin = await makeFolder(t, { npm: NPM });
    await chmod(join(bin, "npm"), 0o755);
    const env = { PATH: [bin, process.env["PATH"]].join(delimiter) };
    const app = await BuildApp.open({ roots: [root], env });
    const server = await TestServer.start(app.handle);
    t.after(() => app.close().then(() => server.close()));
    const { projects } = (await ask(server.port, "GET", "/api/projects")).json as { projects: { path: string }[] };
    const paths = projects.map(({ path }) => path);
    assert.deepEqual(paths, folders.map((folder) => String(folder)).sort());
    for (const path of paths) {
      const { id, projectPath } = buildIn(await build(server.port, path));
      assert.equal(projectPath, path);
      const client = await EventClient.open(server.port, `/api/builds/${id}/events`);
      const lines = texts(await client.ended());
      assert.ok(lines.includes(Buffer.from(path).toString("base64")), lines.join("\n"));
    }
  });
});
