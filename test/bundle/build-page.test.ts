import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { buildPage } from "../../dist/bundle/build-page.js";
import { makeFolder } from "../support/folders.js";
import type { TestContext } from "node:test";

const DOCUMENT = [
  '<link href="/page/style.css">',
  '  <script src="/page/early.js"></script>',
  '  <script src="/page/main.js"></script>',
  "",
].join("\n");

const FILES = {
  "source/index.html": DOCUMENT,
  "source/early.js": "// First.\nconst early = 1;\n",
  "source/style.css": '/* All */\n@import "styles/a.css";\n@import "styles/b.css";\n',
  "source/styles/a.css": '@import "c.css";\na:hover > b {\n  color: red;\n  margin: 0 auto;\n}\n',
  "source/styles/b.css": "b {\n}\n",
  "source/styles/c.css": "c {\n}\n",
  "source/icons/x.svg": "<svg/>\n",
  "source/notes.md": "Notes",
  "page/main.js": 'import { shared } from "./shared.js";\nimport { wide } from "../shared/wide.js";\nshared(wide);\n',
  "page/shared.js": 'const WORKER = "/page/work/worker.js";\nexport function shared(x) {\n    return [x, WORKER];\n}\n',
  "page/work/worker.js": 'import { wide } from "../../shared/wide.js";\npostMessage(wide);\n',
  "page/unused.js": "unused();\n",
  "shared/wide.js": "/** Wide. */\nexport const wide = 2;\n",
  "target/old.js": "",
};

async function build(t: TestContext, files: Readonly<Record<string, string>> = FILES): Promise<Record<string, string>> {
  const folder = await makeFolder(t, files);
  const at = (name: string): URL => pathToFileURL(`${join(folder, name)}/`);
  buildPage({ sources: at("source"), modules: { page: at("page"), shared: at("shared") }, target: at("target") });
  const names = await readdir(at("target"), { recursive: true, withFileTypes: true });
  const paths = names.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const read = async (path: string) => [path.slice(`${folder}/target/`.length), await readFile(path, "utf8")] as const;
  return Object.fromEntries(await Promise.all(paths.map(read)));
}

describe(buildPage.name, () => {
  it("writes the files that have an address, with those that they import, and nothing else", async (t) => {
    assert.deepEqual(await build(t), {
      "index.html": DOCUMENT.replaceAll("  ", ""),
      "early.js": "const e=1;\n",
      "icons/x.svg": "<svg/>",
      "style.css": "c{}a:hover > b{color:red;margin:0 auto}b{}",
      "main.js": 'const t="/page/work/worker.js";function n(e){return[e,t]}const a=2;n(a);\n',
      "work/worker.js": "const e=2;postMessage(e);\n",
    });
  });

  it("fails when a script does not exist, or has a syntax error", async (t) => {
    const [page, main] = ["source/index.html", "page/main.js"];
    const document = { [page]: '<script src="/page/main.js"></script>', "shared/a.js": "" };
    await assert.rejects(build(t, { ...document, "page/a.js": "" }), /Cannot bundle \/page\/main\.js: it does not /);
    await assert.rejects(build(t, { ...document, [main]: "a b;" }), /Cannot parse \/page\/main\.js: /);
  });
});
