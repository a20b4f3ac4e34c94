/**
 * Whether a request with this `Accept` header takes `text/event-stream` (RFC 9110 section 12.5.1).
 *
 * The most specific range that matches decides; `q=0` excludes. No header, or one without any readable range, accepts
 * everything.
 */
export function acceptsEventStream(accept: string | undefined): boolean {
  let weight: number | undefined;
  let precision = 0;
  let ranges = 0;
  for (const element of accept?.split(",") ?? []) {
    const [range = "", ...parameters] = element.split(";").map((part) => part.trim().toLowerCase());
    if (!/^[^\s/]+\/[^\s/]+$/.test(range)) continue;
    ranges++;
    const found = PRECISION.get(range) ?? 0;
    if (found <= precision) continue;
    precision = found;
    weight = qualityOf(parameters);
  }
  return ranges === 0 || (weight !== undefined && weight > 0);
}

/** The ranges that match the type, the more specific ones with the higher number. */
const PRECISION: ReadonlyMap<string, number> = new Map([
  ["*/*", 1],
  ["text/*", 2],
  ["text/event-stream", 3],
]);

/** The weight among a range's parameters (RFC 9110 section 12.4.2); 1 when it is absent or not readable. */
function qualityOf(parameters: readonly string[]): number {
  const quality = parameters.find((parameter) => parameter.startsWith("q="));
  return quality !== undefined && /^q=(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(quality) ? Number(quality.slice(2)) : 1;
}
