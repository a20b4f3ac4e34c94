import { dropWhenStalled } from "../http/drop-stalled.ts";
import { HttpError } from "../http/http-error.ts";
import { splitTarget } from "../http/request-target.ts";
import { handlerFor } from "../http/router.ts";
import { checkForm, checkHost } from "./guards/host.ts";
import { checkOrigin, sendOptions } from "./guards/origin.ts";
import { checkToken } from "./guards/token.ts";
import { setSecurityHeaders } from "./security-headers.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Router } from "../http/router.ts";
import type { OriginOptions } from "./guards/origin.ts";
import type { TokenOptions } from "./guards/token.ts";
import type { AppRoute } from "./routes.ts";

/** The options of all guards. */
interface GuardOptions extends OriginOptions, TokenOptions {}

/** After how many milliseconds a client that does not read a reply is dropped; streams have a deadline of their own. */
const STALL_TIMEOUT = 60_000;

/**
 * Passes a request through the guards to the handler of its route.
 *
 * @throws {HttpError} When a guard, or the handler, refuses it; handlers also throw errors of the library.
 */
export async function dispatch(
  router: Router<AppRoute>,
  guard: GuardOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  setSecurityHeaders(response);
  dropWhenStalled(response, STALL_TIMEOUT);
  const { method = "" } = request;
  const { authority, path, search } = splitTarget(request.url ?? "");
  checkForm(request, authority);
  checkHost(request, guard);
  checkOrigin(request, response, guard);
  const match = router.find(path);
  // A browser sends a preflight without credentials.
  if (match !== undefined && method === "OPTIONS") {
    sendOptions(request, response, match.route);
    return;
  }
  if (match?.route.isOpen !== true) checkToken(request, guard);
  if (match === undefined) throw new HttpError("NOT_FOUND", `Cannot find ${path}`);
  const { route, parameter } = match;
  await handlerFor(route, method, path)({ request, response, query: new URLSearchParams(search), parameter });
}
