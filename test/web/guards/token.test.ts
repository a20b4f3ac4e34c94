import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bearerSecrets, roleOf } from "../../../dist/web/guards/token.js";
import { request } from "./request.js";

describe("roleOf()", () => {
  const tokens = { token: "s3cret", viewerToken: "v13wer" };

  it("knows builders and viewers by their tokens", () => {
    assert.equal(roleOf("s3cret", tokens), "builder");
    assert.equal(roleOf("v13wer", tokens), "viewer");
    assert.equal(roleOf("v13wer", { ...tokens, viewerToken: undefined }), undefined);
    for (const secret of ["", "s3cre", "s3cret ", "S3cret"]) assert.equal(roleOf(secret, tokens), undefined, secret);
    assert.equal(roleOf("undefined", { token: undefined, viewerToken: undefined }), undefined);
  });
});

describe("bearerSecrets()", () => {
  const secretsOf = (authorization: string): readonly string[] => bearerSecrets(request({ authorization }));

  it("reads a bearer token as it is, and percent-decoded", () => {
    assert.deepEqual(secretsOf("Bearer s3cret"), ["s3cret"]);
    assert.deepEqual(secretsOf("bearer  s3cret"), ["s3cret"]);
    const encoded = encodeURIComponent("s3cret=;ü");
    assert.deepEqual(secretsOf(`Bearer ${encoded}`), [encoded, "s3cret=;ü"]);
    assert.deepEqual(secretsOf("Bearer 100%"), ["100%"]);
  });

  it("finds none in other headers", () => {
    assert.deepEqual(bearerSecrets(request({})), []);
    for (const value of ["", "Bearer", "Basic s3cret", "Bearer a b"]) assert.deepEqual(secretsOf(value), []);
  });
});
