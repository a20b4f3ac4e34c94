import { dropWhenStalled } from "../http/drop-stalled.ts";
import { HttpError } from "../http/http-error.ts";
import { splitTarget } from "../http/request-target.ts";
import { handlerFor } from "../http/router.ts";
import { checkForm, checkHost } from "./guards/host.ts";
import { checkOrigin, sendOptions } from "./guards/origin.ts";
import { setSecurityHeaders } from "./security-headers.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Router } from "../http/router.ts";
import type { Access } from "./guards/access.ts";
import type { OriginOptions } from "./guards/origin.ts";
import type { AppRoute } from "./routes.ts";

/** The guards that need options. */
interface Guards {
  readonly origins: OriginOptions;
  readonly access: Access;
}

/**
 * The time after which a client that does not read a reply is dropped, in milliseconds. Streams have their own
 * deadline.
 */
const STALL_TIMEOUT = 60_000;

/**
 * Passes a request through the guards to the handler of its route.
 *
 * @param obstacle - The reason why the server cannot accept the request now.
 * @throws {HttpError} When a guard or the handler refuses the request. Handlers also throw errors of the library.
 */
export async function dispatch(
  router: Router<AppRoute>,
  { origins, access }: Guards,
  request: IncomingMessage,
  response: ServerResponse,
  obstacle?: string,
): Promise<void> {
  setSecurityHeaders(response);
  dropWhenStalled(response, STALL_TIMEOUT);
  const { method = "" } = request;
  const target = splitTarget(request.url ?? "");
  const { path, search } = target;
  // HTTP/2 has a separate field for the host (RFC 9113 section 8.3.1).
  const authority = target.authority ?? request.headers[":authority"]?.toString();
  if (request.httpVersionMajor >= 2) request.headers.host ??= authority;
  checkForm(request, authority);
  checkHost(request, origins);
  checkOrigin(request, response, origins);
  if (obstacle !== undefined) {
    throw new HttpError("TOO_MANY_REQUESTS", `Cannot answer this request now: ${obstacle}; try again later`);
  }
  const match = router.find(path);
  // A browser sends a preflight without credentials.
  if (match !== undefined && method === "OPTIONS") {
    sendOptions(request, response, match.route);
    return;
  }
  access.check(request, response, match?.route.needs ?? "view");
  if (match === undefined) throw new HttpError("NOT_FOUND", `Cannot find ${path}`);
  const { route, parameter } = match;
  await handlerFor(route, method, path)({ request, response, query: new URLSearchParams(search), parameter });
}
