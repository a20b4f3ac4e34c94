/** Bytes of a body, with the time of their arrival. */
export interface Arrival {
  /** The time since the request was sent, in milliseconds. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** How a body ended. `open`: it did not end before the connection was closed here. */
export type BodyEnd = "open" | "clean" | "cut";

/** A request and the recorded response. */
export interface Exchange {
  readonly url: URL;
  readonly status: number;
  readonly httpVersion: string;
  /** Names in lower case; the values of a repeated header are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** The time of the head in milliseconds since the request was sent. */
  readonly headAt: number;
  /** The time when the recording started, in milliseconds since 1970. */
  readonly startedAt: number;
  /** The body as it arrived, without the framing of HTTP. */
  readonly arrivals: readonly Arrival[];
  /** The body without its content encoding; the same as `arrivals` if it has none. */
  readonly decoded: readonly Arrival[];
  readonly end: BodyEnd;
  /** The time of the end in milliseconds since the request was sent. */
  readonly endAt: number;
}

/** Joins the bytes of arrivals. */
export function joinArrivals(arrivals: readonly Arrival[]): Uint8Array {
  return Buffer.concat(arrivals.map(({ bytes }) => bytes));
}

/** Makes headers of lists of names and values, as `rawHeaders` has them. */
export function joinHeaders(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? "").toLowerCase();
    const value = raw[index + 1] ?? "";
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}
