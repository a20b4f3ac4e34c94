import assert from "node:assert/strict";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readTokenFile } from "../../dist/token-file.js";
import { dataFolder } from "../support/program.js";
import type { TestContext } from "node:test";

/** A file with this content and mode. */
function file(t: TestContext, content: string, mode: number): string {
  const path = join(dataFolder(t), "token");
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

describe("readTokenFile()", () => {
  for (const content of ["s3cret", "s3cret\n", "s3cret\r\n"]) {
    it(`reads ${JSON.stringify(content)} without the line end`, (t) => {
      assert.equal(readTokenFile("token-file", file(t, content, 0o600)), "s3cret");
    });
  }

  it("keeps other white space, and follows links", (t) => {
    const path = file(t, " a b \n\n", 0o400);
    symlinkSync(path, `${path}-link`);
    assert.equal(readTokenFile("token-file", `${path}-link`), " a b \n");
  });

  it("reads a file that its group may read, as service managers make them", (t) => {
    assert.equal(readTokenFile("token-file", file(t, "s3cret", 0o440)), "s3cret");
  });

  for (const mode of [0o644, 0o604, 0o602, 0o620, 0o601]) {
    it(`refuses a file with mode ${mode.toString(8)}, and says how to restrict it`, (t) => {
      const path = file(t, "s3cret", mode);
      assert.throws(() => readTokenFile("token-file", path), {
        code: "INVALID_OPTION",
        message: `Cannot use --token-file ${path}: other users may read or change it; restrict it with "chmod 600"`,
      });
    });
  }

  it("refuses an empty file, a folder, and a file that does not exist", (t) => {
    const folder = join(dataFolder(t), "folder");
    mkdirSync(folder, { mode: 0o700 });
    for (const [path, reason] of [
      [file(t, "\n", 0o600), /it is empty$/],
      [folder, /it is not a file$/],
      [join(folder, "missing"), /ENOENT/],
    ] as const) {
      assert.throws(() => readTokenFile("viewer-token-file", path), (error: Error & { code?: string }) => {
        assert.equal(error.code, "INVALID_OPTION");
        assert.match(error.message, /^Cannot use --viewer-token-file /);
        assert.match(error.message, reason);
        return true;
      });
    }
  });
});
