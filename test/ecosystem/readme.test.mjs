/** The blocks of the READMEs that need other frameworks. */
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { readReadmes } from "../../dist-test/readme/blocks.js";
import { packagesOf, runModule } from "../../dist-test/readme/modules.js";

const PACKAGES = new URL("./node_modules/", import.meta.url);
const BLOCKS = [...readReadmes().values()].flat();

describe("the READMEs", () => {
  for (const block of BLOCKS.filter(({ language }) => language === "js" || language === "ts")) {
    const foreign = packagesOf(block.text).filter((name) => name !== "tailcast");
    if (foreign.length === 0 || block.checker !== undefined) continue;
    it(`run ${block.path}, line ${block.line}, with ${foreign.join(", ")}`, () =>
      runModule(block, Object.fromEntries(foreign.map((name) => [name, fileURLToPath(new URL(name, PACKAGES))]))));
  }
});
