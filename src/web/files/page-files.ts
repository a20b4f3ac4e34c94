import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { sep } from "node:path";
import { gzipSync } from "node:zlib";
import { prefersGzip } from "../../http/accept.ts";
import { addVary } from "../../http/reply.ts";
import { PAGE_POLICY } from "../security-headers.ts";
import { HEADERS } from "../send-error.ts";
import type { IncomingMessage, ServerResponse } from "node:http";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

const POLICY: Readonly<Record<string, string>> = { "Content-Security-Policy": PAGE_POLICY };

/** One coding of a file. Each has its own ETag (RFC 9110 section 8.8.3.3). */
interface Representation {
  readonly body: Buffer;
  readonly tag: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface PageFile {
  readonly plain: Representation;
  readonly gzip: Representation;
}

/**
 * The files of the page. They are read and compressed once, so that a path from a request is never used to read the
 * disk, and a request costs no compression.
 */
export class PageFiles {
  readonly #files = new Map<string, PageFile>();

  /** @param directory - The folder of the built page. */
  constructor(directory: URL) {
    const paths = readdirSync(directory, { encoding: "utf8", recursive: true });
    for (const path of paths) {
      const name = path.replaceAll(sep, "/");
      const type = TYPES[name.slice(name.lastIndexOf(".") + 1)];
      if (type === undefined) continue;
      const body = readFileSync(new URL(name, directory));
      const hash = createHash("sha256").update(body).digest("base64url").slice(0, 22);
      const headers = { "Content-Type": type };
      this.#files.set(name, {
        plain: { body, tag: `"${hash}"`, headers },
        gzip: {
          body: gzipSync(body, { level: 9 }),
          tag: `"${hash}-gzip"`,
          headers: { ...headers, "Content-Encoding": "gzip" },
        },
      });
    }
  }

  /** Answers a GET or HEAD for a file. The name is the path below the directory. Returns whether the file exists. */
  answer(request: IncomingMessage, response: ServerResponse, name: string): boolean {
    const file = this.#files.get(name);
    if (file === undefined) return false;
    const chosen = negotiate(file, request, response);
    // Browsers must revalidate each file at each load, so that a new version is used at the next load.
    const headers = { "Cache-Control": "no-cache", ETag: chosen.tag };
    if (isCurrent(request.headers["if-none-match"], chosen.tag)) {
      response.writeHead(304, { ...headers, ...POLICY }).end();
    } else send(response, 200, headers, chosen);
    return true;
  }

  /** Answers with a file instead of the requested page, because the client must sign in. */
  answerUnauthorized(request: IncomingMessage, response: ServerResponse, name: string): void {
    const file = this.#files.get(name);
    if (file === undefined) throw new Error(`there is no ${name}`);
    const headers = { "Cache-Control": "no-store", ...HEADERS[401] };
    send(response, 401, headers, negotiate(file, request, response));
  }
}

function negotiate(file: PageFile, request: IncomingMessage, response: ServerResponse): Representation {
  addVary(response);
  return prefersGzip(request.headers["accept-encoding"]?.toString()) ? file.gzip : file.plain;
}

/** Whether `If-None-Match` lists an ETag (RFC 9110 section 13.1.2). Proxies that compress make ETags weak. */
function isCurrent(ifNoneMatch: string | undefined, tag: string): boolean {
  const listed = ifNoneMatch?.split(",").map((entry) => entry.trim().replace(/^W\//, "")) ?? [];
  return listed.includes(tag) || listed.includes("*");
}

function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  { body, headers: own }: Representation,
): void {
  response.writeHead(status, { ...headers, ...POLICY, ...own, "Content-Length": body.length }).end(body);
}
