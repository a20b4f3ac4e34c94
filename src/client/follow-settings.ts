import { MAX_DELAY, checkInteger, checkNames, checkValue, kinds } from "../check-options.ts";
import { invalidOption } from "../error.ts";
import { DEFAULT_MAX_EVENT_BYTES } from "../protocol/decode.ts";
import { decodeLastEventId } from "../protocol/event-id.ts";
import type { OptionNames } from "../check-options.ts";
import type { FetchFunction, FollowOptions, RequestBody, RequestHeaders, RetryOptions } from "./follow-options.ts";

const optionNames: OptionNames<FollowOptions> = {
  signal: true,
  headers: true,
  method: true,
  body: true,
  lastEventId: true,
  fetch: true,
  maxEventBytes: true,
  retry: true,
  silence: true,
  retryStatuses: true,
  anyContentType: true,
  onConnection: true,
};

const retryNames: OptionNames<RetryOptions> = { initial: true, min: true, max: true, attempts: true };

/** The statuses of proxies and busy servers. */
const BUSY_STATUSES: readonly number[] = [429, 502, 503, 504];

/** A token (RFC 9110, 5.6.2), as the name of a method is. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The methods that `fetch` refuses. */
const FORBIDDEN_METHODS: readonly string[] = ["CONNECT", "TRACE", "TRACK"];

/** The options of `follow()`, checked, with their defaults. */
export interface FollowSettings {
  readonly url: string;
  readonly signal: AbortSignal | undefined;
  /** Returns the headers of the next request, without `Last-Event-ID`. */
  readonly headers: () => Promise<Headers>;
  readonly method: string;
  /** Returns the body of the next request. */
  readonly body: () => Promise<RequestBody | undefined>;
  readonly lastEventId: string;
  readonly fetch: FetchFunction;
  readonly maxEventBytes: number;
  readonly retry: Readonly<Record<keyof RetryOptions, number>>;
  readonly silence: number;
  readonly retryStatuses: readonly number[];
  readonly anyContentType: boolean;
  readonly onConnection: NonNullable<FollowOptions["onConnection"]>;
}

/** @throws {TailcastError} `INVALID_OPTION`, naming the option. */
export function followSettings(url: string | URL, options: FollowOptions): FollowSettings {
  checkNames(options, optionNames);
  const { signal, lastEventId, fetch = runtimeFetch, anyContentType = false, onConnection = () => undefined } = options;
  const { method = "GET", maxEventBytes = DEFAULT_MAX_EVENT_BYTES, silence = Infinity } = options;
  const { address, authorization } = readAddress(url);
  const headers = headersOf(options.headers, authorization);
  return {
    url: address,
    signal: signal === undefined ? undefined : checkValue("signal", signal, kinds.abortSignal),
    headers: headers.next,
    method: checkMethod(method),
    body: bodyOf(options.body, method),
    lastEventId: lastEventId === undefined ? headers.lastEventId : checkLastEventId(lastEventId),
    fetch: checkValue("fetch", fetch, kinds.function),
    maxEventBytes: checkInteger("maxEventBytes", maxEventBytes, { min: 1 }),
    retry: retryOf(options.retry),
    silence: silence === Infinity ? silence : checkInteger("silence", silence, { min: 1, max: MAX_DELAY }),
    retryStatuses: statusesOf(options.retryStatuses),
    anyContentType: checkValue("anyContentType", anyContentType, kinds.boolean),
    onConnection: checkValue("onConnection", onConnection, kinds.function),
  };
}

/** Called at each connection, so that a replaced `globalThis.fetch` is used, as in tests. */
const runtimeFetch: FetchFunction = (url, init) => globalThis.fetch(url, init);

/** Moves credentials from the URL, where `fetch` refuses them, to a header. */
function readAddress(url: string | URL): { address: string; authorization: string | undefined } {
  let parsed: URL;
  try {
    // A page may follow a relative address.
    const { location } = globalThis as { location?: { href: string } };
    parsed = new URL(url, location?.href);
  } catch (error) {
    throw invalidOption("url", `it is not a valid URL`, error);
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
    throw invalidOption("url", `it must start with http:// or https://, not ${parsed.protocol}`);
  }
  const { username, password } = parsed;
  if (username === "" && password === "") return { address: parsed.href, authorization: undefined };
  parsed.username = "";
  parsed.password = "";
  const bytes = new TextEncoder().encode(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return { address: parsed.href, authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
}

function headersOf(
  headers: FollowOptions["headers"],
  authorization: string | undefined,
): { next: () => Promise<Headers>; lastEventId: string } {
  const complete = (own: RequestHeaders): Headers => {
    const all = new Headers(own as Record<string, string>);
    if (!all.has("accept")) all.set("accept", "text/event-stream");
    // Not all runtimes send this for the cache mode "no-store", as the Fetch standard does. A page leaves it to the
    // browser: a script that sets it needs the permission of another origin.
    if (!isPage() && !all.has("cache-control")) all.set("cache-control", "no-cache");
    if (authorization !== undefined && !all.has("authorization")) all.set("authorization", authorization);
    // The stream sets the last event ID; the header would repeat an old one.
    all.delete("last-event-id");
    return all;
  };
  if (typeof headers === "function") return { next: async () => complete(await headers()), lastEventId: "" };
  try {
    const own = new Headers((headers ?? {}) as Record<string, string>);
    const lastEventId = own.get("last-event-id") ?? "";
    return { next: async () => complete(own), lastEventId: decodeLastEventId(lastEventId) };
  } catch (error) {
    throw invalidOption("headers", "they are not valid names and values of headers", error);
  }
}

/** Whether this is a page or a worker of a browser. */
function isPage(): boolean {
  return (globalThis as { location?: unknown }).location !== undefined;
}

function checkLastEventId(lastEventId: string): string {
  if (!/[\0\r\n]/.test(checkValue("lastEventId", lastEventId, kinds.text))) return lastEventId;
  throw invalidOption("lastEventId", "an id contains no NUL, CR or LF");
}

function checkMethod(method: string): string {
  const name = checkValue("method", method, kinds.filledText);
  if (TOKEN.test(name) && !FORBIDDEN_METHODS.includes(name.toUpperCase())) return name.toUpperCase();
  throw invalidOption("method", `fetch cannot send ${JSON.stringify(name)}`);
}

function bodyOf(body: FollowOptions["body"], method: string): FollowSettings["body"] {
  if (body === undefined) return async () => undefined;
  if (["GET", "HEAD"].includes(method.toUpperCase())) {
    throw invalidOption("body", `a ${method} request cannot have a body; set method to "POST"`);
  }
  if (typeof body === "function") return async () => (body as () => RequestBody | Promise<RequestBody>)();
  if (typeof body === "string") return async () => body;
  const value = checkValue("body", body, kinds.object);
  // A second connection could not send it again.
  if ("getReader" in value || Symbol.asyncIterator in value) {
    throw invalidOption("body", "it is a stream, which can be sent only once; pass a function that returns a new one");
  }
  return async () => value;
}

function retryOf(options: RetryOptions = {}): FollowSettings["retry"] {
  checkNames(options, retryNames);
  const delay = { min: 0, max: MAX_DELAY };
  const initial = checkInteger("retry.initial", options.initial ?? 1000, delay);
  const min = checkInteger("retry.min", options.min ?? Math.min(100, initial), delay);
  const max = checkInteger("retry.max", options.max ?? Math.max(30_000, initial), delay);
  if (min > max) throw invalidOption("retry.min", `it must not be above retry.max (${max})`);
  const attempts = checkInteger("retry.attempts", options.attempts ?? Infinity, { min: 1, orInfinity: true });
  return { initial, min, max, attempts };
}

function statusesOf(statuses: FollowOptions["retryStatuses"] = false): readonly number[] {
  if (typeof statuses === "boolean") return statuses ? BUSY_STATUSES : [];
  const list = checkValue("retryStatuses", statuses, kinds.array);
  return list.map((status) => checkInteger("retryStatuses", status, { min: 300, max: 599 }));
}
