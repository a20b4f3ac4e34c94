import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkHost, checkOrigin, checkToken, tokenCookie } from "../../dist/web/guards.js";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { GuardOptions } from "../../dist/web/guards.js";

const options: GuardOptions = {
  host: "build.example",
  allowedOrigins: ["https://ci.example:8443"],
  token: "s3cret=;ü",
};

const request = (headers: Record<string, string>, method = "GET"): IncomingMessage =>
  ({ headers, method, socket: { localPort: 3000 } }) as unknown as IncomingMessage;

class Headers {
  readonly set: Record<string, string> = {};
  setHeader(name: string, value: string): void {
    this.set[name] = value;
  }
}

describe("checkHost()", () => {
  for (const host of [
    "build.example",
    "BUILD.example:3000",
    "localhost:3000",
    "127.0.0.1",
    "[::1]:3000",
    "192.0.2.7:80",
    "ci.example:8443",
  ]) {
    it(`knows ${host}`, () => checkHost(request({ host }), options));
  }
  for (const host of [
    "evil.example",
    "localhost.evil.example",
    "build.example.evil",
    "",
    "127.0.0.1.evil.example",
    "[::1",
  ]) {
    it(`refuses ${JSON.stringify(host)}`, () => {
      assert.throws(() => checkHost(request({ host }), options), { code: "FORBIDDEN" });
    });
  }
  it("refuses a request without Host", () =>
    assert.throws(() => checkHost(request({}), options), { code: "FORBIDDEN" }));
});

describe("checkOrigin()", () => {
  const check = (headers: Record<string, string>, method?: string): Record<string, string> => {
    const response = new Headers();
    checkOrigin(
      request({ host: "localhost:3000", ...headers }, method),
      response as unknown as ServerResponse,
      options,
    );
    return response.set;
  };

  it("lets requests pass that come from no page, or from our own", () => {
    assert.deepEqual(check({}), {});
    assert.deepEqual(check({ origin: "http://localhost:3000" }), { Vary: "Origin" });
    assert.deepEqual(check({ "sec-fetch-site": "same-origin" }), {});
    assert.deepEqual(check({ "sec-fetch-site": "none" }), {});
  });

  it("lets an allowed origin in with the CORS headers", () => {
    assert.deepEqual(check({ origin: "https://ci.example:8443", "sec-fetch-site": "cross-site" }, "POST"), {
      Vary: "Origin",
      "Access-Control-Allow-Origin": "https://ci.example:8443",
      "Access-Control-Allow-Credentials": "true",
      "Access-Control-Expose-Headers": "Location, Retry-After",
    });
  });

  for (const origin of [
    "https://evil.example",
    "null",
    "http://localhost:3001",
    "http://ci.example:8443",
    "https://ci.example:8443.evil",
  ]) {
    it(`refuses the origin ${origin}`, () => {
      assert.throws(() => check({ origin }), { code: "FORBIDDEN" });
      assert.throws(() => check({ origin }, "POST"), { code: "FORBIDDEN" });
    });
  }

  it("refuses what other sites embed, but follows their links", () => {
    assert.throws(() => check({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }), { code: "FORBIDDEN" });
    assert.throws(() => check({ "sec-fetch-site": "same-site" }), { code: "FORBIDDEN" });
    assert.throws(() => check({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, "POST"), {
      code: "FORBIDDEN",
    });
    assert.deepEqual(check({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }), {});
  });
});

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
