import type { Reply } from "../../http/reply.ts";
import type { StreamRequest } from "./stream-request.ts";

/** The option `cors`: the pages of other origins that may read a channel's streams. */
export interface CorsOptions {
  /** The exact origins of these pages, such as `"https://app.example"`; or only `"*"` for every origin. */
  origins: readonly string[];
  /** Whether their requests may carry cookies. Not allowed with `"*"`. Default false. */
  credentials?: boolean | undefined;
}

/** The time for which a browser may cache the reply to a preflight request, in seconds. */
const MAX_AGE = 600;

/** Returns the headers that allow the requesting page to read the reply (Fetch standard, section 3.3). */
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
 * Returns the reply to a preflight request, which a browser sends before a `fetch` with custom headers (such as
 * `Last-Event-ID`); `undefined` for other requests, and for an origin that is not allowed.
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
  // This origin may read the stream, and its headers do not extend its rights, so allow them all.
  if (preflightHeaders !== undefined) headers["Access-Control-Allow-Headers"] = preflightHeaders;
  return { status: 204, headers, body: "" };
}
