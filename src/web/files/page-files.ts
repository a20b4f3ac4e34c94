import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { sep } from "node:path";
import { gzipSync } from "node:zlib";
import { prefersGzip } from "../../http/accept.ts";
import { addVary } from "../../http/reply.ts";
import { PAGE_POLICY } from "../security-headers.ts";
import { HEADERS } from "../send-error.ts";
import { joinModules } from "./join-modules.ts";
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
 * disk, and a request costs no compression. The script of a document or a worker includes the modules that it imports.
 */
export class PageFiles {
  readonly #files = new Map<string, PageFile>();

  /** @param directory - The folder of the built page. */
  constructor(directory: URL) {
    const paths = readdirSync(directory, { encoding: "utf8", recursive: true });
    const names = paths.map((path) => path.replaceAll(sep, "/"));
    const sources = names.filter((name) => /\.(?:html|js)$/.test(name));
    const entries = new Set(sources.flatMap((name) => entriesIn(new URL(name, directory))));
    for (const name of names) {
      const type = TYPES[name.slice(name.lastIndexOf(".") + 1)];
      if (type === undefined) continue;
      const file = new URL(name, directory);
      const body = entries.has(name) ? Buffer.from(joinModules(file)) : readSource(file);
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

/** Returns the names of the modules that a document, or a module that starts a worker, loads by their address. */
function entriesIn(file: URL): string[] {
  const addresses = readFileSync(file, "utf8").matchAll(/"\/page\/([^"]+\.js)"/g);
  return Array.from(addresses, ([, name = ""]) => name);
}

/**
 * Reads a file. A style sheet includes those that it imports, because one request is faster and one text is smaller.
 * Comments and spaces of style sheets, and the indentation of documents, are left out.
 */
function readSource(file: URL): Buffer {
  const body = readFileSync(file);
  if (file.pathname.endsWith(".html")) return Buffer.from(body.toString().replaceAll(/^ +/gm, ""));
  if (!file.pathname.endsWith(".css")) return body;
  const include = (_: string, path: string): string => readSource(new URL(path, file)).toString();
  const text = body.toString().replaceAll(/^@import "([^"]+)";$/gm, include);
  const bare = text.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/\s+/g, " ").trim();
  return Buffer.from(bare.replaceAll(/ ?([{};]) ?/g, "$1").replaceAll(/(?<=[{;][\w-]+): /g, ":"));
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
