import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { sep } from "node:path";
import { PAGE_POLICY } from "./security-headers.ts";
import { HEADERS } from "./send-error.ts";
import type { IncomingMessage, ServerResponse } from "node:http";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

const POLICY: Readonly<Record<string, string>> = { "Content-Security-Policy": PAGE_POLICY };

interface PageFile {
  readonly body: Buffer;
  readonly type: string;
  readonly tag: string;
}

/** The files of the page. They are read once, so that a path from a request is never used to read the disk. */
export class PageFiles {
  readonly #files = new Map<string, PageFile>();

  /** @param directory - The folder of the built page. */
  constructor(directory: URL) {
    for (const path of readdirSync(directory, { encoding: "utf8", recursive: true })) {
      const name = path.replaceAll(sep, "/");
      const type = TYPES[name.slice(name.lastIndexOf(".") + 1)];
      if (type === undefined) continue;
      const body = readFileSync(new URL(name, directory));
      const tag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
      this.#files.set(name, { body, type, tag });
    }
  }

  /** Answers a GET or HEAD for a file. The name is the path below the directory. Returns whether the file exists. */
  answer(request: IncomingMessage, response: ServerResponse, name: string): boolean {
    const file = this.#files.get(name);
    if (file === undefined) return false;
    // Browsers must revalidate each file at each load, so that a new version is used at the next load.
    const headers = { "Cache-Control": "no-cache", ETag: file.tag };
    if (request.headers["if-none-match"] === file.tag) response.writeHead(304, { ...headers, ...POLICY }).end();
    else send(response, 200, headers, file);
    return true;
  }

  /** Answers with a file instead of the requested page, because the client must sign in. */
  answerUnauthorized(response: ServerResponse, name: string): void {
    const file = this.#files.get(name);
    if (file === undefined) throw new Error(`there is no ${name}`);
    send(response, 401, { "Cache-Control": "no-store", ...HEADERS[401] }, file);
  }
}

function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  { body, type }: PageFile,
): void {
  response.writeHead(status, { ...headers, ...POLICY, "Content-Type": type, "Content-Length": body.length }).end(body);
}
