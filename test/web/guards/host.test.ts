import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { describe, it } from "node:test";
import { checkHost } from "../../../dist/web/guards/host.js";
import { RawClient } from "../../support/http.js";
import { start } from "../app.js";
import { options, request } from "./request.js";
import type { AddressInfo } from "node:net";

describe("checkHost()", () => {
  for (const host of [
    "build.example",
    "BUILD.example:3000",
    "localhost:3000",
    "127.0.0.1",
    "[::1]:3000",
    "192.0.2.7:80",
    "ci.example:8443",
    "CI.example:8443",
    "www.example",
    "www.example:443",
  ]) {
    it(`knows ${host}`, () => checkHost(request({ host }), options));
  }
  for (const host of [
    "evil.example",
    "ci.example",
    "ci.example:80",
    "www.example:80",
    "www.example:8443",
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

describe("checkForm()", () => {
  const refused: readonly (readonly [string, ...string[]])[] = [
    ["GET /healthz HTTP/1.1", "Host: localhost", "Host: localhost"],
    ["GET /healthz HTTP/1.1", "Host: localhost", "hOST: evil.example"],
    ["GET http://evil.example/healthz HTTP/1.1", "Host: localhost"],
    ["GET http://localhost:81/healthz HTTP/1.1", "Host: localhost"],
    ["POST /api/project/build HTTP/1.0", "Host: localhost", "Transfer-Encoding: chunked"],
    ["POST /api/project/build HTTP/1.1", "Host: localhost", "Transfer-Encoding: gzip, chunked"],
    ["POST /api/project/build HTTP/1.1", "Host: localhost", "Transfer-Encoding: gzip"],
    // Node drops headers after the 1000th: a foreign origin there would pass.
    ["GET /healthz HTTP/1.1", "Host: localhost", ...Array<string>(1000).fill("a:b"), "Origin: https://evil.example"],
  ];
  for (const lines of refused) {
    it(`refuses ${lines.slice(0, 3).join(", ")}`, async (t) => {
      const { port } = await start(t);
      const client = new RawClient(port).send(...lines);
      // Newer versions of Node refuse a request with too many headers themselves.
      assert.match(await client.closed(), /^HTTP\/1\.1 (?:400 Bad Request|431 Request Header Fields Too Large)\r\n/);
    });
  }

  it("refuses HTTP/1.1 without a Host header, with a reply of the app", async (t) => {
    const { app } = await start(t);
    const server = createServer({ requireHostHeader: false }, app.handle).listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const reply = await new RawClient((server.address() as AddressInfo).port).send("GET /healthz HTTP/1.1").closed();
    assert.match(reply, /^HTTP\/1\.1 400 Bad Request\r\n[^]*it has no Host header/);
  });

  it("allows the absolute form of its own host", async (t) => {
    const { port } = await start(t);
    const client = new RawClient(port).send("GET HTTP://LOCALHOST/healthz HTTP/1.1", "Host: localhost");
    assert.match(await client.until("ok"), /^HTTP\/1\.1 200 OK\r\n/);
    client.socket.destroy();
  });
});
