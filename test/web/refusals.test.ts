import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RawClient, ask } from "../support/http.js";
import { build, codeIn, start } from "./app.js";

describe("BuildApp: refusals", () => {
  it("projects it may not build, by one text for outside and missing", async (t) => {
    const { port, root } = await start(t);
    const texts = new Set<string>();
    for (const path of [
      "missing",
      "..",
      "/",
      "/etc",
      `${root}/../`,
      "project/package.json",
      "x".repeat(5000),
      "a\0b",
    ]) {
      const answer = await build(port, path);
      assert.equal(answer.status, 404, path.slice(0, 50));
      const { code, message } = answer.json["error"] as { code: string; message: string };
      assert.equal(code, "PROJECT_NOT_FOUND");
      if (path.length < 1000 && !path.includes("\0")) texts.add(message);
    }
    assert.equal(texts.size, 1, [...texts].join("\n"));
  });

  const unbuildable = [
    ["scriptless", "NO_SCRIPT"],
    ["broken", "INVALID_MANIFEST"],
    ["empty", "NO_MANIFEST"],
  ] as const;
  for (const [name, code] of unbuildable) {
    it(`a project with 422 ${code}`, async (t) => {
      const { port } = await start(t);
      const answer = await build(port, name);
      assert.deepEqual([answer.status, codeIn(answer)], [422, code]);
      assert.deepEqual((await ask(port, "GET", "/api/builds")).json, { builds: [], next: null });
    });
  }

  it("bodies it cannot read", async (t) => {
    const { port } = await start(t);
    const json = { "Content-Type": "application/json" };
    const cases: readonly (readonly [number, string, Record<string, string>, string | Uint8Array])[] = [
      [400, "BAD_REQUEST", json, "{"],
      [400, "BAD_REQUEST", json, "[]"],
      [400, "BAD_REQUEST", json, "null"],
      [400, "BAD_REQUEST", json, ""],
      [400, "BAD_REQUEST", json, "{}"],
      [400, "BAD_REQUEST", json, '{"projectPath":""}'],
      [400, "BAD_REQUEST", json, '{"projectPath":"  "}'],
      [400, "BAD_REQUEST", json, '{"projectPath":7}'],
      [400, "BAD_REQUEST", json, '{"projectPath":"project","script":""}'],
      [400, "BAD_REQUEST", json, '{"projectPath":"project","script":null}'],
      [400, "BAD_REQUEST", json, '{"projectPath":"project","script":["build"]}'],
      [400, "BAD_REQUEST", json, '{"projectPath":"project","install":"fast"}'],
      [400, "BAD_REQUEST", json, '{"projectPath":"project","install":true}'],
      [400, "BAD_REQUEST", { "Content-Type": "application/x-www-form-urlencoded" }, "projectPath=project&install="],
      [422, "NO_SCRIPT", json, '{"projectPath":"project","script":"deploy"}'],
      [422, "NO_SCRIPT", json, '{"projectPath":"project","script":"--version"}'],
      [400, "BAD_REQUEST", json, Buffer.from('{"projectPath":"\xff"}', "latin1")],
      [400, "BAD_REQUEST", { "Content-Type": "application/x-www-form-urlencoded" }, "projectPath="],
      [400, "BAD_REQUEST", { "Content-Type": "application/x-www-form-urlencoded" }, ""],
      [400, "BAD_REQUEST", {}, ""],
      [413, "BODY_TOO_LARGE", json, JSON.stringify({ projectPath: "x".repeat(70_000) })],
      [415, "UNSUPPORTED_MEDIA_TYPE", { "Content-Type": "text/plain" }, '{"projectPath":"project"}'],
      [415, "UNSUPPORTED_MEDIA_TYPE", {}, '{"projectPath":"project"}'],
    ];
    for (const [status, code, headers, body] of cases) {
      const answer = await ask(port, "POST", "/api/project/build", { headers, body });
      assert.deepEqual(
        [answer.status, codeIn(answer)],
        [status, code],
        String(body).slice(0, 60),
      );
      assert.match((answer.json["error"] as { message: string }).message, /^Cannot /);
    }
    assert.deepEqual((await ask(port, "GET", "/api/builds")).json, { builds: [], next: null });
  });

  it("a body that breaks off, without harm to others", async (t) => {
    const { port } = await start(t);
    const client = new RawClient(port);
    const head = [
      "POST /api/project/build HTTP/1.1",
      "Host: localhost",
      "Content-Type: application/json",
      "Content-Length: 100",
    ];
    client.socket.write([...head, "", '{"proj'].join("\r\n"), () => client.socket.resetAndDestroy());
    await client.closed();
    assert.equal((await ask(port, "GET", "/healthz")).status, 200);
  });

  it("unknown paths and builds, and other methods", async (t) => {
    const { port } = await start(t);
    for (const [method, path, status, code] of [
      ["GET", "/nowhere", 404, "NOT_FOUND"],
      ["GET", "/page/../package.json", 404, "NOT_FOUND"],
      ["GET", "/page/%2e%2e%2fserver.js", 404, "NOT_FOUND"],
      ["GET", "/api/builds/0123456789abcdef", 404, "BUILD_NOT_FOUND"],
      ["GET", "/api/builds/..%2f..%2fetc/log", 404, "BUILD_NOT_FOUND"],
      ["GET", "/api/builds/x/events", 404, "BUILD_NOT_FOUND"],
      ["POST", "/api/builds/x/cancel", 404, "BUILD_NOT_FOUND"],
      ["GET", "/api/project/build", 405, "METHOD_NOT_ALLOWED"],
      ["DELETE", "/api/builds", 405, "METHOD_NOT_ALLOWED"],
      ["POST", "/api/log/push", 405, "METHOD_NOT_ALLOWED"],
    ] as const) {
      const answer = await ask(port, method, path);
      assert.deepEqual(
        [answer.status, codeIn(answer)],
        [status, code],
        `${method} ${path}`,
      );
      if (status === 405) assert.ok(answer.headers.allow);
    }
  });

  it("foreign hosts and origins, before anything happens", async (t) => {
    const { port } = await start(t);
    for (const headers of [
      { Host: "evil.example" },
      { Origin: "https://evil.example" },
      { "Sec-Fetch-Site": "cross-site" },
    ]) {
      assert.equal((await build(port, "project", headers as Record<string, string>)).status, 403);
      assert.equal(
        (await ask(port, "GET", "/api/log/push", { headers: headers as Record<string, string> })).status,
        403,
      );
    }
    assert.deepEqual((await ask(port, "GET", "/api/builds")).json, { builds: [], next: null });
  });
});
