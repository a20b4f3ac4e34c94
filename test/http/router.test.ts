import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Router } from "../../dist/http/router.js";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpError } from "../../dist/http/http-error.js";

async function dispatch(method: string, url: string | undefined): Promise<unknown> {
  const seen: unknown[] = [];
  const router = new Router({
    "/": { GET: ({ query }) => void seen.push("root", query.get("q")) },
    "/a.b": { GET: () => void seen.push("dot") },
    "/files/*path": { GET: ({ parameter }) => void seen.push("file", parameter) },
    "/things/:id/parts": {
      GET: async ({ parameter }) => void seen.push("parts", parameter),
      POST: () => void seen.push("post"),
    },
  });
  try {
    await router.dispatch({ method, url } as IncomingMessage, {} as ServerResponse);
  } catch (error) {
    const { code, headers } = error as HttpError;
    return [code, headers["Allow"]];
  }
  return seen;
}

describe("Router.dispatch()", () => {
  const cases: readonly (readonly [string, string | undefined, unknown])[] = [
    ["GET", "/", ["root", null]],
    ["HEAD", "/?q=1", ["root", "1"]],
    ["GET", "http://localhost:3000/?q=1?2", ["root", "1?2"]],
    ["GET", "http://localhost:3000", ["root", null]],
    ["GET", "/things/7/parts", ["parts", "7"]],
    ["GET", "/things/%C3%A9/parts", ["parts", "é"]],
    ["GET", "/things/%/parts", ["parts", "%"]],
    ["POST", "/things/7/parts", ["post"]],
    ["DELETE", "/things/7/parts", ["METHOD_NOT_ALLOWED", "GET, HEAD, POST"]],
    ["POST", "/", ["METHOD_NOT_ALLOWED", "GET, HEAD"]],
    ["GET", "/things//parts", ["NOT_FOUND", undefined]],
    ["GET", "/things/7/8/parts", ["NOT_FOUND", undefined]],
    ["GET", "/aXb", ["NOT_FOUND", undefined]],
    ["GET", "/a.b", ["dot"]],
    ["GET", "/files/a", ["file", "a"]],
    ["GET", "/files/a/b.js", ["file", "a/b.js"]],
    ["GET", "/files/%2e%2e/b", ["file", "../b"]],
    ["GET", "/files/", ["NOT_FOUND", undefined]],
    ["POST", "/files/a", ["METHOD_NOT_ALLOWED", "GET, HEAD"]],
    ["GET", "*", ["NOT_FOUND", undefined]],
    ["GET", undefined, ["root", null]],
    ["GET", "//", ["NOT_FOUND", undefined]],
  ];
  for (const [method, url, expected] of cases) {
    it(`${method} ${url}`, async () => assert.deepEqual(await dispatch(method, url), expected));
  }
});
