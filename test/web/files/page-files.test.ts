import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { PageFiles } from "../../../dist/web/files/page-files.js";
import { makeFolder } from "../../support/folders.js";
import { TestServer } from "../../support/http.js";
import { start } from "../app.js";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { TestContext } from "node:test";

/** The limit of the bytes that a browser receives to show the page for the first time. */
const MAX_PAGE_BYTES = 60_000;

const TEXT = `export const text = "${"page ".repeat(200)}";\n`;

const FILES = { "main.js": TEXT, "new/worker.js": TEXT, "notes.txt": "secret" };

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function ask(port: number, path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Reply> {
  const outgoing = request({ port, host: "127.0.0.1", path, method, headers, agent: false }).end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) };
}

/** A server for the files of a folder; `/401` is the sign-in page. */
async function serve(t: TestContext): Promise<number> {
  const folder = await makeFolder(t, FILES);
  const files = new PageFiles(pathToFileURL(`${folder}/`));
  const server = await TestServer.start((incoming, response) => {
    response.setHeader("Vary", "Origin");
    if (incoming.url === "/401") files.answerUnauthorized(incoming, response, "main.js");
    else if (!files.answer(incoming, response, incoming.url?.slice(1) ?? "")) response.writeHead(404).end();
  });
  t.after(() => server.close());
  return server.port;
}

const GZIP = { "Accept-Encoding": "gzip, deflate, br, zstd" };

describe("PageFiles", () => {
  it("sends the coding that the client prefers, and a tag for each coding", async (t) => {
    const port = await serve(t);
    const plain = await ask(port, "/main.js");
    const gzip = await ask(port, "/main.js", GZIP);
    assert.deepEqual([plain.status, plain.body.toString(), plain.headers["content-encoding"]], [200, TEXT, undefined]);
    assert.deepEqual([gzip.status, gunzipSync(gzip.body).toString()], [200, TEXT]);
    assert.deepEqual([gzip.headers["content-encoding"], gzip.body.length < 100], ["gzip", true]);
    assert.notEqual(gzip.headers.etag, plain.headers.etag);
    for (const { headers, body } of [plain, gzip]) {
      assert.equal(headers["vary"], "Origin, Accept-Encoding");
      assert.equal(headers["content-type"], "text/javascript; charset=utf-8");
      assert.equal(headers["content-length"], String(body.length));
      assert.match(String(headers.etag), /^"[\w-]+"$/);
    }
    for (const value of ["identity", "gzip;q=0", "br", "gzip;q=0.5, identity", "*;q=0"]) {
      const { headers } = await ask(port, "/main.js", { "Accept-Encoding": value });
      assert.deepEqual([headers["content-encoding"], headers.etag], [undefined, plain.headers.etag], value);
    }
  });

  it("replies 304 to the tag of the coding that it would send, also in a list or weak", async (t) => {
    const port = await serve(t);
    const tags = new Map<Record<string, string>, string>();
    for (const accept of [{}, GZIP]) tags.set(accept, String((await ask(port, "/main.js", accept)).headers.etag));
    const [plain = "", gzip = ""] = tags.values();
    for (const [accept, tag] of tags) {
      for (const value of [tag, `W/${tag}`, `"x", ${tag}`, "*"]) {
        const { status, headers, body } = await ask(port, "/main.js", { ...accept, "If-None-Match": value });
        assert.deepEqual([status, headers.etag, body.length], [304, tag, 0], value);
        assert.deepEqual([headers["vary"], headers["cache-control"]], ["Origin, Accept-Encoding", "no-cache"]);
        assert.equal(headers["content-encoding"], undefined);
      }
      for (const value of [tag === plain ? gzip : plain, tag.slice(1, -1), '""', `"${tag}`]) {
        assert.equal((await ask(port, "/main.js", { ...accept, "If-None-Match": value })).status, 200, value);
      }
    }
  });

  it("answers HEAD with the head of GET", async (t) => {
    const port = await serve(t);
    for (const accept of [{}, GZIP]) {
      const { headers: expected } = await ask(port, "/main.js", accept);
      const { status, headers, body } = await ask(port, "/main.js", accept, "HEAD");
      assert.deepEqual([status, { ...headers, date: "" }, body.length], [200, { ...expected, date: "" }, 0]);
    }
  });

  it("has the files of every folder, but no other types", async (t) => {
    const port = await serve(t);
    assert.equal((await ask(port, "/new/worker.js")).status, 200);
    for (const path of ["/notes.txt", "/new", "/../page-files.js", "/main.js.gz"]) {
      assert.equal((await ask(port, path)).status, 404, path);
    }
  });

  it("compresses the sign-in page as well, which is never stored", async (t) => {
    const { status, headers, body } = await ask(await serve(t), "/401", GZIP);
    assert.deepEqual([status, headers["content-encoding"], headers["cache-control"]], [401, "gzip", "no-store"]);
    assert.deepEqual([headers.etag, gunzipSync(body).toString()], [undefined, TEXT]);
  });
});

describe("the page", () => {
  it(`has less than ${MAX_PAGE_BYTES} bytes, compressed, with every file that it loads`, async (t) => {
    const { port } = await start(t);
    const paths = new Set(["/"]);
    const reference = /(?:\b(?:from|import|href|src)\b ?[=(]?|\bURL\() ?"([^":]+\.(?:js|css|svg))"|"(\/page\/[^"]+)"/g;
    let total = 0;
    for (const path of paths) {
      const { status, headers, body } = await ask(port, path, GZIP);
      assert.deepEqual([status, headers["content-encoding"]], [200, "gzip"], path);
      total += body.length;
      for (const [, relative, absolute = relative] of gunzipSync(body).toString().matchAll(reference)) {
        paths.add(new URL(absolute ?? "", `http://localhost${path}`).pathname);
      }
    }
    for (const path of ["/page/main.js", "/page/style.css", "/page/icon.svg"]) {
      assert.ok(paths.has(path), `${path} among ${[...paths].join(" ")}`);
    }
    t.diagnostic(`${total} bytes in ${paths.size} files`);
    assert.ok(total < MAX_PAGE_BYTES, `${total} bytes in ${paths.size} files`);
  });
});
