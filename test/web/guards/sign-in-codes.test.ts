import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import { SignInCodes } from "../../../dist/web/guards/sign-in-codes.js";

describe("SignInCodes", () => {
  it("accepts its last code once", () => {
    const codes = new SignInCodes();
    assert.equal(codes.redeem(""), false);
    const first = codes.create();
    const second = codes.create();
    assert.match(second, /^[\w-]{22}$/);
    assert.equal(codes.redeem(first), false);
    assert.equal(codes.redeem(second), true);
    assert.equal(codes.redeem(second), false);
  });

  it("forgets a code after an hour", (t) => {
    let now = 0;
    const clock = mock.method(performance, "now", () => now);
    t.after(() => clock.mock.restore());
    const codes = new SignInCodes();
    const code = codes.create();
    now = 3_600_000;
    assert.equal(codes.redeem(code), false);
  });
});
