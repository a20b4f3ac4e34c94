import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { OPTIONS } from "../../dist/cli/serve/program-options.js";
import { unknownVariables } from "../../dist/cli/serve/unknown-variables.js";
import { makeFolder } from "../support/folders.js";
import { Program } from "../support/program.js";

describe("OPTIONS", () => {
  // Node also reads some of its own options behind the name of the script, such as --env-file.
  for (const [name, files] of [
    ["a missing file", {}],
    ["a file with NODE_OPTIONS", { file: "NODE_OPTIONS=--no-such-option\n" }],
  ] as const) {
    it(`has no flag that Node reads itself, given ${name}`, async (t) => {
      const file = join(await makeFolder(t, files), "file");
      const flags = OPTIONS.flatMap(({ flag, value }) => (value === "" ? [`--${flag}`] : [`--${flag}`, file]));
      const joined = OPTIONS.filter(({ value }) => value !== "").map(({ flag }) => `--${flag}=${file}`);
      for (const args of [flags, joined]) {
        const program = new Program(t, ["--version", ...args]);
        assert.equal(await program.ended, 0, program.stderr);
        assert.match(program.stdout, /^\d+\.\d+\.\d+\S*\n$/);
        assert.equal(program.stderr, "");
      }
    });
  }
});

describe("unknownVariables()", () => {
  it("warns of variables that are not options, and suggests the nearest name", () => {
    const other = { TAILCAST_BUILD: "0", PORT: "1", TAILCASTX: "x", tailcast_token: "t" };
    const known = { TAILCAST_TOKEN: "t", TAILCAST_SERVER: "http://ci.example", ...other };
    assert.deepEqual(unknownVariables({ ...known, TAILCAST_TOKN: "s3cret", TAILCAST_SOMETHING_ELSE: "1" }), [
      "the environment variable TAILCAST_TOKN is not an option; did you mean TAILCAST_TOKEN?",
      'the environment variable TAILCAST_SOMETHING_ELSE is not an option; "tailcast serve --help" lists the variables',
    ]);
  });
});
