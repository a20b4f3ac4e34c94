import { TailcastError } from "../error.ts";
import { readCheckOptions } from "./check-options.ts";
import { FINDING_KINDS, finding } from "./findings/kinds.ts";
import { judgeAccept, judgeCors, judgeEncoding, judgeHead, judgeHttp10, judgePreflight } from "./judge/access.ts";
import { judgeAnswer, judgeType } from "./judge/answer.ts";
import { readEvents } from "./judge/events.ts";
import { idsOf, judgeEnd, judgeResume, judgeRetry, middleOf } from "./judge/resume.ts";
import { judgeTiming } from "./judge/timing.ts";
import { judgeWire } from "./judge/wire.ts";
import { Probes } from "./probes.ts";
import type { CheckOptions } from "./check-options.ts";
import type { Finding } from "./findings/finding.ts";
import type { FindingId } from "./findings/kinds.ts";
import type { SideExchanges } from "./probes.ts";
import type { Exchange } from "./request/exchange.ts";

/** The result of a check. */
export interface CheckReport {
  /** The URL that was checked, after redirects. */
  readonly url: string;
  /** The number of requests. */
  readonly requests: number;
  /** The number of events while the stream was watched. */
  readonly events: number;
  /** The time that the stream was watched, in milliseconds. */
  readonly watched: number;
  /** Each kind at most once. */
  readonly findings: readonly Finding<FindingId>[];
}

/**
 * Checks an event stream from outside: reads it for a while, and sends about ten other requests for the questions that
 * one response does not answer. It takes the time of `watch` and usually 2 s more; 15 s more if the server does not
 * answer some of the requests.
 *
 * @throws {TailcastError} `STREAM_LOST` when no connection is possible; `INVALID_OPTION`.
 */
export async function check(url: string | URL, options: CheckOptions = {}): Promise<CheckReport> {
  const settings = readCheckOptions(url, options);
  const probes = new Probes(settings);
  const ended = new AbortController();
  let aside: Promise<SideExchanges> | undefined;
  let exchange: Exchange | undefined;
  try {
    exchange = await probes.watch((head) => (aside = probes.aside(head, ended.signal)));
  } catch (error) {
    const reason = reasonOf(error);
    throw new TailcastError("STREAM_LOST", `Cannot reach ${settings.url.href}: ${reason}`, { cause: error });
  }
  ended.abort();
  const findings: Finding<FindingId>[] = [];
  if (probes.redirects.length > 0) findings.push(finding("redirected", probes.redirects.join(", ")));
  if (exchange === undefined) findings.push(finding("no-answer"));
  else if (exchange.status !== 200 || isStream(exchange)) findings.push(...judgeAnswer(exchange));
  else findings.push(...judgeType(exchange));
  if (exchange !== undefined && aside !== undefined && isStream(exchange)) {
    findings.push(...judgeTiming(exchange), ...judgeWire(exchange));
    if (settings.body === undefined) {
      findings.push(judgeRetry(exchange), ...(await judgeReconnections(exchange, probes)));
      findings.push(...judgeAside(exchange, await aside, settings.origin));
    }
  }
  return {
    url: probes.redirects.at(-1) ?? settings.url.href,
    requests: probes.requests,
    events: exchange === undefined ? 0 : readEvents(exchange).events.length,
    watched: Math.round(exchange?.endAt ?? 0),
    findings: sortFindings(findings),
  };
}

/** Whether the response may be an event stream, perhaps with a wrong content type. */
function isStream(exchange: Exchange): boolean {
  if (exchange.status !== 200) return false;
  const type = exchange.headers["content-type"] ?? "";
  return /^text\/event-stream\b/i.test(type) || readEvents(exchange).events.length > 0;
}

function judgeAside(exchange: Exchange, aside: SideExchanges, origin: string | undefined): Finding<FindingId>[] {
  const findings = [
    ...judgeEncoding(exchange, aside.identity),
    ...judgeHead(exchange, aside.head),
    judgeAccept(aside.accept),
    ...judgeHttp10(exchange, aside.http10),
  ];
  if (origin === undefined) return findings;
  if (origin === exchange.url.origin) return [...findings, finding("same-origin")];
  return [...findings, ...judgeCors(origin, aside.cors, aside.stranger), judgePreflight(origin, aside.preflight)];
}

async function judgeReconnections(exchange: Exchange, probes: Probes): Promise<Finding<FindingId>[]> {
  const { events, lastEventId } = readEvents(exchange);
  const ids = idsOf(events);
  // An id with a control character cannot be a header.
  const canSend = ids.length > 0 && ids.every((id) => !/[\0-\x1f\x7f]/.test(id));
  const middleId = middleOf(ids);
  const [last, middle, unknown] = await Promise.all([
    canSend || exchange.end === "clean" ? probes.reconnect(canSend ? lastEventId : "") : undefined,
    canSend && middleId !== undefined ? probes.reconnect(middleId) : undefined,
    canSend ? probes.reconnectUnknown() : undefined,
  ]);
  return [...judgeResume(exchange, { last, middle, unknown }), ...judgeEnd(exchange, last)];
}

/** Sorts findings as their table does, and joins those of one kind. */
function sortFindings(findings: readonly Finding<FindingId>[]): Finding<FindingId>[] {
  const order = Object.keys(FINDING_KINDS) as FindingId[];
  return order.flatMap((id) => {
    const same = findings.filter((other) => other.id === id);
    return same.length === 0 ? [] : [finding(id, same.map(({ evidence }) => evidence).join("; "))];
  });
}

/** Returns the reason of a failed connection. A failure for several addresses has only the reasons of each. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(reasonOf))].join(", ");
  if (!(error instanceof Error)) return String(error);
  const code = String((error as NodeJS.ErrnoException).code);
  const isCertificate = /CERT|SIGNATURE|ISSUER/.test(code);
  const hint = "; NODE_EXTRA_CA_CERTS names a file with the certificate of a private authority";
  return `${error.message}${isCertificate ? hint : ""}`;
}
