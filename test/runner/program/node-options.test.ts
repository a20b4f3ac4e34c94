import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { buildNodeOptions } from "../../../dist/runner/program/node-options.js";

describe("buildNodeOptions()", () => {
  const cases: readonly (readonly [options: string, expected: string | undefined])[] = [
    ["", undefined],
    ["  ", undefined],
    ["--max-old-space-size=4096", "--max-old-space-size=4096"],
    ["--require ./proxy.js  --no-warnings", "--require ./proxy.js --no-warnings"],
    ['--import "file:///a b.mjs" -r x', '--import "file:///a b.mjs" -r x'],
    ["--inspect", undefined],
    ["--inspect-brk=127.0.0.1:9229 --no-warnings", "--no-warnings"],
    ["--no-warnings --inspect-port 9230 --enable-source-maps", "--no-warnings --enable-source-maps"],
    ['--cpu-prof --cpu-prof-dir "/tmp/a b" -r x', "-r x"],
    ['"--inspect=9229" -r "a \\" b"', '-r "a \\" b"'],
    ['-r "never closed --inspect', '-r "never closed --inspect'],
    ["--debug-port=1 --test-only --watch-path=x --trace-event-categories v8 --title=a", undefined],
  ];
  for (const [options, expected] of cases) {
    it(`returns ${JSON.stringify(expected)} for ${JSON.stringify(options)}`, () => {
      assert.equal(buildNodeOptions(options), expected);
    });
  }
});
