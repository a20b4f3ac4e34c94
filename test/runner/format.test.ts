import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatBytes, formatCommand, shortenName } from "../../dist/runner/format.js";

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

describe("shortenName()", () => {
  it("keeps 64 characters", () => assert.equal(shortenName("ab".repeat(1000)), "ab".repeat(32)));
});
