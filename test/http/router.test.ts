import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { splitTarget } from "../../dist/http/request-target.js";
import { Router, handlerFor } from "../../dist/http/router.js";
import type { HttpError } from "../../dist/http/http-error.js";
import type { Exchange, Route } from "../../dist/http/router.js";

async function dispatch(method: string, url: string): Promise<unknown> {
  const seen: unknown[] = [];
  const router = new Router<Route>({
    "/": { GET: ({ query }) => void seen.push("root", query.get("q")) },
    "/a.b": { GET: () => void seen.push("dot") },
    "/files/*path": { GET: ({ parameter }) => void seen.push("file", parameter) },
    "/things/:id/parts": {
      GET: async ({ parameter }) => void seen.push("parts", parameter),
      POST: () => void seen.push("post"),
    },
  });
  const { path, search } = splitTarget(url);
  const match = router.find(path);
  if (match === undefined) return undefined;
  const exchange = { query: new URLSearchParams(search), parameter: match.parameter } as Exchange;
  try {
    await handlerFor(match.route, method, path)(exchange);
  } catch (error) {
    const { code, headers } = error as HttpError;
    return [code, headers["Allow"]];
  }
  return seen;
}

describe("Router", () => {
  const cases: readonly (readonly [string, string, unknown])[] = [
    ["GET", "/", ["root", null]],
    ["HEAD", "/?q=1", ["root", "1"]],
    ["GET", "http://localhost:3000/?q=1?2", ["root", "1?2"]],
    ["GET", "http://localhost:3000", ["root", null]],
    ["GET", "/things/7/parts", ["parts", "7"]],
    ["GET", "/things/%C3%A9/parts", ["parts", "é"]],
    ["GET", "/things/%/parts", ["parts", "%"]],
    ["POST", "/things/7/parts", ["post"]],
    ["DELETE", "/things/7/parts", ["METHOD_NOT_ALLOWED", "GET, HEAD, POST, OPTIONS"]],
    ["POST", "/", ["METHOD_NOT_ALLOWED", "GET, HEAD, OPTIONS"]],
    ["GET", "/things//parts", undefined],
    ["GET", "/things/7/8/parts", undefined],
    ["GET", "/aXb", undefined],
    ["GET", "/a.b", ["dot"]],
    ["GET", "/files/a", ["file", "a"]],
    ["GET", "/files/a/b.js", ["file", "a/b.js"]],
    ["GET", "/files/%2e%2e/b", ["file", "../b"]],
    ["GET", "/files/", undefined],
    ["POST", "/files/a", ["METHOD_NOT_ALLOWED", "GET, HEAD, OPTIONS"]],
    ["GET", "*", undefined],
    ["GET", "", ["root", null]],
    ["GET", "//", undefined],
  ];
  for (const [method, url, expected] of cases) {
    it(`${method} ${url}`, async () => assert.deepEqual(await dispatch(method, url), expected));
  }
});
