import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { COMMANDS } from "../../dist/cli/commands.js";
import { BUILT_IN, commandHelp, overview } from "../../dist/cli/help.js";
import { Program } from "../support/program.js";

const README = readFileSync(new URL("../../src/cli/README.md", import.meta.url), "utf8");

describe("dispatch()", { concurrency: 4 }, () => {
  for (const [args, pattern] of [
    [["--help"], /^Usage: tailcast \[command\] \[options\]\n[^]*\n {2}serve +run the build server/],
    [["-h", "--port", "x"], /^Usage: tailcast \[command\]/],
    [["help"], /^Usage: tailcast \[command\]/],
    [["help", "--help"], /^Usage: tailcast \[command\]/],
    [["help", "serve"], /^Usage: tailcast serve \[options\]\n/],
    [["serve", "--help", "surplus"], /^Usage: tailcast serve \[options\]\n/],
    [["version"], /^\d+\.\d+\.\d+\S*\n$/],
    [["-v"], /^\d+\.\d+\.\d+\S*\n$/],
  ] as const) {
    it(`prints a text for ${args.join(" ")}`, async (t) => {
      const program = new Program(t, args);
      assert.equal(await program.ended, 0, program.stderr);
      assert.match(program.stdout, pattern);
      assert.equal(program.stderr, "");
    });
  }

  for (const [args, message] of [
    [["deploy"], /^tailcast: .*: unknown command "deploy"; .* serve, .*\nTry "tailcast --help"\.\n$/],
    [["toString"], /unknown command "toString"/],
    [["help", "deploy"], /unknown command "deploy"/],
    [["serve", "x"], /^tailcast: .*: unexpected argument "x"\nTry "tailcast serve --help"\.\n$/],
    [["--port", "0", "x"], /^tailcast: .*: unexpected argument "x"\nTry "tailcast serve --help"\.\n$/],
  ] as const) {
    it(`ends with 2 for ${args.join(" ")}`, async (t) => {
      const program = new Program(t, args);
      assert.equal(await program.ended, 2);
      assert.match(program.stderr, message);
      assert.equal(program.stdout, "");
    });
  }
});

describe("COMMANDS", () => {
  const rows = [...Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary]), ...Object.entries(BUILT_IN)];

  it("are the rows of the README and of the list", () => {
    const table = README.slice(README.indexOf("| Command | Meaning |"));
    const documented = [...table.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, name, meaning]) => [name, meaning]);
    const advice = "The table of commands in src/cli/README.md must have the order and the texts of COMMANDS";
    assert.deepEqual(documented, rows, advice);
    const list = overview();
    for (const [name = "", summary = ""] of rows) assert.ok(list.includes(`  ${name.padEnd(9)}${summary}\n`), name);
  });

  for (const [name, { load }] of Object.entries(COMMANDS)) {
    it(`${name} describes its options, examples and exit codes, within 120 columns`, async () => {
      const command = await load();
      const help = commandHelp(name, command);
      for (const { flag } of command.options) assert.match(help, new RegExp(`^ {2}--${flag}\\b.*\\n {6}\\S`, "m"));
      assert.match(help, /^Examples:\n {2}\S/m);
      assert.match(help, /^Exit codes:\n(?: {2}\S.*\n)* {2}2 .*\n/m);
      assert.ok(command.examples.every(([line]) => line.includes(`tailcast ${name}`) || name === "serve"));
      assert.deepEqual(help.split("\n").filter((line) => line.length > 120), []);
    });
  }
});
