import { HttpError } from "../../http/http-error.ts";
import { PageFiles } from "../page-files.ts";
import type { Exchange, Handler } from "../../http/router.ts";
import type { Access } from "../guards/access.ts";

/**
 * Handlers of the page or the sign-in page, their files, and the modules of `src/terminal`, which the page shares with
 * the server.
 */
export function pageHandlers(access: Access): Readonly<Record<"page" | "file" | "terminalFile", Handler>> {
  const pageFiles = new PageFiles(new URL("../../page/", import.meta.url));
  const terminalFiles = new PageFiles(new URL("../../terminal/", import.meta.url));
  const sendFile = ({ request, response, parameter }: Exchange, files: PageFiles): void => {
    if (!files.answer(request, response, parameter)) throw new HttpError("NOT_FOUND", `Cannot find ${parameter}`);
  };
  return {
    page: ({ request, response, query }) => {
      const identity = access.identify(request);
      const code = query.get("code");
      const isLink = code !== null && request.method === "GET" && identity?.role !== "builder";
      const signedIn = isLink ? access.redeem(request, code) : undefined;
      if (signedIn !== undefined) {
        // Redirect, so that a reload does not use the code again.
        query.delete("code");
        const rest = query.size === 0 ? "" : `?${query}`;
        const headers = { "Set-Cookie": signedIn.cookie, Location: `/${rest}`, "Cache-Control": "no-store" };
        response.writeHead(303, headers).end();
      } else if (identity !== undefined) {
        pageFiles.answer(request, response, "index.html");
      } else if (request.headers.accept?.includes("text/html") === true) {
        pageFiles.answerUnauthorized(response, "sign-in.html");
      } else {
        access.check(request, response, "view");
      }
    },
    file: (exchange) => sendFile(exchange, pageFiles),
    terminalFile: (exchange) => sendFile(exchange, terminalFiles),
  };
}
