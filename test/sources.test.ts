import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkCycles, checkDepth, checkFolders, checkImportOrder, checkImports } from "./sources/imports.js";
import { EXPECTED } from "./sources/expected.js";
import { checkConstants, checkParams, checkTodos } from "./sources/handwriting.js";
import { checkBeginnings, checkPhrases } from "./sources/language.js";
import { checkSignPosts } from "./sources/sign-posts.js";
import { checkColumns, checkFileSize, checkFolderSize } from "./sources/sizes.js";
import { readSources } from "./sources/source.js";
import type { Problem, Rule, Source } from "./sources/source.js";

const RULES: Readonly<Record<string, Rule>> = {
  checkImports,
  checkBeginnings,
  checkColumns,
  checkConstants,
  checkCycles,
  checkDepth,
  checkFileSize,
  checkFolderSize,
  checkImportOrder,
  checkParams,
  checkPhrases,
  checkFolders,
  checkSignPosts,
  checkTodos,
};

const show = ({ path, line, message }: Problem): string => `${path}:${line}: ${message}`;

/** Sources made of paths and texts. */
function sources(files: Readonly<Record<string, string>>): Source[] {
  return Object.entries(files).map(([path, text]) => ({ path, text }));
}

/** Where a rule finds problems, as `path:line`. */
function places(rule: Rule, files: Readonly<Record<string, string>>): string[] {
  return rule(sources(files)).map(({ path, line }) => `${path}:${line}`);
}

describe("the sources", () => {
  const all = readSources();

  it("are found", () => {
    const paths = all.map(({ path }) => path);
    for (const path of ["README.md", "src/server.ts", "test/sources.test.ts", "examples/hello.js"])
      assert.ok(paths.includes(path), path);
    assert.ok(!paths.some((path) => path.includes("node_modules")));
  });

  for (const [name, rule] of Object.entries(RULES)) {
    it(`hold the rule ${name}`, () => {
      const problems = rule(all);
      const expected = EXPECTED[name] ?? [];
      const isBelow = (path: string, start: string): boolean => path === start || path.startsWith(`${start}/`);
      const fresh = problems.filter(({ path }) => !expected.some((start) => isBelow(path, start)));
      assert.equal(fresh.map(show).join("\n"), "");
      const clean = expected.filter((start) => !problems.some(({ path }) => isBelow(path, start)));
      assert.deepEqual(clean, [], `These keep ${name} now: delete them from EXPECTED in test/sources/expected.ts`);
    });
  }

  it("have no expected problem of a rule that does not exist", () =>
    assert.deepEqual(
      Object.keys(EXPECTED).filter((name) => !(name in RULES)),
      [],
    ));
});

describe("checkImports", () => {
  it("reports an import that points up or sideways, of a type too", () => {
    const files = {
      "src/protocol/a.ts": 'import { b } from "../channel/b.ts";\n',
      "src/runner/project/a.ts": '\nimport type { Reply } from "../../http/reply.ts";\n',
      "src/channel/log/a.ts": 'export { build } from "../../runner/build.ts";\n',
      "src/web/a.ts": 'const page = await import("../page/main.ts");\n',
      "src/error.ts": 'import {\n  a,\n} from "./http/a.ts";\n',
    };
    assert.deepEqual(places(checkImports, files), [
      "src/protocol/a.ts:1",
      "src/runner/project/a.ts:2",
      "src/channel/log/a.ts:1",
      "src/web/a.ts:1",
      "src/error.ts:1",
    ]);
  });

  it("lets the page import types of every folder, and values of the terminal only", () => {
    const files = {
      "src/page/a.ts": 'import type { Build } from "../runner/record.ts";\nimport { read } from "../terminal/a.ts";\n',
      "src/page/log/b.ts": 'import { Build } from "../../runner/record.ts";\n',
    };
    assert.deepEqual(places(checkImports, files), ["src/page/log/b.ts:1"]);
  });

  it("lets a folder import lower folders, and the top import everything", () => {
    const files = {
      "src/streams/feed/a.ts": 'import { Channel } from "../../channel/channel.ts";\nimport { b } from "../b.ts";\n',
      "src/server.ts": 'import { BuildApp } from "./web/build-app.ts";\n',
    };
    assert.deepEqual(places(checkImports, files), []);
  });
});

describe("checkFolders", () => {
  it("reports a folder of src that IMPORTS does not name", () =>
    assert.deepEqual(places(checkFolders, { "src/utils/a.ts": "", "src/web/b.ts": "" }), ["src/utils:1"]));
});

describe("checkCycles", () => {
  it("reports a file that imports itself through others", () => {
    const files = {
      "src/web/a.ts": 'import { b } from "./b.ts";\n',
      "src/web/b.ts": '\nimport { c } from "./c.ts";\n',
      "src/web/c.ts": 'export { a } from "./a.ts";\n',
    };
    const [problem, ...others] = checkCycles(sources(files));
    assert.deepEqual(others, []);
    assert.match(show(problem ?? assert.fail()), /^src\/web\/c\.ts:1: .*src\/web\/a\.ts -> src\/web\/b\.ts -> /);
  });

  it("lets types go in circles, and two files import a third", () => {
    const files = {
      "src/web/a.ts": 'import { b } from "./b.ts";\nimport { c } from "./c.ts";\n',
      "src/web/b.ts": 'import { c } from "./c.ts";\nimport type { A } from "./a.ts";\n',
      "src/web/c.ts": "",
    };
    assert.deepEqual(places(checkCycles, files), []);
  });
});

describe("checkDepth", () => {
  it("reports a file below a sub-folder", () => {
    const files = { "src/web/a/b/c.ts": "", "test/web/a/b/c.test.ts": "", "src/web/a/c.ts": "" };
    assert.deepEqual(places(checkDepth, files), ["src/web/a/b/c.ts:1", "test/web/a/b/c.test.ts:1"]);
  });
});

describe("checkImportOrder", () => {
  const ordered = [
    'import assert from "node:assert/strict";',
    'import { Redis } from "ioredis";',
    'import { a } from "../a.ts";',
    'import type { Server } from "node:http";',
    'import type { A } from "./a.ts";\n',
  ];

  it("reports a value after a type, and node: after a relative path", () => {
    const [first = "", second = "", third = "", fourth = "", fifth = ""] = ordered;
    assert.deepEqual(places(checkImportOrder, { "src/a.ts": `${fourth}\n${third}\n` }), ["src/a.ts:2"]);
    assert.deepEqual(places(checkImportOrder, { "src/a.ts": `${third}\n${first}\n` }), ["src/a.ts:2"]);
    assert.deepEqual(places(checkImportOrder, { "src/a.ts": `${third}\n${second}\n` }), ["src/a.ts:2"]);
    assert.deepEqual(places(checkImportOrder, { "src/a.ts": `${fifth}\n${fourth}\n` }), ["src/a.ts:3"]);
  });

  it("accepts values in order, then types in order, and every order in text below the imports", () => {
    const text = ["const PROGRAM = `", ...ordered.toReversed(), "`;"];
    assert.deepEqual(places(checkImportOrder, { "src/a.ts": [...ordered, ...text].join("\n") }), []);
  });
});

describe("checkFileSize", () => {
  it("reports a source of more than 400 lines, and a README of more than 150", () => {
    const files = { "src/a.ts": "\n".repeat(401), "README.md": "\n".repeat(151) };
    assert.deepEqual(places(checkFileSize, files), ["src/a.ts:401", "README.md:151"]);
  });

  it("accepts 400 lines, and a README of a folder that is longer", () => {
    const files = { "src/a.ts": "\n".repeat(400), "src/web/README.md": "\n".repeat(500) };
    assert.deepEqual(places(checkFileSize, files), []);
  });
});

describe("checkFolderSize", () => {
  it("reports a folder with more than 15 TypeScript files", () => {
    const files = (count: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`src/web/${index}.ts`, ""]));
    assert.deepEqual(places(checkFolderSize, files(16)), ["src/web:1"]);
    assert.deepEqual(places(checkFolderSize, { ...files(15), "src/web/page.css": "" }), []);
  });
});

describe("checkColumns", () => {
  it("reports a line of more than 120 columns in code, styles and Markdown", () => {
    const wide = `${"word ".repeat(24)}s`;
    assert.deepEqual(places(checkColumns, { "src/a.ts": `\n${wide}`, "a.css": wide, "a.md": wide }), [
      "src/a.ts:2",
      "a.css:1",
      "a.md:1",
    ]);
    assert.deepEqual(places(checkColumns, { "src/a.ts": "word ".repeat(24) }), []);
  });

  it("accepts lines that cannot be wrapped: a row of a table, and a long word", () => {
    const url = `https://example.com/${"a".repeat(120)}`;
    const markdown = `| ${"word ".repeat(30)} |\n- ${url}\n[1]: ${url}\n`;
    assert.deepEqual(places(checkColumns, { "a.md": markdown, "src/a.ts": ` * ${url}\n// ${url}\n` }), []);
  });
});

describe("checkConstants", () => {
  it("reports scalar constants in lower case", () => {
    const lines = ["const a = 1000;", "export const b = 60 * MINUTE;", 'const c: string = "-";', "const d = true;"];
    const found = checkConstants(sources({ "src/a.ts": `${lines.join("\n")}\nconst slowAfter =\n  15_000;\n` }));
    assert.deepEqual(
      found.map(({ line }) => line),
      [1, 2, 3, 4, 5],
    );
    assert.match(found[4]?.message ?? "", /SLOW_AFTER/);
  });

  it("accepts other constants, and those of a function", () => {
    const lines = ["const A = 1;", 'const b = ["a"];', "const c = () => 1;", "const d = read(1);", "  const e = 1;"];
    assert.deepEqual(places(checkConstants, { "src/a.ts": lines.join("\n") }), []);
  });
});

describe("checkParams", () => {
  const comment = (text: string): string => `/**\n * Text.\n *\n * ${text}\n * @returns Text.\n */\n`;

  it("reports a description without a dash, a capital letter or a full stop", () => {
    const texts = ["@param count how many.", "@param count - how many.", "@param count - The count", "@param count"];
    texts.push("@param {number} count - how many.", "@param {number} count how many.");
    for (const text of texts)
      assert.deepEqual(places(checkParams, { "src/a.ts": comment(text) }), ["src/a.ts:4"], text);
    assert.deepEqual(places(checkParams, { "src/a.ts": "\n/** @param limit rows kept. */\n" }), ["src/a.ts:2"]);
  });

  it("accepts a sentence, on two lines too, one that begins with code, and a type without a sentence", () => {
    const texts = ["@param count - The count.", "@param a - Two\n *   lines.", "@param b - `true` keeps it."];
    texts.push("@param {number} c", "@param {() => void} [d] - The end.");
    for (const text of texts) assert.deepEqual(places(checkParams, { "src/a.ts": comment(text) }), [], text);
  });
});

describe("checkTodos", () => {
  it("reports a note about work that is left", () =>
    assert.deepEqual(places(checkTodos, { "src/a.ts": `\n// ${"to-do".replace("-", "").toUpperCase()}: more` }), [
      "src/a.ts:2",
    ]));
});

describe("checkPhrases", () => {
  it("reports a phrase of the glossary in sources and Markdown, across two lines too", () => {
    const files = {
      "src/a.ts": "/**\n * The page goes\n * on.\n */",
      "README.md": "\nWhoever reconnects",
      "src/page/index.html": "<p>No longer any more</p>",
    };
    assert.deepEqual(places(checkPhrases, files), ["README.md:2", "src/a.ts:2", "src/page/index.html:1"]);
  });

  it("looks only at comments and titles in tests", () => {
    const files = { "test/a.test.ts": 'const log = "goes on";\nit("goes on", () => {});\n// It goes on.\n' };
    assert.deepEqual(places(checkPhrases, files), ["test/a.test.ts:2", "test/a.test.ts:3"]);
  });
});

describe("checkBeginnings", () => {
  it("reports a sentence that begins with Who, Whoever, Of or What", () => {
    const files = { "src/a.ts": "/** What it is. Of these, one. */\n// Who reads it.\n", "README.md": "Whoever can\n" };
    assert.deepEqual(places(checkBeginnings, files), ["src/a.ts:1", "src/a.ts:1", "src/a.ts:2", "README.md:1"]);
  });

  it("accepts questions, headings and words inside a sentence", () => {
    const files = { "README.md": "## What it promises\n\nWhat is a gap?\n", "src/a.ts": "/** Says what it is. */\n" };
    assert.deepEqual(places(checkBeginnings, files), []);
  });
});

describe("checkSignPosts", () => {
  const files = {
    "src/web/routes.ts": "export const routes = { open: [] };\n",
    "test/web/handlers/builds.test.ts": "",
    "src/page/api.ts": "class Api { #send(text) {} }\n",
  };

  it("accepts files and folders near the README, tests of its folder, and names of the code in them", () => {
    const readme = [
      "**To add a route**, add it to `routes` of `routes.ts`, or `Api.#send(text)` of [api](../page/api.ts).",
      "`node:http` is no file. Test it in `handlers/builds.test.ts`, in `builds.test.ts` or `test/web`.",
      "",
      "## `Other`",
    ];
    assert.deepEqual(places(checkSignPosts, { ...files, "src/web/README.md": readme.join("\n") }), []);
  });

  it("reports what does not exist, or is in no file that the part names", () => {
    const readme = [
      "**To add a route**, add it to `route` of `routes.ts` or to `send.ts`.",
      "",
      "Test `Api` in `test/http`.",
      "",
      "**To add a file**, see `open`.",
      "",
      "| `other` |",
    ];
    const problems = checkSignPosts(sources({ ...files, "src/web/README.md": readme.join("\n") }));
    const missing = problems.map(({ line, message }) => `${line} ${message.replace(/ .*/, "")}`);
    assert.deepEqual(missing, ["1 send.ts", "1 test/http", "1 route", "1 Api", "5 open"]);
  });
});
