/** One element of an `Accept` or `Accept-Encoding` header: its name in lower case, and its weight. */
interface Weighted {
  readonly name: string;
  readonly weight: number;
}

/**
 * Whether a request with this `Accept` header accepts `text/event-stream` (RFC 9110 section 12.5.1).
 *
 * The most specific matching range decides; `q=0` excludes the type. A missing header, or a header without a readable
 * range, accepts everything.
 */
export function acceptsEventStream(accept: string | undefined): boolean {
  // A fast path for the header of every EventSource, and for clients without the header.
  if (accept === undefined || accept === "text/event-stream") return true;
  const ranges = elements(accept).filter(({ name }) => /^[^\s/]+\/[^\s/]+$/.test(name));
  if (ranges.length === 0) return true;
  return weightOf(ranges, ["text/event-stream", "text/*", "*/*"]) > 0;
}

/**
 * Whether a response to a request with this `Accept-Encoding` header should be gzip-coded (RFC 9110 section 12.5.3):
 * the client accepts gzip, and its weight is at least that of no coding. Without the header, the response is not coded.
 */
export function prefersGzip(acceptEncoding: string | undefined): boolean {
  const codings = elements(acceptEncoding);
  const gzip = weightOf(codings, ["gzip", "x-gzip", "*"]);
  const identity = codings.find(({ name }) => name === "identity")?.weight ?? 0;
  return gzip > 0 && gzip >= identity;
}

/** Returns the weight of the first of these names that the header lists; 0 when it lists none of them. */
function weightOf(listed: readonly Weighted[], names: readonly string[]): number {
  for (const name of names) {
    const found = listed.find((element) => element.name === name);
    if (found !== undefined) return found.weight;
  }
  return 0;
}

/** The elements of a header with weights (RFC 9110 section 12.4.2). A missing or unreadable weight is 1. */
function elements(header: string | undefined): Weighted[] {
  return (header ?? "").split(",").map((element) => {
    const [name = "", ...parameters] = element.split(";").map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith("q=")) ?? "";
    const weight = /^q=(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(quality) ? Number(quality.slice(2)) : 1;
    return { name, weight };
  });
}
