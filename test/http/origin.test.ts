import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isOrigin } from "../../dist/http/origin.js";

describe("isOrigin()", () => {
  for (const origin of ["https://ci.example", "http://localhost:3000", "http://[::1]:8080"]) {
    it(`accepts ${origin}`, () => assert.ok(isOrigin(origin)));
  }
  for (const text of [
    "",
    "null",
    "*",
    "ci.example",
    "https://ci.example/",
    "https://ci.example/path",
    "https://ci.example:443",
    "HTTPS://ci.example",
    "https://user@ci.example",
    "file:///tmp",
    "ftp://ci.example",
  ]) {
    it(`refuses "${text}"`, () => assert.ok(!isOrigin(text)));
  }
});
