import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkOrigin } from "../../../dist/web/guards/origin.js";
import { ask } from "../../support/http.js";
import { start } from "../app.js";
import { PROXY, options, request } from "./request.js";
import type { ServerResponse } from "node:http";

describe("checkOrigin()", () => {
  const check = (headers: Record<string, string>, method?: string, more = {}): Record<string, string> => {
    const set: Record<string, string> = {};
    const response = { setHeader: (name: string, value: string) => void (set[name] = value) };
    const incoming = request({ host: "localhost:3000", ...headers }, method);
    checkOrigin(incoming, response as unknown as ServerResponse, { ...options, ...more });
    return set;
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
      "Access-Control-Expose-Headers": "Location, Retry-After",
    });
  });

  it("lets the pages of an allowed origin send the cookie only when that is asked for", () => {
    const set = check({ origin: "https://www.example" }, "GET", { allowCredentials: true });
    assert.equal(set["Access-Control-Allow-Credentials"], "true");
  });

  it("refuses the host of an allowed origin with another scheme", () => {
    assert.deepEqual(check({ host: "www.example", origin: "https://www.example" })["Vary"], "Origin");
    assert.throws(() => check({ host: "www.example", origin: "http://www.example" }), { code: "FORBIDDEN" });
  });

  it("refuses the server's own name with another scheme than a trusted proxy, or TLS, reports", () => {
    const own = (origin: string, more: Record<string, string>, socket: object): (() => unknown) => {
      const incoming = request({ host: "localhost:3000", origin, ...more }, "GET", socket);
      return () => checkOrigin(incoming, { setHeader: () => undefined } as unknown as ServerResponse, options);
    };
    const https = { "x-forwarded-proto": "https" };
    own("https://localhost:3000", https, { remoteAddress: PROXY })();
    own("http://localhost:3000", https, { remoteAddress: "198.51.100.7" })();
    assert.throws(own("http://localhost:3000", https, { remoteAddress: PROXY }), { code: "FORBIDDEN" });
    assert.throws(own("http://localhost:3000", {}, { encrypted: true }), { code: "FORBIDDEN" });
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

  it("refuses requests that other sites embed, but accepts their links", () => {
    assert.throws(() => check({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }), { code: "FORBIDDEN" });
    assert.throws(() => check({ "sec-fetch-site": "same-site" }), { code: "FORBIDDEN" });
    assert.throws(() => check({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, "POST"), {
      code: "FORBIDDEN",
    });
    assert.deepEqual(check({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }), {});
  });
});

describe("sendOptions()", () => {
  for (const [path, allow] of [
    ["/", "GET, HEAD, OPTIONS"],
    ["/page/main.js", "GET, HEAD, OPTIONS"],
    ["/api/builds/0123456789abcdef/cancel", "POST, OPTIONS"],
    ["/api/project/build", "POST, OPTIONS"],
    ["/healthz", "GET, HEAD, OPTIONS"],
  ] as const) {
    it(`answers OPTIONS ${path} with the methods of the route, with and without a page`, async (t) => {
      const { port } = await start(t, { allowedOrigins: ["https://ci.example"], token: "s3cret" });
      const plain = await ask(port, "OPTIONS", path);
      assert.deepEqual([plain.status, plain.headers.allow, plain.text], [204, allow, ""]);
      assert.equal(plain.headers["access-control-allow-methods"], undefined);
      const headers = { Origin: "https://ci.example", "Access-Control-Request-Method": "POST" };
      const preflight = await ask(port, "OPTIONS", path, { headers });
      assert.deepEqual([preflight.status, preflight.headers.allow], [204, allow]);
      assert.equal(preflight.headers["access-control-allow-methods"], allow.replace(", OPTIONS", ""));
      const refused = await ask(port, "DELETE", path, { headers: { Authorization: "Bearer s3cret" } });
      assert.deepEqual([refused.status, refused.headers.allow], [405, allow]);
    });
  }
});
