import { MAX_RETRY } from "../../protocol/encode.ts";
import { formatDuration } from "../../terminal/duration.ts";
import { finding } from "../findings/kinds.ts";
import { count, shorten, visible } from "../visible.ts";
import { readEvents } from "./events.ts";
import type { Finding } from "../findings/finding.ts";
import type { FindingId } from "../findings/kinds.ts";
import type { Exchange } from "../request/exchange.ts";
import type { TimedEvent } from "./events.ts";

/** In milliseconds. */
const SHORT_RETRY = 100;
const LONG_RETRY = 60_000;

/** The responses to reconnections; `undefined` where no head arrived, or no request was sent. */
export interface Reconnections {
  /** With the last id. */
  readonly last: Exchange | undefined;
  /** With an id from the middle of the stream. */
  readonly middle: Exchange | undefined;
  /** With an id that the server does not know. */
  readonly unknown: Exchange | undefined;
}

/** The ids of the stream in their order, each once. */
export function idsOf(events: readonly TimedEvent[]): string[] {
  return [...new Set(events.map(({ lastEventId }) => lastEventId))].filter((id) => id !== "");
}

/** The id from which the middle reconnection resumes; `undefined` if the stream has fewer than two. */
export function middleOf(ids: readonly string[]): string | undefined {
  return ids.length < 2 ? undefined : ids[Math.floor((ids.length - 1) / 2)];
}

/** Judges the reconnection time. */
export function judgeRetry(exchange: Exchange): Finding<FindingId> {
  const { retry } = readEvents(exchange);
  if (retry === undefined) return finding("retry", "not set: 3 s in Chromium, 5 s in Firefox");
  const evidence = `retry: ${retry}`;
  if (retry < SHORT_RETRY) return finding("retry-short", evidence);
  if (retry > MAX_RETRY) return finding("retry-overflow", evidence);
  return finding(retry > LONG_RETRY ? "retry-long" : "retry", evidence);
}

/** Judges how the server resumes. */
export function judgeResume(exchange: Exchange, reconnections: Reconnections): Finding<FindingId>[] {
  const { events } = readEvents(exchange);
  if (events.length === 0) return [];
  const ids = idsOf(events);
  if (ids.length === 0) return [finding("no-ids", count(events.length, "event"))];
  const findings = [finding("ids", `for example ${shorten(visible(ids.at(-1) ?? ""), 60)}`)];
  const { last, middle, unknown } = reconnections;
  const resumed = judgeLast(events, ids, last) ?? judgeMiddle(events, ids, middle);
  findings.push(resumed ?? finding("resume", `from ${middle === undefined ? "the last id" : "two ids"}`));
  if (unknown !== undefined) findings.push(judgeUnknown(events, ids, unknown));
  return findings;
}

function judgeLast(
  seen: readonly TimedEvent[],
  ids: readonly string[],
  exchange: Exchange | undefined,
): Finding<FindingId> | undefined {
  if (exchange === undefined || exchange.status === 204) return undefined;
  if (exchange.status !== 200) return finding("resume-fails", `status ${exchange.status}`);
  const { events } = readEvents(exchange);
  return judgeRepeated(seen, ids, events, ids.at(-1)) ?? missesNumber(ids.at(-1), events);
}

function judgeMiddle(
  seen: readonly TimedEvent[],
  ids: readonly string[],
  exchange: Exchange | undefined,
): Finding<FindingId> | undefined {
  const from = middleOf(ids);
  if (exchange === undefined || from === undefined) return undefined;
  if (exchange.status !== 200) return finding("resume-fails", `status ${exchange.status}`);
  const index = ids.indexOf(from);
  const { events } = readEvents(exchange);
  const repeated = judgeRepeated(seen, ids.slice(0, index + 1), events, from);
  if (repeated !== undefined) return repeated;
  const received = new Set(events.map(({ lastEventId }) => lastEventId));
  const missing = ids.slice(index + 1).filter((id) => !received.has(id));
  if (missing.length === 0 || reportsLoss(seen, events)) return undefined;
  const shown = `${missing.length} of ${ids.length - index - 1} events after ${shownId(from)}`;
  return finding("resume-misses", `${shown} are missing, the first is ${shownId(missing[0])}`);
}

function judgeUnknown(
  seen: readonly TimedEvent[],
  ids: readonly string[],
  exchange: Exchange,
): Finding<FindingId> {
  const { status } = exchange;
  if (status !== 200 && status !== 204) return finding("resume-fails", `status ${status} to an unknown id`);
  const { events } = readEvents(exchange);
  if (reportsLoss(seen, events)) return finding("unknown-id", `an event of the type ${visible(events[0]?.type ?? "")}`);
  if (events.some(({ lastEventId }) => ids.includes(lastEventId))) {
    return finding("unknown-id", "the server sends the events that it still has");
  }
  return finding("unknown-id-silent");
}

/** Judges the end of a stream that the server has ended properly. */
export function judgeEnd(exchange: Exchange, last: Exchange | undefined): Finding<FindingId>[] {
  if (exchange.end !== "clean" || last === undefined) return [];
  const after = `after ${formatDuration(exchange.endAt)}`;
  if (last.status === 204) return [finding("end-204", after)];
  const text = (events: readonly TimedEvent[]): string => events.map(({ type, data }) => `${type}:${data}`).join("\n");
  const [before, again] = [readEvents(exchange).events, readEvents(last).events];
  const isRepeated = before.length > 0 && again.length > 0 && text(before).startsWith(text(again.slice(0, 1)));
  return [finding(isRepeated ? "end-repeats" : "end", after)];
}

/** Judges events with ids that the client has seen already, when it resumes after one of them. */
function judgeRepeated(
  seen: readonly TimedEvent[],
  ids: readonly string[],
  events: readonly TimedEvent[],
  after: string | undefined,
): Finding<FindingId> | undefined {
  const repeated = events.filter(({ lastEventId }) => ids.includes(lastEventId));
  if (repeated.length === 0) return undefined;
  const isSame = (event: TimedEvent): boolean =>
    seen.some(({ lastEventId, data }) => lastEventId === event.lastEventId && data === event.data);
  const evidence = `with Last-Event-ID: ${shownId(after)}`;
  if (repeated.some(isSame)) return finding("resume-repeats", `${count(repeated.length, "event")} again, ${evidence}`);
  return finding("ids-restart", `${shownId(repeated[0]?.lastEventId)} is another event, ${evidence}`);
}

/** Ids that count have no hole: after 7, or `a-7`, comes 8. */
function missesNumber(last: string | undefined, events: readonly TimedEvent[]): Finding<FindingId> | undefined {
  const next = events.find(({ lastEventId }) => lastEventId !== "")?.lastEventId;
  const [, prefix, number] = /^(.*?)(\d{1,15})$/.exec(last ?? "") ?? [];
  const [, nextPrefix, nextNumber] = /^(.*?)(\d{1,15})$/.exec(next ?? "") ?? [];
  if (number === undefined || nextNumber === undefined || prefix !== nextPrefix) return undefined;
  if (Number(nextNumber) - Number(number) < 2 || Number(nextNumber) - Number(number) > 1000) return undefined;
  return finding("resume-misses", `${shownId(next)} follows ${shownId(last)}`);
}

/** Whether the first event has a type that the stream did not have: `gap`, `reset`, or another name. */
function reportsLoss(seen: readonly TimedEvent[], events: readonly TimedEvent[]): boolean {
  const [first] = events;
  return first !== undefined && !seen.some(({ type }) => type === first.type);
}

function shownId(id: string | undefined): string {
  return shorten(visible(id ?? ""), 60);
}
