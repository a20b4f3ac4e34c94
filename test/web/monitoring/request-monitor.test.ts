import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { describe, it } from "node:test";
import { refuseMalformed } from "../../../dist/web/refuse-malformed.js";
import { EventClient, RawClient, ask } from "../../support/http.js";
import { build, buildIn, codeIn, start } from "../app.js";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import type { BuildAppOptions } from "../../../dist/web/build-app-options.js";
import type { LogEntry } from "../../../dist/web/monitoring/log-entry.js";
import type { Setup } from "../app.js";

/** An app whose log can be awaited. */
interface LoggedSetup extends Setup {
  /** The first entry that a test accepts. */
  readonly entry: (test: (entry: LogEntry) => boolean) => Promise<LogEntry>;
}

async function startLogged(t: TestContext, options: Partial<BuildAppOptions> = {}): Promise<LoggedSetup> {
  const entries: LogEntry[] = [];
  const waiting: (() => void)[] = [];
  const onLog = (entry: LogEntry): void => {
    entries.push(entry);
    for (const resolve of waiting.splice(0)) resolve();
  };
  const setup = await start(t, { ...options, onLog });
  const entry = async (test: (entry: LogEntry) => boolean): Promise<LogEntry> => {
    for (;;) {
      const found = entries.find(test);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  return { ...setup, entry };
}

const isPath = (path: string) => (entry: LogEntry) => entry.fields["path"] === path;

describe("RequestMonitor", () => {
  it("logs a HEAD request over HTTP/2 whose stream closes before its reply", async (t) => {
    const { app, port, entry } = await startLogged(t);
    const server = createHttp2Server((request, response) => {
      const [incoming, outgoing] = [request, response] as unknown as Parameters<typeof app.handle>;
      app.handle(incoming, outgoing);
      response.stream.destroy();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    t.after(() => {
      session.destroy();
      server.close();
    });
    session.request({ ":method": "HEAD", ":path": "/api/log/push" }).on("error", () => undefined);
    assert.equal((await entry(isPath("/api/log/push"))).fields["status"], null);
    assert.match((await ask(port, "GET", "/metrics")).text, /^tailcast_requests_under_way 1$/m);
  });

  it("counts and logs requests that were refused before they reached the app", async (t) => {
    const { app, port, entry } = await startLogged(t);
    const server = createServer(app.handle).listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    refuseMalformed(server, (refused) => app.noteMalformed(refused));
    const { port: own } = server.address() as AddressInfo;
    const codes = { "nonsense": "bad-request", "CONNECT a:1 HTTP/1.1": "method-not-allowed" };
    for (const [line, reason] of Object.entries({ ...codes, "GET / HTTP/1.1\r\nExpect: x": "expectation-failed" })) {
      const reply = await new RawClient(own).send(line, "Host: localhost", "Connection: close").closed();
      const { level, fields } = await entry(({ fields: { id } }) => reply.includes(`X-Request-Id: ${id}\r\n`));
      const { id, ...rest } = fields;
      const status = Number(reply.slice(9, 12));
      const unknown = { method: null, path: null, bytes: null, ms: null };
      assert.deepEqual([level, rest], ["info", { ...unknown, status, address: "127.0.0.1", reason }]);
      const metrics = (await ask(port, "GET", "/metrics")).text;
      assert.ok(metrics.includes(`tailcast_requests_refused_total{reason="${reason}"} 1\n`), reason);
      assert.ok(metrics.includes(`tailcast_requests_total{route="other",method="other",status="${status}"} 1\n`), line);
    }
  });

  it("limits the requests of one address, and frees the place of each that is over", async (t) => {
    const { port, entry } = await startLogged(t, { maxRequestsPerAddress: 2 });
    const first = await EventClient.open(port, "/api/log/push");
    const second = await EventClient.open(port, "/api/log/push");
    const refused = await ask(port, "GET", "/api/builds");
    assert.deepEqual([refused.status, codeIn(refused)], [429, "TOO_MANY_REQUESTS"]);
    assert.equal(refused.headers["retry-after"], "10");
    first.close();
    await entry(isPath("/api/log/push"));
    assert.equal((await ask(port, "GET", "/api/builds")).status, 200);
    second.close();
  });

  it("asks an EventSource without a place to return", async (t) => {
    const { port } = await startLogged(t, { maxRequestsPerAddress: 1 });
    const first = await EventClient.open(port, "/api/log/push");
    const second = await EventClient.open(port, "/api/log/push", { Accept: "text/event-stream" });
    await second.ended();
    assert.equal(second.status, 200);
    assert.ok((second.decoder.retry ?? 0) >= 5000);
    first.close();
  });

  it("counts the addresses that a trusted proxy reports, IPv6 by /64", async (t) => {
    const { port } = await startLogged(t, { maxRequestsPerAddress: 1, trustProxy: 1 });
    const status = async (address: string): Promise<number> => {
      return (await ask(port, "GET", "/api/builds", { headers: { "X-Forwarded-For": address } })).status;
    };
    const stream = await EventClient.open(port, "/api/log/push", { "X-Forwarded-For": "2001:db8::1" });
    assert.equal(await status("2001:db8::2"), 429);
    assert.equal(await status("2001:db8:0:1::1"), 200);
    assert.equal(await status("192.0.2.1"), 200);
    stream.close();
  });

  it("frees the places of a pipeline whose connection closes", async (t) => {
    const { port, entry } = await startLogged(t, { maxRequestsPerAddress: 4 });
    const client = new RawClient(port).get("/api/log/push").get("/api/builds").get("/api/projects");
    await client.until("200 OK");
    client.socket.destroy();
    await Promise.all(["/api/log/push", "/api/builds", "/api/projects"].map((path) => entry(isPath(path))));
    const clients = await Promise.all([1, 2, 3, 4].map(() => EventClient.open(port, "/api/log/push")));
    assert.deepEqual(
      clients.map(({ status }) => status),
      [200, 200, 200, 200],
    );
    for (const open of clients) open.close();
  });

  it("logs a stream once, when it is over, with the address of the client", async (t) => {
    const { port, entry } = await startLogged(t, { trustProxy: ["127.0.0.1"] });
    const stream = await EventClient.open(port, "/api/log/push?x=1", { "X-Forwarded-For": "198.51.100.7" });
    stream.close();
    const { level, event, fields } = await entry(isPath("/api/log/push"));
    assert.deepEqual([level, event, fields["status"], fields["address"]], ["info", "request", 200, "198.51.100.7"]);
    assert.equal(fields["id"], stream.headers["x-request-id"]);
    assert.ok(Number(fields["bytes"]) > 0);
  });

  it("logs nothing for the heartbeats of a stream", async (t) => {
    const entries: LogEntry[] = [];
    const { port } = await start(t, { heartbeat: 30, onLog: (entry) => void entries.push(entry) });
    const client = new RawClient(port).get("/api/log/push");
    while ((client.received.match(/^:\r?$/gm) ?? []).length < 3) await once(client.socket, "data");
    assert.deepEqual(entries, []);
    client.socket.destroy();
  });
});

describe("BuildApp: limits per address", () => {
  it("keep places of each stream and of logs for other addresses", async (t) => {
    const { port, stage } = await startLogged(t, { maxClientsPerAddress: 1, trustProxy: 1 });
    const { id } = buildIn(await build(port, "project"));
    await stage.actor("build");
    const from = (address: string): Record<string, string> => ({ "X-Forwarded-For": address });
    const first = await EventClient.open(port, "/api/log/push", from("192.0.2.1"));
    const second = await EventClient.open(port, "/api/log/push", from("192.0.2.1"));
    const other = await EventClient.open(port, "/api/log/push", from("192.0.2.2"));
    await second.ended();
    assert.deepEqual([first.status, second.status, other.status], [200, 200, 200]);

    const log = new RawClient(port).get(`/api/builds/${id}/log`, ["X-Forwarded-For: 192.0.2.1"]);
    await log.until("200 OK");
    const refused = await ask(port, "GET", `/api/builds/${id}/log`, { headers: from("192.0.2.1") });
    assert.deepEqual([refused.status, codeIn(refused)], [503, "TOO_MANY_CLIENTS"]);
    const allowed = new RawClient(port).get(`/api/builds/${id}/log`, ["X-Forwarded-For: 192.0.2.2"]);
    await allowed.until("200 OK");
    for (const client of [first, other]) client.close();
    for (const client of [log, allowed]) client.socket.destroy();
  });
});

describe("BuildMonitor", () => {
  it("logs that a build is accepted, starts and ends", async (t) => {
    const { port, stage, entry } = await startLogged(t);
    const { id } = buildIn(await build(port, "project"));
    (await stage.actor("build")).tell({ action: "exit", code: 3 });
    const ended = await entry(({ event }) => event === "build ended");
    const accepted = await entry(({ event }) => event === "build accepted");
    const started = await entry(({ event }) => event === "build started");
    for (const { fields } of [accepted, started, ended]) assert.equal(fields["build"], id);
    assert.equal(ended.fields["status"], "failed");
    assert.ok(Number(ended.fields["ms"]) > 0);
  });
});
