import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { joinModules } from "../../dist/bundle/join-modules.js";
import { keepNames } from "../../dist/bundle/long-names.js";
import { parseModules } from "../../dist/bundle/parse-modules.js";
import { evaluate } from "./evaluate.js";

const MODULES = {
  "/page/main.js": `
    import { first, Second as Other } from "./a/first.js";
    import { third } from "../shared/third.js";
    const name = \`main $& \${first(1)}\`;
    log([name, new Other().value, third]);`,
  "/page/a/first.js": `
    import { third as name } from "../../shared/third.js";
    /** A comment.
     * import x */
        // export
    log("first");
    const third = { name };
    export function first(count) { return third.name + count + later(); }
    export class Second { value = "second"; }
    async function later() { }`,
  "/shared/third.js": 'log("third");\nexport const third = "third";\nexport {};',
};

function join(modules: Readonly<Record<string, string>>): string {
  return joinModules("/page/main.js", parseModules(new Map(Object.entries(modules))));
}

describe(joinModules.name, () => {
  it("runs every module once, in the order of imports, with separate names", async () => {
    const joined = join(MODULES);
    assert.doesNotMatch(joined, /import|export|comment| {2}|\n./);
    assert.deepEqual(await evaluate(joined), [
      ["third"],
      ["first"],
      [["main $& third1[object Promise]", "second", "third"]],
    ]);
  });

  it("gives the shortest names to the most frequent ones, and no name twice in nested scopes", () => {
    const text = "const rare = 1, often = [often1 => often1 + rare, other => other]; often(often(often(often)));";
    assert.equal(join({ "/page/main.js": text }), "const n=1,e=[t=>t+n,t=>t];e(e(e(e)));\n");
  });

  it("keeps names when it should, each for one declaration", async () => {
    const text = "const a = 1, f = a => { const b = a; return class { #b = b; a() { this.#b + t } } }; const a2 = f;";
    assert.equal(
      joinModules("/a.js", parseModules(new Map([["/a.js", text]])), keepNames),
      "const a=1,f=a3=>{const b=a3;return class{#b=b;a(){this.#b+t}}};const a2=f;\n",
    );
  });

  it("gives no name that is a keyword", async () => {
    const names = Array.from({ length: 4000 }, (_, index) => `name${index}`);
    const text = `${names.map((name, index) => `const ${name} = ${index};`).join("")} log([${names.join()}]);`;
    assert.deepEqual(await evaluate(join({ "/page/main.js": text })), [[[...names.keys()]]]);
  });

  const refused = [
    'import "./b.js";',
    'import * as b from "./b.js";',
    'import b from "./b.js";',
    'import { b } from "./b.js";',
    "export default 1;",
    "export default function f() {}",
    "const b = 1; export { b };",
    'export * from "./b.js";',
    'import("./b.js");',
    "log(import.meta.url);",
    "var b = 1;",
    "for (var b of []) log(b);",
    'eval("b");',
    "/** @type {string} */ let b;",
    '/** @import { B } from "./b.js" */',
  ];
  for (const text of refused) {
    it(`refuses ${text}`, () => {
      const modules = { "/page/main.js": `const a = 1;\n${text}\n`, "/page/b.js": "export {};" };
      const message = /^Error: Cannot bundle \/page\/main\.js: (?:unknown syntax: |\.\/b\.js has no [bB])/;
      assert.throws(() => join(modules), message);
    });
  }
});
