import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, describe, it } from "node:test";
import { Channel } from "../../dist/index.js";
import { check } from "../../dist/doctor/check.js";
import { formatReport } from "../../dist/doctor/report.js";
import { TestServer } from "../support/http.js";
import { serveTls } from "../support/tls-server.ts";
import type { TestContext } from "node:test";
import type { RequestListener } from "node:http";
import type { CheckReport } from "../../dist/doctor/check.js";

const ORIGIN = "https://app.example";

async function serve(t: TestContext, handler: RequestListener): Promise<string> {
  const server = await TestServer.start(handler);
  t.after(() => server.close());
  return `http://127.0.0.1:${server.port}/events`;
}

/** A channel with an event every 50 ms. */
function publish(t: TestContext, options: ConstructorParameters<typeof Channel>[0] = {}): Channel {
  const channel = new Channel({ backlog: 5, ...options });
  const timer = setInterval(() => channel.publish(`at ${performance.now()}`), 50);
  t.after(() => {
    clearInterval(timer);
    return channel.close();
  });
  return channel;
}

const faults = ({ findings }: CheckReport): string[] =>
  findings.filter(({ level }) => level !== "ok").map(({ id, evidence }) => `${id}: ${evidence}`);

const idsOf = ({ findings }: CheckReport): string[] => findings.map(({ id }) => id);

describe("check", { concurrency: true }, () => {
  it("has nothing to say against a channel, with CORS and compression too", async (t) => {
    const cors = { origins: [ORIGIN], credentials: true };
    const channel = publish(t, { cors, compress: true });
    const url = await serve(t, (request, response) => void channel.handle(request, response));
    const report = await check(url, { watch: 1200, origin: ORIGIN });
    assert.deepEqual(faults(report), []);
    for (const id of ["resume", "unknown-id", "encoding", "cors", "preflight", "head", "http10", "arrival"] as const) {
      assert.ok(idsOf(report).includes(id), id);
    }
    assert.ok(report.events > 5);
    assert.ok(report.requests <= 11, String(report.requests));
  });

  it("has nothing to say against a channel over HTTP/2", async (t) => {
    const channel = publish(t);
    const port = await serveTls(t, (request, response) => void channel.handle(request, response));
    const failure = { message: /self-signed certificate; NODE_EXTRA_CA_CERTS/ };
    await assert.rejects(check(`https://127.0.0.1:${port}/`), failure);
    // The certificate of the test is its own authority.
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    after(() => delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"]);
    const report = await check(`https://127.0.0.1:${port}/`, { watch: 1000 });
    assert.deepEqual(faults(report), []);
    assert.equal(report.findings.find(({ id }) => id === "http-version")?.evidence, "HTTP/2");
  });

  it("has nothing to say against a channel that ended", async (t) => {
    const channel = new Channel({ backlog: "all" });
    for (let count = 0; count < 5; count += 1) channel.publish("a");
    channel.end();
    const report = await check(await serve(t, (request, response) => void channel.handle(request, response)));
    assert.deepEqual(faults(report), []);
    assert.ok(idsOf(report).includes("end-204"));
    assert.ok(report.watched < 2000);
  });

  it("sends headers, and drops secret ones when a redirect leaves the origin", async (t) => {
    const seen: (string | undefined)[][] = [];
    const note: RequestListener = ({ url, headers }, response) => {
      seen.push([url, headers.authorization, headers.cookie, headers["x-app"] as string | undefined]);
      response.writeHead(204).end();
    };
    const target = await serve(t, note);
    const url = await serve(t, (_, response) => void response.writeHead(302, { Location: target }).end());
    const headers = { "Authorization": "Bearer secret", "Cookie": "a=b", "X-App": "c" };
    const report = await check(url, { headers });
    assert.deepEqual(seen, [["/events", undefined, undefined, "c"]]);
    assert.deepEqual([idsOf(report), report.url], [["redirected", "status-204"], target]);
    await check(target, { headers });
    assert.deepEqual(seen[1], ["/events", "Bearer secret", "a=b", "c"]);
    const { url: shown } = await check(target.replace("//", "//me:p%C3%A9@"));
    assert.deepEqual([shown, seen[2]?.[1]], [target, `Basic ${btoa("me:p\u00c3\u00a9")}`]);
  });

  it("says only that a page is not an event stream", async (t) => {
    const url = await serve(t, (_, response) => {
      response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html>\n<p>\n");
    });
    const report = await check(url);
    assert.deepEqual(faults(report), ["content-type-wrong: Content-Type: text/html"]);
    assert.deepEqual(idsOf(report), ["content-type-wrong"]);
  });

  it("needs no CORS for the origin of the stream", async (t) => {
    const channel = publish(t);
    const url = await serve(t, (request, response) => void channel.handle(request, response));
    const report = await check(url, { watch: 400, origin: new URL(url).origin });
    assert.deepEqual(faults(report), []);
    assert.ok(idsOf(report).includes("same-origin"));
  });

  it("sends a POST once, and nothing else", async (t) => {
    const seen: string[] = [];
    const url = await serve(t, async (request, response) => {
      let body = "";
      for await (const piece of request) body += String(piece);
      seen.push(`${request.method} ${request.headers["content-type"]} ${body}`);
      const head = { "Content-Type": "text/event-stream", "Cache-Control": "no-store, no-transform" };
      response.writeHead(200, { ...head, "X-Accel-Buffering": "no" }).end("data: a\n\n");
    });
    const report = await check(url, { body: '{"a":"é"}', headers: { "Content-Type": "application/json" } });
    assert.deepEqual(faults(report), []);
    assert.deepEqual([report.events, seen], [1, ['POST application/json {"a":"é"}']]);
  });

  it("ends in a loop of redirects", async (t) => {
    const url = await serve(t, (_, response) => void response.writeHead(302, { Location: "/again" }).end());
    const report = await check(url);
    assert.deepEqual(faults(report), ["status-refused: status 302"]);
    assert.equal(report.requests, 6);
  });

  it("throws when no connection is possible", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    const failure = { code: "STREAM_LOST", message: /^Cannot reach http:\/\/127\.0\.0\.1:\d+\/: connect ECONNREFUSED/ };
    await assert.rejects(check(`http://127.0.0.1:${port}/`), failure);
  });

  it("refuses wrong options", async () => {
    for (const [url, options] of [
      ["nothing", {}],
      ["ftp://127.0.0.1/", {}],
      ["http://127.0.0.1/", { watch: 5 }],
      ["http://127.0.0.1/", { origin: "app.example" }],
      ["http://127.0.0.1/", { origin: "https://app.example/path" }],
      ["http://127.0.0.1/", { orign: ORIGIN }],
      ["http://127.0.0.1/", { headers: { a: 5 } }],
    ] as [string, object][]) {
      await assert.rejects(check(url, options), { code: "INVALID_OPTION" }, JSON.stringify(options));
    }
  });
});

// A flood keeps the event loop busy, and the checks above need the loop at certain times.
describe("check of a flood", () => {
  it("stops early when a stream sends more than it can record", async (t) => {
    const text = `data: ${"x".repeat(1024 * 1024)}\n\n`;
    const url = await serve(t, ({ method }, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      if (method === "HEAD") return void response.end();
      const write = (): void => {
        while (!response.destroyed && response.write(text));
      };
      write();
      response.on("drain", write);
    });
    const report = await check(url, { watch: 60_000 });
    assert.equal(report.events, 31);
    assert.ok(report.watched < 30_000);
  });
});

describe("formatReport", () => {
  it("shows the wrong findings first, each with its reason, section and remedy", async (t) => {
    const url = await serve(t, (_, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream\x85" }).end("data: a\n\ndata: a\n");
    });
    const report = await check(url, { watch: 300 });
    const text = formatReport(report, (level, words) => `<${level}>${words}`);
    assert.match(text, /^http:\/\/127\.0\.0\.1:\d+\/events: 1 event in [\d.]+ s, 5 requests\n\n<wrong>Wrong\n/);
    assert.match(text, /<wrong>[^]*<doubtful>[^]*<ok>/);
    assert.ok(text.includes("Seen: Content-Type: text/event-stream<U+0085>\n"));
    assert.ok(text.includes("Seen: line 3: data: a\\n\n"));
    assert.ok(text.includes("(HTML 9.2.3)\n    Remedy: Send Content-Type: text/event-stream.\n"));
    assert.ok(text.split("\n").every((line) => line.length <= 80), text);
    assert.match(text, /\n\n\d+ wrong, \d+ doubtful, \d+ right\n$/);
  });
});
