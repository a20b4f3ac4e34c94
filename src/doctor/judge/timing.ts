import { formatDuration } from "../../terminal/duration.ts";
import { finding } from "../findings/kinds.ts";
import { joinArrivals } from "../request/exchange.ts";
import { groupByTime, readEvents } from "./events.ts";
import { idleLimitNear } from "./idle-limits.ts";
import { readTimes } from "./timestamps.ts";
import { count } from "../visible.ts";
import type { Finding } from "../findings/finding.ts";
import type { FindingId } from "../findings/kinds.ts";
import type { Exchange } from "../request/exchange.ts";
import type { TimedEvent } from "./events.ts";

/** All times are in milliseconds. A response head that takes longer arrives late. */
export const LATE_HEAD = 1000;
const LATE_BYTE = 1500;
/** Bytes that arrive within this time of each other arrive together. */
const TOGETHER = 20;
const BURST_INTERVAL = 150;
/** Events that arrive together although their data has times this far apart were held back. */
const HELD_BACK = 200;
/** Heartbeats are advised every 15 s; proxies often close a connection after 30 or 60 s. */
const LONG_SILENCE = 20_000;
const IDLE_CUT = 4500;
const BLOCK_SIZE = 4096;
const SMALL_EVENT = 1024;

const BLOCK_END = /(?:\n\n|\r\r|\r\n\r\n)$/;
const NO_EVENT = /^(?:(?::|retry:)[^\r\n]*(?:\r\n|\r|\n))+$/;

/** Judges when the bytes of a stream arrive. */
export function judgeTiming(exchange: Exchange): Finding<FindingId>[] {
  const { events } = readEvents(exchange);
  return [
    ...judgeStart(exchange),
    ...judgeArrival(exchange, events),
    ...judgeSilence(exchange, events),
    ...judgeCut(exchange),
  ];
}

function judgeStart({ headAt, arrivals, endAt }: Exchange): Finding<FindingId>[] {
  const firstAt = arrivals[0]?.at;
  if (headAt > LATE_HEAD) return [finding("head-late", `after ${formatDuration(headAt)}`)];
  if ((firstAt ?? endAt) - headAt > LATE_BYTE) {
    const shown = firstAt === undefined ? "no byte" : "the first byte";
    return [finding("silent-start", `${shown} within ${formatDuration((firstAt ?? endAt) - headAt)}`)];
  }
  if (firstAt === undefined) return [];
  return [finding("first-byte", `head after ${Math.round(headAt)} ms, first byte after ${Math.round(firstAt)} ms`)];
}

function judgeArrival(exchange: Exchange, events: readonly TimedEvent[]): Finding<FindingId>[] {
  if (events.length === 0) return [finding("no-event")];
  const found = [
    findBlocks(exchange),
    findHeldBack(exchange, events) ?? findBursts(events),
    findPieces(exchange, events),
  ].filter((item) => item !== undefined);
  const groups = groupByTime(events, TOGETHER);
  if (found.length > 0) return found;
  return [finding("arrival", `${count(events.length, "event")} at ${count(groups.length, "time")}`)];
}

/** A buffer passes on multiples of its size, and cuts inside events. */
function findBlocks({ headers, arrivals }: Exchange): Finding<FindingId> | undefined {
  if (headers["content-encoding"] !== undefined) return undefined;
  const blocks = groupByTime(arrivals, TOGETHER).filter((group) => {
    const bytes = joinArrivals(group);
    return bytes.length % BLOCK_SIZE === 0 && !BLOCK_END.test(Buffer.from(bytes.slice(-4)).toString("latin1"));
  });
  if (blocks.length < 3) return undefined;
  const sizes = [...new Set(blocks.map((group) => joinArrivals(group).length / 1024))];
  return finding("blocks", `${blocks.length} blocks of ${sizes.join(", ")} KiB`);
}

/** Events that arrived together, with times in their data that lie apart. The first ones may be a backlog. */
function findHeldBack({ startedAt }: Exchange, events: readonly TimedEvent[]): Finding<FindingId> | undefined {
  const spans = groupByTime(events, TOGETHER).map((group, index) => {
    const all = group.flatMap(({ data }) => readTimes(data, startedAt));
    const times = index === 0 ? all.filter((time) => time > startedAt) : all;
    return times.length < 2 ? 0 : Math.max(...times) - Math.min(...times);
  });
  const held = spans.filter((span) => span >= HELD_BACK);
  if (held.length < 2) return undefined;
  return finding("held-back", `events whose times differ by ${formatDuration(Math.max(...held))} arrived together`);
}

/** Several events at a time, at regular times. */
function findBursts(events: readonly TimedEvent[]): Finding<FindingId> | undefined {
  const groups = groupByTime(events, TOGETHER).slice(1);
  if (groups.length < 4 || groups.filter(({ length }) => length > 1).length < 0.75 * groups.length) return undefined;
  const starts = groups.map(([first]) => first?.at ?? 0);
  const gaps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  if (mean < BURST_INTERVAL || deviation > 0.1 * mean) return undefined;
  const size = Math.round(groups.flat().length / groups.length);
  return finding("bursts", `about ${size} events every ${formatDuration(mean)}, ${groups.length} times`);
}

/** Small events that arrive in more than one piece. */
function findPieces({ headers, arrivals }: Exchange, events: readonly TimedEvent[]): Finding<FindingId> | undefined {
  if (headers["content-encoding"] !== undefined) return undefined;
  let block = "";
  let pieces = 0;
  let cut = 0;
  let whole = 0;
  for (const { bytes } of arrivals) {
    block += Buffer.from(bytes).toString("latin1");
    pieces += 1;
    if (!BLOCK_END.test(block) && !NO_EVENT.test(block)) continue;
    if (block.length < SMALL_EVENT && pieces > 1) cut += 1;
    else whole += 1;
    block = "";
    pieces = 0;
  }
  if (cut < 3 || cut < whole) return undefined;
  return finding("event-in-pieces", `${cut} of ${events.length} events`);
}

function judgeSilence(exchange: Exchange, events: readonly TimedEvent[]): Finding<FindingId>[] {
  const { arrivals, headAt, endAt } = exchange;
  const findings: Finding<FindingId>[] = [];
  const empty = events.filter(({ type, data }) => type === "message" && data.trim() === "");
  if (empty.length >= 2) findings.push(finding("heartbeat-event", `${empty.length} events without text`));
  const times = [headAt, ...arrivals.map(({ at }) => at), endAt];
  const silence = Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? 0)));
  const text = Buffer.from(joinArrivals(exchange.decoded)).toString("latin1");
  const comments = text.match(/(?:^|[\r\n]):/g)?.length ?? 0;
  if (silence > LONG_SILENCE) findings.push(finding("no-heartbeat", `no byte for ${formatDuration(silence)}`));
  else if (comments > 1) findings.push(finding("heartbeat", `${comments} comments in ${formatDuration(endAt)}`));
  else if (endAt < LONG_SILENCE) findings.push(finding("heartbeat-unknown", `watched for ${formatDuration(endAt)}`));
  else findings.push(finding("no-silence", `never longer than ${formatDuration(silence)}`));
  return findings;
}

function judgeCut({ arrivals, headAt, end, endAt }: Exchange): Finding<FindingId>[] {
  if (end === "open") return [];
  const silence = endAt - (arrivals.at(-1)?.at ?? headAt);
  if (silence >= IDLE_CUT) {
    const origin = idleLimitNear(silence);
    const shown = origin === undefined ? "" : `; ${origin}`;
    return [finding("idle-cut", `after ${formatDuration(silence)} without a byte${shown}`)];
  }
  return end === "cut" ? [finding("cut", `after ${formatDuration(endAt)}`)] : [];
}
