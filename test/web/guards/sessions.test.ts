import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import { Sessions } from "../../../dist/web/guards/sessions.js";

const TOKENS = { token: "s3cret", viewerToken: "v13wer" };

describe("Sessions", () => {
  it("reads the sessions that it made, for the time of their life", (t) => {
    t.after(() => mock.timers.reset());
    mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
    const sessions = new Sessions(TOKENS, 5000);
    const { session, value } = sessions.create("viewer");
    assert.deepEqual([session.role, session.expiresAt], ["viewer", 1_005_000]);
    assert.deepEqual(sessions.read(value), session);
    mock.timers.setTime(1_004_999);
    assert.deepEqual(sessions.read(value), session);
    mock.timers.setTime(1_005_000);
    assert.equal(sessions.read(value), undefined);
  });

  it("reads sessions of an earlier process with the same token, and no others", () => {
    const { value } = new Sessions(TOKENS, 5000).create("builder");
    const { value: viewer } = new Sessions(TOKENS, 5000).create("viewer");
    assert.equal(new Sessions(TOKENS, 1).read(value)?.role, "builder");
    const changed = new Sessions({ ...TOKENS, token: "changed" }, 5000);
    assert.equal(changed.read(value), undefined);
    assert.equal(changed.read(viewer)?.role, "viewer", "the token of viewers is the same");
    assert.equal(new Sessions({ token: "s3cret", viewerToken: undefined }, 5000).read(viewer), undefined);
  });

  it("refuses a value with any character changed, and other texts", () => {
    const sessions = new Sessions(TOKENS, 5000);
    const { value } = sessions.create("viewer");
    for (let index = 0; index < value.length; index++) {
      for (const character of ["0", "_", "."]) {
        if (value[index] === character) continue;
        const changed = value.slice(0, index) + character + value.slice(index + 1);
        assert.equal(sessions.read(changed), undefined, changed);
      }
    }
    const [, ...rest] = value.split(".");
    assert.equal(sessions.read(["builder", ...rest].join(".")), undefined);
    for (const text of ["", "s3cret", `${value} `, `${value}.`, value.repeat(2)]) {
      assert.equal(sessions.read(text), undefined, text);
    }
  });

  it("ends a session, and no other", () => {
    const sessions = new Sessions(TOKENS, 5000);
    const [one, two] = [sessions.create("builder"), sessions.create("builder")];
    sessions.end(one.session);
    assert.equal(sessions.read(one.value), undefined);
    assert.deepEqual(sessions.read(two.value), two.session);
  });
});
