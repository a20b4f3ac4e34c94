/** A request target in origin or absolute form (RFC 9112 section 3.2), in parts. */
export interface RequestTarget {
  /** The host and port in the absolute form; `undefined` for the origin form. */
  readonly authority: string | undefined;
  /** The path as it was sent; `/` when it is empty. */
  readonly path: string;
  /** Without the question mark; empty when the target has no query. */
  readonly search: string;
}

/** Splits a request target. It never throws, unlike `new URL`. */
export function splitTarget(target: string): RequestTarget {
  const authority = /^https?:\/\/([^/?]*)/i.exec(target);
  const rest = authority === null ? target : target.slice(authority[0].length);
  const mark = rest.indexOf("?");
  const path = mark === -1 ? rest : rest.slice(0, mark);
  return { authority: authority?.[1], path: path || "/", search: mark === -1 ? "" : rest.slice(mark + 1) };
}
