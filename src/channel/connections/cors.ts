import type { Reply } from "../../http/reply.ts";
import type { StreamRequest } from "./stream-request.ts";

/** The pages of other origins that may read a channel's streams, as the option `cors` says. */
export interface CorsOptions {
  /** The exact origins of these pages, such as `"https://app.example"`; or `"*"` alone for every origin. */
  origins: readonly string[];
  /** Whether their requests may carry cookies. Not together with `"*"`. Default false. */
  credentials?: boolean | undefined;
}

/** How long a browser may remember the reply to a preflight request, in seconds. */
const MAX_AGE = 600;

/** The headers that let the page that made this request read the reply (Fetch standard, section 3.3). */
export function corsHeaders(cors: CorsOptions | undefined, origin: string | undefined): Record<string, string> {
  if (cors === undefined) return {};
  if (cors.origins.includes("*")) return { "Access-Control-Allow-Origin": "*" };
  // Caches must distinguish requests of different origins, and those without an origin.
  const vary = { Vary: "Origin" };
  if (origin === undefined || !cors.origins.includes(origin)) return vary;
  const credentials = cors.credentials === true ? { "Access-Control-Allow-Credentials": "true" } : {};
  return { "Access-Control-Allow-Origin": origin, ...credentials, ...vary };
}

/**
 * The reply to a preflight request, which a browser sends before a `fetch` with headers of the page's own
 * (`Last-Event-ID` is one); `undefined` when the request is not one, or its origin is not allowed.
 */
export function preflightReply(
  cors: CorsOptions | undefined,
  request: StreamRequest,
  methods: readonly string[],
): Reply | undefined {
  const { method, origin, preflightMethod, preflightHeaders } = request;
  if (cors === undefined || method !== "OPTIONS" || preflightMethod === undefined) return undefined;
  if (origin === undefined || (!cors.origins.includes(origin) && !cors.origins.includes("*"))) return undefined;
  const headers: Record<string, string> = {
    "Access-Control-Allow-Methods": methods.join(", "),
    "Access-Control-Max-Age": String(MAX_AGE),
  };
  // The origin is allowed to read the stream: the headers that it sends grant it nothing more.
  if (preflightHeaders !== undefined) headers["Access-Control-Allow-Headers"] = preflightHeaders;
  return { status: 204, headers, body: "" };
}
