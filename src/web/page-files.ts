import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { sep } from "node:path";
import { PAGE_POLICY } from "./security-headers.ts";
import type { IncomingMessage, ServerResponse } from "node:http";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** The page's files, read once: a few dozen kilobytes, and no path from outside ever reaches the disk. */
export class PageFiles {
  readonly #files = new Map<string, { body: Buffer; type: string; tag: string }>();

  /** @param directory - Where the page was built to. */
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

  /** Answers a GET or HEAD for a file, named by its path below the directory. Returns whether there is such a file. */
  answer(request: IncomingMessage, response: ServerResponse, name: string): boolean {
    const file = this.#files.get(name);
    if (file === undefined) return false;
    const headers = {
      // Asked for each time, and seldom sent again: a new version shows at the next load.
      "Cache-Control": "no-cache",
      ETag: file.tag,
      "Content-Security-Policy": PAGE_POLICY,
    };
    if (request.headers["if-none-match"] === file.tag) response.writeHead(304, headers).end();
    else
      response
        .writeHead(200, { ...headers, "Content-Type": file.type, "Content-Length": file.body.length })
        .end(file.body);
    return true;
  }
}
