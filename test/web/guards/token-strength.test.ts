import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { checkStrength, isLoopback } from "../../../dist/web/guards/token-strength.js";

describe("checkStrength()", () => {
  for (const token of ["t", "s3cret", "passwordpassword", "a".repeat(1000), "0123456789", "ü".repeat(20)]) {
    it(`refuses ${token.slice(0, 20)} where other machines can guess it, and says how to make a token`, () => {
      checkStrength("token", token, "127.0.0.1");
      assert.throws(() => checkStrength("token", token, "0.0.0.0"), {
        code: "INVALID_OPTION",
        message:
          'Cannot use "token": 0.0.0.0 is reachable from other machines, and they could guess this token; ' +
          'make a token with "openssl rand -base64 24"',
      });
    });
  }

  it("accepts random tokens of 16 bytes in hexadecimal, and of 24 bytes in base64", () => {
    for (let count = 0; count < 1000; count++) {
      checkStrength("token", randomBytes(16).toString("hex"), "::");
      checkStrength("token", randomBytes(24).toString("base64"), "ci.example");
    }
  });
});

describe("isLoopback()", () => {
  it("knows the addresses that only this machine reaches", () => {
    for (const host of ["127.0.0.1", "127.8.0.1", "::1", "localhost", "LOCALHOST"]) assert.ok(isLoopback(host), host);
    for (const host of ["0.0.0.0", "::", "192.0.2.1", "127.example", "localhost.example", "1127.0.0.1"]) {
      assert.ok(!isLoopback(host), host);
    }
  });
});
