import { finding } from "../findings/kinds.ts";
import { shorten, visible } from "../visible.ts";
import type { Finding } from "../findings/finding.ts";
import type { FindingId } from "../findings/kinds.ts";
import type { Exchange } from "../request/exchange.ts";

const ACCEPTED_ENCODINGS = ["gzip", "x-gzip", "deflate", "br"];

/** Judges the head of the response. After a status other than 200, nothing else is judged. */
export function judgeAnswer(exchange: Exchange): Finding<FindingId>[] {
  const { status, httpVersion } = exchange;
  if (status === 204) return [finding("status-204")];
  if (status !== 200) {
    const hint = status === 401 || status === 403 ? "; send credentials with --token or --header" : "";
    return [finding("status-refused", `status ${status}${hint}`)];
  }
  return [
    finding("status"),
    ...judgeType(exchange),
    ...judgeCaching(exchange),
    ...judgeBody(exchange),
    ...judgeVersion(httpVersion),
  ];
}

function judgeVersion(version: string): Finding<FindingId>[] {
  if (version === "2") return [finding("http-version", "HTTP/2")];
  const limit = "a browser opens at most six connections to a host, in all tabs together";
  return version === "1.1" ? [finding("http-version", `HTTP/1.1: ${limit}`)] : [];
}

/** Judges the content type. */
export function judgeType({ headers }: Exchange): Finding<FindingId>[] {
  const value = headers["content-type"];
  const [type = "", ...parameters] = (value ?? "").split(";").map((part) => part.trim());
  const evidence = shownHeader("Content-Type", value);
  if (type.toLowerCase() !== "text/event-stream") return [finding("content-type-wrong", evidence)];
  const charset = parameters.map((part) => /^charset="?([^"]*)"?$/i.exec(part)?.[1]).find((name) => name !== undefined);
  if (charset !== undefined && charset.toLowerCase() !== "utf-8") return [finding("charset-wrong", evidence)];
  return [finding("content-type", evidence)];
}

function judgeCaching({ headers }: Exchange): Finding<FindingId>[] {
  const value = headers["cache-control"];
  const directives = new Map(
    (value ?? "").split(",").map((part) => {
      const [name = "", argument = ""] = part.trim().toLowerCase().split("=");
      return [name, argument];
    }),
  );
  const evidence = shownHeader("Cache-Control", value);
  const isForbidden = directives.has("no-store") || directives.has("no-cache");
  const isFresh = ["max-age", "s-maxage"].some((name) => Number(directives.get(name) ?? 0) > 0);
  const findings: Finding<FindingId>[] = [];
  if (isForbidden) findings.push(finding("cache", evidence));
  else if (isFresh || directives.has("public") || directives.has("immutable")) {
    findings.push(finding("cache-stored", evidence));
  } else findings.push(finding("cache-unstated", evidence));
  // The remedies of the other findings name no-transform as well.
  if (isForbidden && !directives.has("no-transform")) findings.push(finding("transform-allowed", evidence));
  const buffering = headers["x-accel-buffering"];
  if (buffering?.trim().toLowerCase() !== "no") {
    findings.push(finding("nginx-buffering", shownHeader("X-Accel-Buffering", buffering)));
  }
  return findings;
}

function judgeBody({ headers, httpVersion }: Exchange): Finding<FindingId>[] {
  const findings: Finding<FindingId>[] = [];
  const length = headers["content-length"];
  if (length !== undefined) findings.push(finding("content-length", shownHeader("Content-Length", length)));
  const isChunked = /\bchunked\b/i.test(headers["transfer-encoding"] ?? "");
  if (httpVersion !== "2" && length === undefined && !isChunked) findings.push(finding("close-delimited"));
  // Such a body needs the end of the connection.
  else if (/\bclose\b/i.test(headers["connection"] ?? "")) findings.push(finding("connection-close"));
  const encoding = headers["content-encoding"];
  if (encoding === undefined) return findings;
  const evidence = shownHeader("Content-Encoding", encoding);
  const name = encoding.trim().toLowerCase();
  if (name === "identity") return [...findings, finding("encoding-identity", evidence)];
  if (!ACCEPTED_ENCODINGS.includes(name)) return [...findings, finding("encoding-unknown", evidence)];
  const vary = headers["vary"];
  if (!varies(vary, "accept-encoding")) findings.push(finding("vary-encoding", shownHeader("Vary", vary)));
  return findings;
}

/** Whether a Vary header names a header, or everything. */
export function varies(vary: string | undefined, name: string): boolean {
  const names = (vary ?? "").split(",").map((part) => part.trim().toLowerCase());
  return names.includes("*") || names.includes(name);
}

/** A header as evidence. */
export function shownHeader(name: string, value: string | undefined): string {
  return value === undefined ? `no ${name}` : `${name}: ${shorten(visible(value), 200)}`;
}
