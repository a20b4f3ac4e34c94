import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { joinModules } from "../../../dist/web/files/join-modules.js";
import { makeFolder } from "../../support/folders.js";
import type { TestContext } from "node:test";

async function join(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  return joinModules(pathToFileURL(`${await makeFolder(t, files)}/page/main.js`));
}

describe("joinModules()", () => {
  it("runs every module once, in the order of imports, with names of its own", async (t) => {
    const joined = await join(t, {
      "page/main.js": [
        'import { first, Second as Other } from "./a/first.js";',
        'import { third } from "../shared/third.js";',
        "const name = `main $& ${first(1)}`;",
        "globalThis.joined = [...globalThis.order, name, new Other().value, third];",
        "",
      ].join("\n"),
      "page/a/first.js": [
        'import { third } from "../../shared/third.js";',
        "/** A comment.\n * import x */\n    // export",
        '(globalThis.order ??= []).push("first");',
        "const name = third;",
        "export function first(count) {\n    return name + count + later();\n}",
        'export class Second {\n    value = "second";\n}',
        "async function later() { }\nexport {};",
      ].join("\n"),
      "shared/third.js": '(globalThis.order ??= []).push("third");\nexport const third = "third";\n',
    });
    assert.doesNotMatch(joined, /^import|^export|^ |comment|import x/m);
    const result = globalThis as { joined?: unknown };
    t.after(() => delete result.joined);
    await import(`data:text/javascript,${encodeURIComponent(joined)}`);
    const expected = ["third", "first", "main $& third1[object Promise]", "second", "third"];
    assert.deepEqual(result.joined, expected);
  });

  const others = ['import "./b.js";', 'import * as b from "./b.js";', "export default 1;", "export let b = 1;"];
  for (const statement of others) {
    it(`refuses ${statement}`, async (t) => {
      await assert.rejects(join(t, { "page/main.js": `${statement}\n`, "page/b.js": "" }), /unknown statement: /);
    });
  }

  it("finds the modules that the real page imports", () => {
    for (const name of ["main", "sign-in"]) {
      const joined = joinModules(new URL(`../../../dist/page/${name}.js`, import.meta.url));
      assert.match(joined, /class Api\b/);
    }
  });
});
