import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatCommand } from "../../dist/runner/command-line.js";

describe("formatCommand()", () => {
  it("shows plain words as they are", () => {
    assert.equal(formatCommand("npm", ["run", "build"]), "npm run build");
    assert.equal(formatCommand("/bin/x", ["--a=b,c", "@scope/name@1.0", "50%"]), "/bin/x --a=b,c @scope/name@1.0 50%");
  });

  it("quotes what a shell would interpret", () => {
    assert.equal(formatCommand("echo", ["two words", "", "$HOME", "it's"]), "echo 'two words' '' '$HOME' 'it'\\''s'");
  });
});
