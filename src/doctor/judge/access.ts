import { finding } from "../findings/kinds.ts";
import { joinArrivals } from "../request/exchange.ts";
import { shownHeader, varies } from "./answer.ts";
import { LATE_HEAD } from "./timing.ts";
import type { Finding } from "../findings/finding.ts";
import type { FindingId } from "../findings/kinds.ts";
import type { Exchange } from "../request/exchange.ts";

/** Compressed events may arrive later by this time, in milliseconds. */
const MARGIN = 300;

/** Judges the response to HEAD beside that to GET. A head that is late for GET says nothing about others. */
export function judgeHead(get: Exchange, head: Exchange | undefined): Finding<FindingId>[] {
  if (head === undefined) return get.headAt > LATE_HEAD ? [] : [finding("head-hangs")];
  if (head.status !== get.status) return [finding("head-differs", `status ${head.status}, and ${get.status} to GET`)];
  const [type, other] = [head.headers["content-type"], get.headers["content-type"]];
  return [type === other ? finding("head") : finding("head-differs", shownHeader("Content-Type", type))];
}

/** Judges the response to a request with `Accept: application/json`. */
export function judgeAccept(exchange: Exchange | undefined): Finding<FindingId> {
  if (exchange === undefined) return finding("accept", "like other requests");
  if (exchange.status >= 500) return finding("accept-fails", `status ${exchange.status}`);
  return finding("accept", exchange.status === 406 ? "status 406" : `status ${exchange.status}; Accept is ignored`);
}

/**
 * Judges the response to HTTP/1.0.
 *
 * @param http11 - The response to HTTP/1.1, which has sent bytes if the stream starts with some.
 */
export function judgeHttp10(http11: Exchange, http10: Exchange | undefined): Finding<FindingId>[] {
  if (http10 === undefined) return http11.headAt > LATE_HEAD ? [] : [finding("http10-fails", "no response head")];
  if (http10.status !== http11.status) return [finding("http10-fails", `status ${http10.status}`)];
  const encoding = http10.headers["transfer-encoding"];
  if (encoding !== undefined) return [finding("http10-chunked", shownHeader("Transfer-Encoding", encoding))];
  const firstAt = http11.arrivals[0]?.at;
  const isSilent = firstAt !== undefined && firstAt - http11.headAt < 100 && http10.arrivals.length === 0;
  return [isSilent ? finding("http10-fails", "no byte of the body") : finding("http10")];
}

/**
 * Judges CORS for a page of an origin.
 *
 * @param exchange - The response to a request from the origin.
 * @param stranger - The response to a request from an invented origin.
 */
export function judgeCors(
  origin: string,
  exchange: Exchange | undefined,
  stranger: Exchange | undefined,
): Finding<FindingId>[] {
  const headers = exchange?.headers ?? {};
  const allowed = headers["access-control-allow-origin"];
  const evidence = shownHeader("Access-Control-Allow-Origin", allowed);
  const hasCredentials = headers["access-control-allow-credentials"] === "true";
  if (allowed?.includes(",") === true) return [finding("cors-several", evidence)];
  if (allowed !== "*" && allowed !== origin) return [finding("cors-missing", evidence)];
  if (allowed === "*") {
    return hasCredentials ? [finding("cors-wildcard", evidence)] : [finding("cors", "without credentials")];
  }
  const findings: Finding<FindingId>[] = [];
  const strange = stranger?.headers["access-control-allow-origin"];
  const isReflected = strange !== undefined && strange !== "*" && strange !== origin;
  if (isReflected && stranger?.headers["access-control-allow-credentials"] === "true") {
    findings.push(finding("cors-any-origin", shownHeader("Access-Control-Allow-Origin", strange)));
  }
  if (strange !== allowed && !varies(headers["vary"], "origin")) {
    findings.push(finding("vary-origin", shownHeader("Vary", headers["vary"])));
  }
  if (findings.length > 0) return findings;
  return [finding("cors", hasCredentials ? "with and without credentials" : "without credentials")];
}

/** Judges the response to a preflight request for `Last-Event-ID`. */
export function judgePreflight(origin: string, exchange: Exchange | undefined): Finding<FindingId> {
  if (exchange === undefined) return finding("preflight-refused", "no response head");
  const { status, headers } = exchange;
  if (status < 200 || status > 299) return finding("preflight-refused", `status ${status}`);
  const allowed = headers["access-control-allow-origin"];
  if (allowed !== "*" && allowed !== origin) {
    return finding("preflight-refused", shownHeader("Access-Control-Allow-Origin", allowed));
  }
  const names = headers["access-control-allow-headers"];
  const list = (names ?? "").split(",").map((name) => name.trim().toLowerCase());
  if (!list.includes("last-event-id") && !list.includes("*")) {
    return finding("preflight-refused", shownHeader("Access-Control-Allow-Headers", names));
  }
  return finding("preflight");
}

/**
 * Judges whether compressed events arrive as early as the same events without compression.
 *
 * @param identity - The same stream without compression, requested at about the same time.
 */
export function judgeEncoding(exchange: Exchange, identity: Exchange | undefined): Finding<FindingId>[] {
  const name = (exchange.headers["content-encoding"] ?? "").trim().toLowerCase();
  if (!["gzip", "x-gzip", "deflate", "br"].includes(name) || identity === undefined) return [];
  // The other stream was requested later, so it has fewer lines at the same time.
  const end = exchange.startedAt + exchange.endAt - MARGIN - identity.startedAt;
  const compressed = countLines(joinArrivals(exchange.decoded));
  const plain = countLines(joinArrivals(identity.decoded.filter(({ at }) => at <= end)));
  const evidence = `${compressed} lines compressed, ${plain} lines not compressed in a shorter time`;
  return [compressed < plain ? finding("encoding-held", evidence) : finding("encoding", name)];
}

function countLines(bytes: Uint8Array): number {
  return bytes.reduce((count, byte) => count + (byte === 0x0a || byte === 0x0d ? 1 : 0), 0);
}
