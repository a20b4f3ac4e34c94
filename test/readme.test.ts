/**
 * Every fenced block of every README is executed or checked. A block that nothing here knows fails. Relative links must
 * lead to files.
 *
 * - `js` and `ts`: a complete ES module. It runs in a project that has `tailcast`. One that listens is sent a GET for
 *   each path that it names ("/events"), wherever it listens; 404 or 5xx fail. One that imports packages of
 *   test/ecosystem runs there (test/ecosystem/readme.test.mjs). When the first line is a comment that names a file in
 *   examples/, the block is that file, which has a test of its own.
 * - `text` directly behind `js`, `ts` or `sh`: the exact output. `…` stands for any text in a line or, alone in a line,
 *   for any number of lines: ids, dates and ports.
 * - `sh`: scripts, folders and files exist (npm, node); `npx tailcast` starts; curl really asks a build server.
 * - `ini`: a systemd unit with known settings, whose ExecStart is a command as in `sh`.
 * - `json`: is JSON.
 * - `<!-- picture -->` in the line above a `text` block: a drawing.
 * - `<!-- checked by FILE -->` in the line above any block: that test checks it. It must exist and name the README.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, describe, it } from "node:test";
import { ROOT, parseBlocks, readReadmes } from "./readme/blocks.js";
import { checkCommand, commandsOf } from "./readme/commands.js";
import { assertIsExample, exampleOf, packagesOf, runModule } from "./readme/modules.js";
import { assertOutput } from "./readme/output.js";
import { assertUnit } from "./readme/systemd.js";
import { Program } from "./support/program.js";
import type { Block } from "./readme/blocks.js";
import type { Lifetime } from "./support/lifetime.js";

const ECOSYSTEM = JSON.parse(readFileSync(new URL("test/ecosystem/package.json", ROOT), "utf8")) as {
  devDependencies: Record<string, string>;
};

/** The build server that curl asks, for all blocks; started by the first that needs it. */
let server: Promise<string> | undefined;
const releases: (() => unknown)[] = [];
const life: Lifetime = { after: (release) => void releases.push(release) };
after(async () => {
  for (const release of releases.reverse()) await release();
});

function origin(): Promise<string> {
  server ??= new Program(life, ["--port", "0", "--root", "examples"]).port().then((port) => `http://127.0.0.1:${port}`);
  return server;
}

async function check(block: Block): Promise<void> {
  const { path, language, text, checker, isPicture, output } = block;
  if (checker !== undefined) {
    assert.ok(existsSync(new URL(checker, ROOT)), `there is no ${checker}`);
    assert.ok(readFileSync(new URL(checker, ROOT), "utf8").includes(path), `${checker} does not name ${path}`);
    return;
  }
  switch (language) {
    case "js":
    case "ts": {
      const example = exampleOf(block);
      if (example !== undefined) return assertIsExample(block, example);
      const foreign = packagesOf(text).filter((name) => name !== "tailcast");
      for (const name of foreign) assert.ok(name in ECOSYSTEM.devDependencies, `test/ecosystem has no ${name}`);
      return foreign.length > 0 ? undefined : runModule(block);
    }
    case "sh": {
      let printed = "";
      for (const command of commandsOf(text)) printed += await checkCommand(command, origin, life);
      if (output !== undefined) assertOutput(printed, output.text);
      return;
    }
    case "ini":
      assertUnit(text);
      for (const [, command = ""] of text.matchAll(/^ExecStart=(?:\/usr\/bin\/)?(.*)$/gm)) {
        await checkCommand(command, origin, life);
      }
      return;
    case "json":
      JSON.parse(text);
      return;
    case "text":
      assert.ok(isPicture, "it is no output; put <!-- picture --> or <!-- checked by FILE --> above it");
      return;
    default:
      assert.fail(`no check is known for "${language}"; put <!-- checked by FILE --> above the block`);
  }
}

for (const [path, blocks] of readReadmes()) {
  describe(path, () => {
    it("links to files that exist", () => {
      const text = readFileSync(new URL(path, ROOT), "utf8").replaceAll(/```[\s\S]*?```/g, "");
      const links = [...text.matchAll(/\]\(([^)\s]+)\)|\b(?:src|srcset|href)="([^"\s]+)"/g)];
      const targets = links.map(([, markdown, html]) => (markdown ?? html ?? "").replace(/#.*$/, ""));
      const isLocal = (target: string): boolean => !/^(?:https?:|$)/.test(target);
      const exists = (target: string): boolean => existsSync(new URL(target, new URL(path, ROOT)));
      const missing = targets.filter((target) => isLocal(target) && !exists(target));
      assert.deepEqual(missing, []);
    });

    const outputs = new Set(blocks.map(({ output }) => output));
    for (const block of blocks.filter((block) => !outputs.has(block))) {
      it(`is right in line ${block.line} (${block.language})`, () => check(block));
    }
  });
}

describe("the check of READMEs", () => {
  const checkText = (text: string): Promise<void> => check(parseBlocks("README.md", text)[0] ?? assert.fail());

  it("finds blocks, their output and their checkers, in lists too", () => {
    const first = "a\n\n```sh\nnpm test\n```\n\n```text\nout\n```\n";
    const text = `${first}- b\n  <!-- checked by x.ts -->\n  \`\`\`json\n  {}\n  \`\`\`\n`;
    const [sh, out, json, ...others] = parseBlocks("README.md", text);
    assert.deepEqual(others, []);
    assert.deepEqual([sh?.language, sh?.line, sh?.text, sh?.output], ["sh", 3, "npm test\n", out]);
    assert.deepEqual([json?.checker, json?.text, json?.output], ["x.ts", "{}\n", undefined]);
    assert.throws(() => parseBlocks("README.md", "```\n"), /README\.md:1/);
  });

  it("accepts right blocks", async () => {
    for (const text of [
      '```js\nimport "tailcast";\nconsole.log(1, Date.now());\n```\n\n```text\n1 …\n```',
      '```js\nimport { MAX_RETRY } from "tailcast/protocol";\nconsole.log(MAX_RETRY);\n```\n```text\n2147483647\n```',
      '```ts\nconst id: string = "a";\nconsole.log(`${id}\\nb\\nc`);\n```\n```text\n…\nc\n```',
      '```js\nimport http from "node:http";\nhttp.createServer((_, res) => res.end()).listen(3000);\n"/a";\n```',
      "```sh\nnpm ci && npm start # both\nnpm run bench --prefix test/bench -- --quick\nnpx tailcast --port 80\n```",
      "```sh\nnpx tailcast --help\n```\n```text\nUsage: …\n…\n```",
      "```sh\nnpx tailcast help\nnpx tailcast serve\n```",
      "```sh\ncurl http://127.0.0.1:3000/healthz\n```",
      "```json\n[]\n```",
      "```ini\n[Service]\nExecStart=/usr/bin/npx tailcast --version\nRestart=always\n```",
      "<!-- picture -->\n```text\n->\n```",
      "<!-- checked by test/readme.test.ts -->\n```nginx\n```",
    ]) {
      await checkText(text);
    }
  });

  it("refuses wrong blocks", async () => {
    for (const text of [
      '```js\nimport { nothing } from "tailcast";\n```',
      "```js\nconsole.log(1);\n```\n```text\n2\n```",
      "```js\nconsole.log(1);\n```\n```text\n\n```",
      '```ts\nconst id: string = 1;\n```',
      '```js\nimport x from "no-such-package";\n```',
      "```js\n// examples/hello.js\n```",
      '```js\nimport http from "node:http";\nhttp.createServer((_, a) => a.writeHead(404).end("/a")).listen(80);\n```',
      "```sh\nnpm run nothing\n```",
      "```sh\nnpm test --prefix test/nothing\n```",
      "```sh\nnode dist/nothing.js\n```",
      "```sh\nnpx tailcast --nothing\n```",
      "```sh\nnpx tailcast nothing\n```",
      "```sh\nmake\n```",
      "```sh\ncurl http://127.0.0.1:3000/nothing\n```",
      "```json\n{\n```",
      "```ini\n[Service]\nExecStart=/usr/bin/npx tailcast --nothing\n```",
      "```ini\n[Service]\nRestrt=always\n```",
      "```ini\n[Service]\nRestart=ever\n```",
      "```ini\n[Servce]\nRestart=always\n```",
      "```text\n->\n```",
      "```nginx\n```",
      "```\n```",
      "<!-- checked by test/nothing.test.ts -->\n```nginx\n```",
      "<!-- checked by package.json -->\n```nginx\n```",
    ]) {
      await assert.rejects(checkText(text), Error, text);
    }
  });
});
