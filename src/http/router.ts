import { HttpError } from "./http-error.ts";
import type { IncomingMessage, ServerResponse } from "node:http";

/** A request that found its route. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** The part of the path that matched the pattern's `:name` or `*name`, decoded; empty when it has neither. */
  readonly parameter: string;
}

/** Answers a request, at once or later. What it throws is answered as an error. */
export type Handler = (exchange: Exchange) => void | Promise<void>;

/** What a path answers, by method. `HEAD` is answered by `GET`, without the body. */
export type Methods = Readonly<Partial<Record<"GET" | "POST", Handler>>>;

/**
 * Finds the handler for a request among path patterns. A pattern has at most one parameter: `:name` matches one segment
 * (`/api/builds/:id/events`), `*name` matches the rest of the path (`/page/*file`).
 */
export class Router {
  readonly #routes: readonly { readonly pattern: RegExp; readonly methods: Methods }[];

  constructor(routes: Readonly<Record<string, Methods>>) {
    this.#routes = Object.entries(routes).map(([path, methods]) => ({
      pattern: new RegExp(`^${path.replaceAll(".", "\\.").replace(/:\w+/, "([^/]+)").replace(/\*\w+/, "(.+)")}$`),
      methods,
    }));
  }

  /**
   * Hands a request to its route.
   *
   * @throws {HttpError} `NOT_FOUND`; `METHOD_NOT_ALLOWED`, with `Allow` (RFC 9110 section 15.5.6).
   */
  async dispatch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { path, query } = splitTarget(request.url ?? "");
    for (const { pattern, methods } of this.#routes) {
      const match = pattern.exec(path);
      if (match === null) continue;
      const handler = methods[(request.method === "HEAD" ? "GET" : request.method) as keyof Methods];
      if (handler === undefined) {
        const allow = Object.keys(methods)
          .flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]))
          .join(", ");
        const message = `Cannot ${request.method} ${path}: use ${allow}`;
        throw new HttpError("METHOD_NOT_ALLOWED", message, { headers: { Allow: allow } });
      }
      await handler({ request, response, query, parameter: decode(match[1] ?? "") });
      return;
    }
    throw new HttpError("NOT_FOUND", `Cannot find ${path}`);
  }
}

/**
 * The path and query of a request target in origin or absolute form (RFC 9112 section 3.2). Never throws: `new URL`
 * does.
 */
function splitTarget(target: string): { path: string; query: URLSearchParams } {
  const [path = "", ...rest] = target.replace(/^https?:\/\/[^/?]*/i, "").split("?");
  return { path: path === "" ? "/" : path, query: new URLSearchParams(rest.join("?")) };
}

/** A path segment without its percent-encoding, or as it is when that is broken: then nothing has such a name. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
