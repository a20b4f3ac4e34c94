import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkToken, tokenCookie } from "../../../dist/web/guards/token.js";
import { PROXY, options, request } from "./request.js";

describe("checkToken()", () => {
  it("asks for nothing when there is no token", () => checkToken(request({}), { ...options, token: undefined }));

  it("takes the bearer token and the cookie", () => {
    const plain = { ...options, token: "s3cret" };
    checkToken(request({ authorization: "Bearer s3cret" }), plain);
    checkToken(request({ authorization: "bearer  s3cret" }), plain);
  });

  it("takes back the cookie that it gave, whatever is in the token, and tells it to nobody", () => {
    const cookie = tokenCookie(request({}), "s3cret=;ü", options) ?? "";
    assert.match(cookie, /^tailcast-3000=[0-9a-f]{64}; HttpOnly; SameSite=Lax; Path=\/$/);
    checkToken(request({ cookie: `a=b; ${cookie.split(";")[0]}; c=d` }), options);
    assert.throws(() => checkToken(request({ cookie: cookie.replace("3000", "3001") }), options), {
      code: "UNAUTHORIZED",
    });
    assert.equal(tokenCookie(request({}), "wrong", options), undefined);
    assert.equal(tokenCookie(request({}), null, options), undefined);
    assert.equal(tokenCookie(request({}), "x", { ...options, token: undefined }), undefined);
  });

  it("tries every cookie of its name, so that a planted one locks nobody out", () => {
    const cookie = (tokenCookie(request({}), "s3cret=;ü", options) ?? "").split(";")[0];
    checkToken(request({ cookie: `tailcast-3000=planted; ${cookie}` }), options);
    checkToken(request({ cookie: `${cookie};tailcast-3000=planted` }), options);
    assert.throws(() => checkToken(request({ cookie: "tailcast-3000=a; tailcast-3000=b" }), options), {
      code: "UNAUTHORIZED",
    });
  });

  it("keeps the cookie from connections without TLS where the browser uses TLS", () => {
    const isSecure = (headers: Record<string, string>, socket?: object): boolean => {
      return tokenCookie(request(headers, "GET", socket), "s3cret=;ü", options)?.endsWith("; Secure") === true;
    };
    assert.equal(isSecure({ host: "localhost:3000" }), false);
    assert.equal(isSecure({ host: "localhost:3000", "x-forwarded-proto": "http" }), false);
    const forwarded = { host: "localhost:3000", "x-forwarded-proto": "https" };
    assert.equal(isSecure(forwarded), false);
    assert.equal(isSecure(forwarded, { remoteAddress: PROXY }), true);
    assert.equal(isSecure({ host: "ci.example:8443" }), true);
    assert.equal(isSecure({ host: "localhost:3000" }, { encrypted: true }), true);
  });

  it("takes a token of any characters, percent-encoded", () => {
    checkToken(request({ authorization: `Bearer ${encodeURIComponent("s3cret=;ü")}` }), options);
  });

  for (const headers of [
    {},
    { authorization: "Bearer" },
    { authorization: "Basic s3cret" },
    { authorization: "Bearer s3cre" },
    { cookie: "tailcast-3000=" },
    { cookie: "tailcast-3000=s3cret" },
  ] as const) {
    it(`refuses ${JSON.stringify(headers)}`, () => {
      assert.throws(() => checkToken(request(headers), { ...options, token: "s3cret" }), { code: "UNAUTHORIZED" });
    });
  }
});
