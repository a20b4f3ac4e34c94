/** Every kind of reply has the security headers, over HTTP/1.1 and over HTTP/2. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { connect, createServer as createHttp2Server } from "node:http2";
import { describe, it } from "node:test";
import { BuildApp } from "../../dist/web/build-app.js";
import { refuseMalformed } from "../../dist/web/refuse-malformed.js";
import { routes } from "../../dist/web/routes.js";
import { makeFolder } from "../support/folders.js";
import { RawClient } from "../support/http.js";
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { IncomingHttpHeaders as Http2Headers } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { TestContext } from "node:test";
import type { Services } from "../../dist/web/routes.js";

const NAMES = [
  "content-security-policy",
  "cross-origin-opener-policy",
  "cross-origin-resource-policy",
  "referrer-policy",
  "x-content-type-options",
];

/** The head of a reply. */
interface Head {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

type Ask = (method: string, path: string, headers?: Record<string, string>, body?: string) => Promise<Head>;

function assertSecure(headers: IncomingHttpHeaders, what: string): void {
  assert.deepEqual(NAMES.filter((name) => headers[name] === undefined), [], what);
  assert.equal(headers["x-content-type-options"], "nosniff", what);
  assert.match(String(headers["content-security-policy"]), /^default-src 'none'/, what);
}

async function listen(t: TestContext, handle: RequestListener): Promise<number> {
  const server = createServer(handle).listen(0, "127.0.0.1");
  refuseMalformed(server);
  await once(server, "listening");
  t.after(() => (server.close(), server.closeAllConnections()));
  return (server.address() as AddressInfo).port;
}

/** Asks over HTTP/1.1. */
async function openHttp1(t: TestContext, handle: RequestListener): Promise<Ask> {
  const port = await listen(t, handle);
  return async (method, path, headers = {}, body) => {
    const call = request({ port, host: "127.0.0.1", method, path, headers, agent: false });
    call.on("error", () => undefined);
    call.end(body);
    const [response] = (await once(call, "response")) as [IncomingMessage];
    call.destroy();
    return { status: response.statusCode ?? 0, headers: response.headers };
  };
}

/** Asks over HTTP/2. */
async function openHttp2(t: TestContext, handle: RequestListener): Promise<Ask> {
  const server = createHttp2Server(handle as never).listen(0, "127.0.0.1");
  refuseMalformed(server);
  await once(server, "listening");
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.after(() => (session.destroy(), server.close()));
  return async (method, path, { Host: host, ...headers } = {}, body) => {
    const target = method === "CONNECT" ? { ":authority": path } : { ":path": path };
    const authority = host === undefined ? {} : { ":authority": host };
    const stream = session.request({ ":method": method, ...target, ...authority, ...headers }, { endStream: false });
    stream.on("error", () => undefined);
    stream.end(body);
    const [reply] = (await once(stream, "response")) as [Http2Headers & { ":status"?: number }];
    stream.close();
    return { status: reply[":status"] ?? 0, headers: reply };
  };
}

for (const [name, open] of Object.entries({ "HTTP/1.1": openHttp1, "HTTP/2": openHttp2 })) {
  describe(`the security headers over ${name}`, () => {
    for (const token of [undefined, "s3cret"]) {
      it(`are on the reply of every route to every method, ${token ? "with" : "without"} a token`, async (t) => {
        const app = await BuildApp.open({ roots: [await makeFolder(t, { "empty/": "" })], token });
        t.after(() => app.close());
        const ask = await open(t, app.handle);
        const statuses = new Set<number>();
        for (const route of [...Object.keys(routes({ settings: {} } as Services)), "/nowhere"]) {
          const path = route.replace(":id", "0123456789abcdef").replace("*file", "main.js");
          for (const method of ["GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"]) {
            const { status, headers } = await ask(method, path);
            assertSecure(headers, `${method} ${path} (${status})`);
            statuses.add(status);
          }
        }
        const expected = token === undefined ? [200, 204, 404, 405] : [200, 204, 401, 405];
        for (const status of expected) assert.ok(statuses.has(status), String(status));
      });
    }

    it("are on every kind of refusal, on redirects and on replies without a body", async (t) => {
      const root = await makeFolder(t, { "empty/": "" });
      const options = { token: "s3cret", allowedOrigins: ["https://ci.example"] };
      const app = await BuildApp.open({ roots: [root], ...options });
      t.after(() => app.close());
      const ask = await open(t, app.handle);
      const bearer = { Authorization: "Bearer s3cret" };
      const json = { ...bearer, "Content-Type": "application/json" };
      const { headers } = await ask("GET", "/page/main.js");
      const build = "/api/project/build";
      const cases: readonly (readonly [number, string, string, Record<string, string>?, string?])[] = [
        [303, "GET", `/?code=${app.createSignInCode()}`],
        [304, "GET", "/page/main.js", { "If-None-Match": String(headers.etag) }],
        [400, "POST", build, json, "{"],
        [401, "GET", "/api/builds", { Authorization: "Bearer wrong" }],
        [403, "GET", "/healthz", { Host: "evil.example" }],
        [403, "GET", "/healthz", { Origin: "https://evil.example" }],
        [403, "GET", "/healthz", { "Sec-Fetch-Site": "cross-site" }],
        [404, "POST", build, json, '{"projectPath":"missing"}'],
        [413, "POST", build, json, JSON.stringify({ projectPath: "x".repeat(70_000) })],
        [415, "POST", build, { ...bearer, "Content-Type": "text/plain" }, "x"],
        [417, "GET", "/healthz", { Expect: "the-unexpected" }],
        [422, "POST", build, json, '{"projectPath":"empty"}'],
        [204, "OPTIONS", "/api/builds", { Origin: "https://ci.example", "Access-Control-Request-Method": "GET" }],
        ...(name === "HTTP/2" ? [[405, "CONNECT", "example.com:443"] as const] : []),
      ];
      for (const [status, method, path, sent, body] of cases) {
        const reply = await ask(method, path, sent, body);
        assert.equal(reply.status, status, `${method} ${path}`);
        assertSecure(reply.headers, `${status} ${method} ${path}`);
      }
    });
  });
}

describe("refuseMalformed()", () => {
  /** The headers of a raw reply. */
  const headersOf = (reply: string): IncomingHttpHeaders => {
    const fields = reply.slice(0, reply.indexOf("\r\n\r\n")).matchAll(/^([\w-]+): (.*)$/gm);
    return Object.fromEntries(Array.from(fields, ([, name = "", value = ""]) => [name.toLowerCase(), value.trim()]));
  };

  it("answers bytes that are not HTTP with the security headers and a JSON error, and closes", async (t) => {
    const port = await listen(t, () => assert.fail("it reached the app"));
    for (const [status, code, lines] of [
      ["400 Bad Request", "BAD_REQUEST", ["nonsense"]],
      ["400 Bad Request", "BAD_REQUEST", ["GET / HTTP/1.1", "Host: localhost", "Bad Name: 1"]],
      ["431 Request Header Fields Too Large", "HEADERS_TOO_LARGE", ["GET / HTTP/1.1", `X: ${"x".repeat(20_000)}`]],
      ["405 Method Not Allowed", "METHOD_NOT_ALLOWED", ["CONNECT example.com:443 HTTP/1.1", "Host: example.com:443"]],
      ["417 Expectation Failed", "EXPECTATION_FAILED", [
        "GET / HTTP/1.1", "Host: localhost", "Expect: x", "Connection: close",
      ]],
    ] as const) {
      const reply = await new RawClient(port).send(...lines).closed();
      assert.ok(reply.startsWith(`HTTP/1.1 ${status}\r\n`), reply);
      assertSecure(headersOf(reply), status);
      const body = JSON.parse(reply.slice(reply.indexOf("\r\n\r\n"))) as { error: { code: string } };
      assert.equal(body.error.code, code);
    }
  });

  it("answers a request whose chunks are broken, when its reply has not started", async (t) => {
    const port = await listen(t, (call) => void call.resume());
    const client = new RawClient(port);
    client.send("POST / HTTP/1.1", "Host: localhost", "Transfer-Encoding: chunked");
    client.socket.write("no chunk\r\n");
    assert.match(await client.closed(), /^HTTP\/1\.1 400 Bad Request\r\n/);
  });

  it("writes nothing into a reply that has started", async (t) => {
    const port = await listen(t, (_, response) => void response.write("stream"));
    for (const line of ["nonsense", "CONNECT example.com:443 HTTP/1.1"]) {
      const client = new RawClient(port).get("/");
      await client.until("stream");
      client.send(line, "Host: example.com:443");
      assert.equal((await client.closed()).match(/HTTP\/1\.1/g)?.length, 1, line);
    }
  });

  it("answers again after a reply that is over", async (t) => {
    const port = await listen(t, (_, response) => void response.end("first"));
    const client = new RawClient(port).get("/");
    await client.until("first");
    client.send("nonsense");
    assert.match(await client.closed(), /first(?:\r\n0\r\n\r\n)?HTTP\/1\.1 400 Bad Request\r\n/);
  });

  it("writes no refusal in the place of a reply before it", async (t) => {
    for (const line of ["nonsense", "CONNECT example.com:443 HTTP/1.1"]) {
      let arrive = (): void => undefined;
      const arrived = new Promise<void>((resolve) => (arrive = resolve));
      const port = await listen(t, () => arrive());
      const client = new RawClient(port).get("/");
      await arrived;
      assert.equal(await client.send(line, "Host: example.com:443").closed(), "", line);
    }
  });

  it("survives a client that resets its connection behind CONNECT", async (t) => {
    const server = createServer().listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const client = new RawClient((server.address() as AddressInfo).port);
    // It leaves before the refusal is written.
    server.on("connect", () => client.socket.resetAndDestroy());
    refuseMalformed(server);
    const [socket] = (await Promise.all([
      once(server, "connection").then(([opened]) => opened as Socket),
      client.send("CONNECT example.com:443 HTTP/1.1", "Host: example.com:443").closed(),
    ])) as [Socket, string];
    if (!socket.closed) await once(socket, "close");
    assert.equal(socket.errored?.message, "write ECONNRESET");
  });

  it("drops the bytes behind a request that closes the connection, and completes the replies before", async (t) => {
    const first: ServerResponse[] = [];
    const server = createServer((call, response) => {
      if (call.url === "/last") response.end("last");
      else first.push(response.writeHead(200, { "Content-Length": 5 }));
      response.flushHeaders();
    }).listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    refuseMalformed(server);
    const client = new RawClient((server.address() as AddressInfo).port).get("/");
    await client.until("200 OK");
    const refused = once(server, "clientError");
    client.get("/last", ["Connection: close"]).get("/too-late");
    await refused;
    first[0]?.end("first");
    assert.match(await client.closed(), /\r\n\r\nfirstHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nlast$/);
  });
});
