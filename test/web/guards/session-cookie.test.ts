import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cookieValues, sessionCookie } from "../../../dist/web/guards/session-cookie.js";
import { PROXY, options, request } from "./request.js";

describe("sessionCookie()", () => {
  const cookie = (headers: Record<string, string>, socket?: object): string => {
    return sessionCookie(request(headers, "GET", socket), "value", 5000, options);
  };

  it("is for this server's requests only", () => {
    assert.equal(cookie({}), "tailcast-3000=value; HttpOnly; SameSite=Strict; Path=/; Max-Age=5");
  });

  it("stays off connections without TLS where the browser uses TLS", () => {
    const isSecure = (headers: Record<string, string>, socket?: object): boolean => {
      return cookie(headers, socket).endsWith("; Secure");
    };
    assert.equal(isSecure({ host: "localhost:3000" }), false);
    assert.equal(isSecure({ host: "localhost:3000", "x-forwarded-proto": "http" }), false);
    const forwarded = { host: "localhost:3000", "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.9" };
    assert.equal(isSecure(forwarded), false);
    assert.equal(isSecure(forwarded, { remoteAddress: PROXY }), true);
    assert.equal(isSecure({ host: "ci.example:8443" }), true);
    assert.equal(isSecure({ host: "localhost:3000" }, { encrypted: true }), true);
  });
});

describe("cookieValues()", () => {
  it("finds every cookie of the name, so that a planted one locks nobody out", () => {
    const valuesOf = (cookie: string): readonly string[] => cookieValues(request({ cookie }));
    assert.deepEqual(valuesOf("a=b; tailcast-3000=one;tailcast-3000=two; c=d"), ["one", "two"]);
    assert.deepEqual(valuesOf("tailcast-3001=one; xtailcast-3000=two"), []);
    assert.deepEqual(cookieValues(request({})), []);
  });
});
