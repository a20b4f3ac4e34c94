import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatBytes, formatCommand, formatDuration } from "../../dist/runner/format.js";

describe("formatDuration()", () => {
  const cases: readonly (readonly [milliseconds: number, text: string])[] = [
    [-40, "0 s"],
    [0, "0 s"],
    [49, "0 s"],
    [50, "0.1 s"],
    [2345, "2.3 s"],
    [30_000, "30 s"],
    [59_940, "59.9 s"],
    [59_960, "1 min"],
    [60_000, "1 min"],
    [125_400, "2 min 5 s"],
    [187_000, "3 min 7 s"],
    [1_800_000, "30 min"],
    [3_599_600, "1 h"],
    [4_230_000, "1 h 10 min"],
    [90_000_000, "25 h"],
  ];
  for (const [milliseconds, text] of cases) {
    it(`writes ${milliseconds} ms as ${text}`, () => assert.equal(formatDuration(milliseconds), text));
  }
});

describe("formatBytes()", () => {
  for (const [bytes, text] of [
    [0, "0 bytes"],
    [1, "1 byte"],
    [1023, "1023 bytes"],
    [1024, "1 KiB"],
    [1536, "1.5 KiB"],
    [104_857_600, "100 MiB"],
    [2e9, "1.9 GiB"],
    [2 ** 50, "1048576 GiB"],
    [Infinity, "Infinity GiB"],
  ] as const) {
    it(`writes ${bytes} as ${text}`, () => assert.equal(formatBytes(bytes), text));
  }
});

describe("formatCommand()", () => {
  it("shows plain words as they are", () => {
    assert.equal(formatCommand("npm", ["run", "build"]), "npm run build");
    assert.equal(formatCommand("/bin/x", ["--a=b,c", "@scope/name@1.0", "50%"]), "/bin/x --a=b,c @scope/name@1.0 50%");
  });

  it("quotes what a shell would interpret", () => {
    assert.equal(formatCommand("echo", ["two words", "", "$HOME", "it's"]), "echo 'two words' '' '$HOME' 'it'\\''s'");
  });
});
