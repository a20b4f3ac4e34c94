import { HttpError } from "../../http/http-error.ts";
import { checkToken, tokenCookie } from "../guards/token.ts";
import { PageFiles } from "../page-files.ts";
import type { Exchange, Handler } from "../../http/router.ts";
import type { TokenOptions } from "../guards/token.ts";

/** The page, its files, and the modules of `src/terminal`, which it shares with the server. */
export function pageHandlers(guard: TokenOptions): Readonly<Record<"page" | "file" | "terminalFile", Handler>> {
  const pageFiles = new PageFiles(new URL("../../page/", import.meta.url));
  const terminalFiles = new PageFiles(new URL("../../terminal/", import.meta.url));
  const sendFile = ({ request, response }: Exchange, name: string, files = pageFiles): void => {
    if (!files.answer(request, response, name)) throw new HttpError("NOT_FOUND", `Cannot find the file ${name}`);
  };
  return {
    page: (exchange) => {
      const { request, response, query } = exchange;
      const cookie = tokenCookie(request, query.get("token"), guard);
      if (cookie === undefined) {
        checkToken(request, guard);
        sendFile(exchange, "index.html");
      } else {
        // The token must not stay in the address.
        query.delete("token");
        const rest = query.size === 0 ? "" : `?${query}`;
        response.writeHead(303, { "Set-Cookie": cookie, Location: `/${rest}`, "Cache-Control": "no-store" }).end();
      }
    },
    file: (exchange) => sendFile(exchange, exchange.parameter),
    terminalFile: (exchange) => sendFile(exchange, exchange.parameter, terminalFiles),
  };
}
