/** One element of an `Accept` or `Accept-Encoding` header: what it names, in lower case, and its weight. */
interface Weighted {
  readonly name: string;
  readonly weight: number;
}

/**
 * Whether a request with this `Accept` header accepts `text/event-stream` (RFC 9110 section 12.5.1).
 *
 * The most specific range that matches decides; `q=0` excludes. No header, or one without any readable range, accepts
 * everything.
 */
export function acceptsEventStream(accept: string | undefined): boolean {
  // A quick answer for the header of every EventSource, and for clients without one.
  if (accept === undefined || accept === "text/event-stream") return true;
  const ranges = elements(accept).filter(({ name }) => /^[^\s/]+\/[^\s/]+$/.test(name));
  if (ranges.length === 0) return true;
  return weightOf(ranges, ["text/event-stream", "text/*", "*/*"]) > 0;
}

/**
 * Whether a response to a request with this `Accept-Encoding` header should be gzip-coded (RFC 9110 section 12.5.3): it
 * is accepted, and its weight is not below that of no coding. Without the header, the reply is not coded.
 */
export function prefersGzip(acceptEncoding: string | undefined): boolean {
  const codings = elements(acceptEncoding);
  const gzip = weightOf(codings, ["gzip", "x-gzip", "*"]);
  const identity = codings.find(({ name }) => name === "identity")?.weight ?? 0;
  return gzip > 0 && gzip >= identity;
}

/** The weight of the first of these names that is listed; 0 when none is. */
function weightOf(listed: readonly Weighted[], names: readonly string[]): number {
  for (const name of names) {
    const found = listed.find((element) => element.name === name);
    if (found !== undefined) return found.weight;
  }
  return 0;
}

/** The elements of a header with weights (RFC 9110 section 12.4.2). A weight that is absent or not readable is 1. */
function elements(header: string | undefined): Weighted[] {
  return (header ?? "").split(",").map((element) => {
    const [name = "", ...parameters] = element.split(";").map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith("q=")) ?? "";
    const weight = /^q=(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(quality) ? Number(quality.slice(2)) : 1;
    return { name, weight };
  });
}
