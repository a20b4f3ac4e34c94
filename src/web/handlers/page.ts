import { HttpError } from "../../http/http-error.ts";
import { checkToken, tokenCookie } from "../guards/token.ts";
import { PageFiles } from "../page-files.ts";
import type { Exchange, Handler } from "../../http/router.ts";
import type { TokenOptions } from "../guards/token.ts";

/** The page and its files. */
export function pageHandlers(guard: TokenOptions): { readonly page: Handler; readonly file: Handler } {
  const files = new PageFiles(new URL("../../page/", import.meta.url));
  const sendFile = ({ request, response }: Exchange, name: string): void => {
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
  };
}
