import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { HttpError } from "../../http/http-error.ts";
import { isBuildId } from "../../runner/build-id.ts";
import { PageFiles } from "../files/page-files.ts";
import type { ServerResponse } from "node:http";
import type { Handler } from "../../http/router.ts";
import type { Access } from "../guards/access.ts";

/** Handlers of the page or the sign-in page, and of their files. */
export function pageHandlers(access: Access): Readonly<Record<"page" | "file", Handler>> {
  // Not `new URL("../../assets/", import.meta.url)`: Turbopack, the bundler of Next, would search a module there.
  const pageFiles = new PageFiles(pathToFileURL(join(import.meta.dirname, "../../assets/")));
  return {
    page: ({ request, response, query, parameter }) => {
      const path = parameter === "" ? "/" : `/builds/${encodeURIComponent(parameter)}`;
      const buildId = query.get("build");
      const identity = access.identify(request);
      const code = query.get("code");
      const isLink = code !== null && request.method === "GET" && identity?.role !== "builder";
      const signedIn = isLink ? access.redeem(request, code) : undefined;
      if (signedIn !== undefined) {
        // Redirect, so that a reload does not use the code again.
        query.delete("code");
        redirect(response, path, query, { "Set-Cookie": signedIn.cookie });
      } else if (path === "/" && buildId !== null && isBuildId(buildId)) {
        // Links of earlier versions.
        query.delete("build");
        redirect(response, `/builds/${buildId}`, query);
      } else if (identity !== undefined) {
        pageFiles.answer(request, response, "index.html");
      } else if (request.headers.accept?.includes("text/html") === true) {
        pageFiles.answerUnauthorized(request, response, "sign-in.html");
      } else {
        access.check(request, response, "view");
      }
    },
    file: ({ request, response, parameter }) => {
      if (!pageFiles.answer(request, response, parameter)) throw new HttpError("NOT_FOUND", `Cannot find ${parameter}`);
    },
  };
}

/** Redirects a browser. It keeps the fragment of the address, which the server does not know. */
function redirect(
  response: ServerResponse,
  path: string,
  query: URLSearchParams,
  headers: Readonly<Record<string, string>> = {},
): void {
  const location = query.size === 0 ? path : `${path}?${query}`;
  response.writeHead(303, { ...headers, Location: location, "Cache-Control": "no-store" }).end();
}
