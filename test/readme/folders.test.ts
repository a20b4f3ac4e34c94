/** The READMEs of src, of its folders cli, http, page, streams, terminal and web, and of examples. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { ROOT } from "./blocks.js";

for (const folder of ["src", "src/cli", "src/http", "src/page", "src/streams", "src/terminal", "src/web"]) {
  describe(`${folder}/README.md`, () => {
    const path = new URL(`${folder}/`, ROOT);
    const readme = readFileSync(new URL("README.md", path), "utf8");

    it("has a row for every module, or for the folder that the module is in", () => {
      const rows = readme.split("\n").filter((line) => line.startsWith("| `"));
      const modules = readdirSync(path, { encoding: "utf8", recursive: true }).filter((name) => name.endsWith(".ts"));
      assert.ok(modules.length > 3);
      const isOther = (name: string): boolean => {
        const [, parent = "", file = ""] = /^(.*?\/)?(?:.*\/)?(.*)$/.exec(name) ?? [];
        const marks = [`/${file}\``, `\`${file}\``, `| \`${parent}\` `];
        return !rows.some((row) => marks.some((mark) => row.includes(mark)));
      };
      const message = `Add each of these files to a row of the table of files in ${folder}/README.md`;
      assert.deepEqual(modules.filter(isOther), [], message);
    });

    it("says how to add to the folder", () => {
      assert.match(readme, /^\*\*To add a file\*\*, /m);
    });
  });
}

describe("examples/README.md", () => {
  it("has a row for every program", () => {
    const folder = new URL("examples/", ROOT);
    const rows = readFileSync(new URL("README.md", folder), "utf8").split("\n").filter((line) => line.startsWith("| "));
    const names = [
      ...readdirSync(folder),
      ...readdirSync(new URL("frameworks/", folder)).map((name) => `frameworks/${name}`),
    ];
    const programs = names.filter((name) => /\.[jt]s$/.test(name));
    assert.ok(programs.length > 3);
    const missing = programs.filter((name) => !rows.some((row) => row.includes(`[${name}](${name})`)));
    assert.deepEqual(missing, [], "Add a row for each of these programs to a table in examples/README.md");
  });
});
