import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { shorten, visible, visibleBytes } from "../../dist/doctor/visible.js";

describe("visibleBytes", () => {
  const cases: readonly (readonly [bytes: string | Uint8Array, shown: string])[] = [
    ["data: é€🚀\r\n", "data: é€🚀\\r\\n"],
    ["\t\0\x1b[31m\x7f\\", "\\t\\0\\x1B[31m\\x7F\\\\"],
    ["\uFEFFa\u202e\u0085", "<U+FEFF>a<U+202E><U+0085>"],
    [Buffer.from([0x61, 0xff, 0xe2, 0x82, 0xc3, 0xa9, 0xe2]), "a\\xFF\\xE2\\x82é\\xE2"],
    [Buffer.from([0xed, 0xa0, 0x80, 0x0a]), "\\xED\\xA0\\x80\\n"],
    ["", ""],
  ];
  for (const [bytes, shown] of cases) {
    it(`shows ${shown}`, () => assert.equal(visibleBytes(Buffer.from(bytes)), shown));
  }
});

describe("visible", () => {
  it("leaves no control character", () => {
    const all = Array.from({ length: 0x2100 }, (_, code) => String.fromCharCode(code)).join("");
    assert.doesNotMatch(visible(all), /[\0-\x1f\x7f-\x9f\u2028\u202e\ufeff]/);
  });
});

describe("shorten", () => {
  it("cuts at characters", () => {
    assert.equal(shorten("🚀🚀🚀", 2), "🚀…");
    assert.equal(shorten("🚀🚀", 2), "🚀🚀");
  });
});
