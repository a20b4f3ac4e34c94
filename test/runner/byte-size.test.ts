import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatBytes } from "../../dist/runner/byte-size.js";

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
