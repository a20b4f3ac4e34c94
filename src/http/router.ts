import { HttpError } from "./http-error.ts";
import type { IncomingMessage, ServerResponse } from "node:http";

/** A request whose route was found. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** The part of the path that matched the pattern's `:name` or `*name`, decoded; empty when it has neither. */
  readonly parameter: string;
}

/** Answers a request, synchronously or later. The caller turns its errors into error replies. */
export type Handler = (exchange: Exchange) => void | Promise<void>;

/** The handlers of one path. `GET` also answers `HEAD`: Node sends the same head without the body. */
export interface Route {
  readonly GET?: Handler;
  readonly POST?: Handler;
  readonly DELETE?: Handler;
}

/** A route that matches a path. */
export interface RouteMatch<R extends Route> {
  /** The pattern. */
  readonly path: string;
  readonly route: R;
  readonly parameter: string;
}

/**
 * Finds the route of a path. A pattern has at most one parameter: `:name` matches one segment
 * (`/api/builds/:id/events`), `*name` matches the rest of the path (`/page/*file`).
 */
export class Router<R extends Route> {
  readonly #routes: readonly { readonly path: string; readonly pattern: RegExp; readonly route: R }[];

  /** @param routes - By their patterns. */
  constructor(routes: Readonly<Record<string, R>>) {
    this.#routes = Object.entries(routes).map(([path, route]) => ({
      path,
      pattern: new RegExp(`^${path.replaceAll(".", "\\.").replace(/:\w+/, "([^/]+)").replace(/\*\w+/, "(.+)")}$`),
      route,
    }));
  }

  /** Returns the first route whose pattern matches; `undefined` when no pattern matches. */
  find(path: string): RouteMatch<R> | undefined {
    for (const { path: name, pattern, route } of this.#routes) {
      const match = pattern.exec(path);
      if (match !== null) return { path: name, route, parameter: decode(match[1] ?? "") };
    }
    return undefined;
  }
}

/** Returns the methods of a route in the format of an `Allow` header. */
export function allowedMethods({ GET, POST, DELETE }: Route): string {
  const methods = [GET && "GET, HEAD", POST && "POST", DELETE && "DELETE", "OPTIONS"];
  return methods.filter((method) => method !== undefined).join(", ");
}

/**
 * Returns the handler of a route for a method.
 *
 * @param path - For the message.
 * @throws {HttpError} `METHOD_NOT_ALLOWED`, with `Allow` (RFC 9110 section 15.5.6).
 */
export function handlerFor(route: Route, method: string, path: string): Handler {
  const handlers = new Map(Object.entries({ ...route, HEAD: route.GET }));
  const handler = ["GET", "HEAD", "POST", "DELETE"].includes(method) ? handlers.get(method) : undefined;
  if (handler !== undefined) return handler;
  const allow = allowedMethods(route);
  throw new HttpError("METHOD_NOT_ALLOWED", `Cannot ${method} ${path}: use ${allow}`, { headers: { Allow: allow } });
}

/** Decodes a path segment. A segment with invalid percent-encoding is not changed, and matches no resource. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
