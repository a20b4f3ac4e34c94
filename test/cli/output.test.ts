import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasColours } from "../../dist/output.js";
import { parseArguments } from "../../dist/arguments.js";

describe("hasColours()", () => {
  it("follows FORCE_COLOR, then NO_COLOR, then the terminal", () => {
    const cases = [
      [true, {}, true],
      [false, {}, false],
      [true, { NO_COLOR: "1" }, false],
      [true, { NO_COLOR: "" }, true],
      [true, { TERM: "dumb" }, false],
      [false, { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
      [false, { FORCE_COLOR: "" }, true],
      [true, { FORCE_COLOR: "0" }, false],
    ] as const;
    for (const [isTerminal, env, expected] of cases) {
      assert.equal(hasColours(isTerminal, env), expected, JSON.stringify(env));
    }
  });
});

describe("parseArguments()", () => {
  const options = [
    { flag: "port", value: "N", help: "" },
    { flag: "once", value: "", help: "" },
  ];

  it("reads options up to the first word of the command to run, or up to --", () => {
    const read = (...given: string[]): unknown => {
      const { args, words, wantsHelp } = parseArguments({ options, words: "command" }, given, {});
      return [args.text("port"), args.isOn("once"), words, wantsHelp];
    };
    const command = ["npm", "--port", "2", "--", "x"];
    assert.deepEqual(read("--port", "1", ...command), ["1", false, command, false]);
    assert.deepEqual(read("--once", "--", "--port", "2"), [undefined, true, ["--port", "2"], false]);
    assert.deepEqual(read("sh", "--help"), [undefined, false, ["sh", "--help"], false]);
    assert.deepEqual(read("--help"), [undefined, false, [], true]);
    assert.throws(() => read("--once"), { code: "INVALID_OPTION", message: /a command to run is missing/ });
    assert.throws(() => read("--prot", "1", "npm"), { code: "INVALID_OPTION", message: /'--prot'/ });
  });

  it("refuses missing and extra words", () => {
    const read = (...given: string[]): unknown => parseArguments({ options, words: { min: 1, max: 1 } }, given, {});
    assert.throws(() => read(), { message: /an argument is missing/ });
    assert.throws(() => read("a", "b"), { message: /unexpected argument "b"/ });
  });
});
