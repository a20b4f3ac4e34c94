import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { formatEntry, isLogged } from "../../dist/log-format.js";
import { RawClient, ask } from "../support/http.js";
import { Program } from "../support/program.js";
import type { LogEntry } from "../../dist/web/monitoring/log-entry.js";

const ENTRY: LogEntry = {
  time: "2026-01-02T03:04:05.006Z",
  level: "warn",
  event: "request",
  fields: { path: "/a b\u001b[2J\u009b\u202e\n", status: null, ms: 7 },
};

describe("formatEntry()", () => {
  it("writes one line of text without control characters", () =>
    assert.equal(
      formatEntry(ENTRY, "text"),
      '2026-01-02T03:04:05.006Z warn request path="/a b\\u001b[2J\\u009b\\u202e\\n" status=- ms=7\n',
    ));

  it("writes one line of JSON without control characters", () => {
    const line = formatEntry(ENTRY, "json");
    assert.match(line, /^[\x20-\x7e]+\n$/);
    assert.deepEqual(JSON.parse(line), { time: ENTRY.time, level: "warn", event: "request", ...ENTRY.fields });
  });
});

describe("isLogged()", () => {
  it("drops entries that are less important than the level", () =>
    assert.deepEqual(
      (["error", "warn", "info", "debug"] as const).map((level) => isLogged(ENTRY, level)),
      [false, true, true, true],
    ));
});

describe("server: the log", () => {
  it("has one line for each request on stderr, and never a query, a cookie or a token", async (t) => {
    const token = "t0ken-of-the-server-0123456789abcdef";
    const options = ["--port", "0", "--token", token, "--log-level", "debug", "--log-format", "json"];
    const program = new Program(t, options);
    const port = await program.port();
    const headers = { Authorization: `Bearer ${token}`, Cookie: "a=hidden-cookie" };
    const { headers: own } = await ask(port, "GET", `/api/builds?token=${token}&limit=1`, { headers });
    await ask(port, "GET", "/hidden?query");
    const raw = new RawClient(port).send("GET /api/%1b[2J HTTP/1.1", "Host: localhost", "Connection: close");
    await raw.closed();
    const lines = (): Record<string, unknown>[] => {
      const found = program.stderr.split("\n").filter((line) => line.startsWith("{"));
      return found.map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    while (lines().length < 3) await once(program.child.stderr, "data");
    assert.deepEqual(
      lines().map(({ level, method, path, status, address }) => [level, method, path, status, address]),
      [
        ["info", "GET", "/api/builds", 200, "127.0.0.1"],
        ["warn", "GET", "/hidden", 401, "127.0.0.1"],
        ["warn", "GET", "/api/%1b[2J", 401, "127.0.0.1"],
      ],
    );
    assert.equal(lines()[0]?.["id"], own["x-request-id"]);
    assert.ok(Number(lines()[0]?.["bytes"]) > 100);
    assert.doesNotMatch(program.stderr, /t0ken|limit=|query|hidden-cookie|Bearer/);
    assert.equal(program.stdout, `http://127.0.0.1:${port}\n`);
  });

  it("has no line for a successful request by default", async (t) => {
    const program = new Program(t, ["--port", "0"]);
    const port = await program.port();
    await ask(port, "GET", "/");
    await ask(port, "GET", "/nothing");
    program.child.kill("SIGTERM");
    await program.ended;
    assert.match(program.stderr, /^tailcast: builds are stored in .*\n$/);
  });
});
