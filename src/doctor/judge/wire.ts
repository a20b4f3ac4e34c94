import { TailcastError } from "../../error.ts";
import { StreamExplainer } from "../../protocol/explain.ts";
import { finding } from "../findings/kinds.ts";
import { count, shorten, visibleBytes } from "../visible.ts";
import type { ExplainedLine } from "../../protocol/explain.ts";
import type { StreamFaultKind } from "../../protocol/stream-fault.ts";
import type { Finding } from "../findings/finding.ts";
import type { FindingId } from "../findings/kinds.ts";
import type { Exchange } from "../request/exchange.ts";

const MAX_SHOWN = 60;

/** Judges the bytes of a stream, without those that arrived last when the connection was closed here. */
export function judgeWire({ decoded, end }: Pick<Exchange, "decoded" | "end">): Finding<FindingId>[] {
  const explainer = new StreamExplainer();
  const lines: ExplainedLine[] = [];
  try {
    for (const { bytes } of decoded) lines.push(...explainer.explain(bytes));
  } catch (error) {
    if (!(error instanceof TailcastError)) throw error;
    return [finding("event-too-large", `after ${count(lines.length, "line")}`)];
  }
  if (end !== "open") lines.push(...explainer.end());
  if (lines.length === 0) return [];
  const ignored = lines.find(({ kind }) => kind === "ignored");
  const isFramed = lines.some(({ kind }) => ["comment", "data", "event", "id", "retry"].includes(kind));
  const hasKnownName = lines.some(({ faults }) => faults.some((fault) => ["field-case", "name-space"].includes(fault)));
  if (ignored !== undefined && !isFramed && !hasKnownName) return [finding("not-framed", shownLine(ignored))];
  const findings = [...findFaults(lines, end), ...findTraps(lines)];
  if (findings.length > 0) return findings;
  const events = lines.filter(({ event }) => event !== undefined).length;
  return [finding("wire", `${count(lines.length, "line")}, ${count(events, "event")}`)];
}

function findFaults(lines: readonly ExplainedLine[], end: Exchange["end"]): Finding<FindingId>[] {
  const places = new Map<StreamFaultKind, ExplainedLine[]>();
  for (const line of lines) {
    // The end of the stream has a fault of the block before.
    const shown = line.bytes.length > 0 ? line : (lines.at(-2) ?? line);
    for (const fault of line.faults) places.set(fault, [...(places.get(fault) ?? []), shown]);
  }
  // The lines of broken JSON have no names of fields. A connection that was cut has another finding.
  if (places.has("broken-json")) places.delete("lost-line");
  if (end === "cut") places.delete("unfinished-event");
  return [...places].map(([fault, found]) => {
    const [first] = found;
    const shown = first === undefined ? "" : shownLine(first);
    return finding(fault, found.length === 1 ? shown : `${shown}, and ${found.length - 1} more`);
  });
}

/** Judges data that is valid, but certainly not what the author means. */
function findTraps(lines: readonly ExplainedLine[]): Finding<FindingId>[] {
  const traps: readonly (readonly [id: FindingId, pattern: RegExp])[] = [
    ["object-object", /^\[object Object\]$/],
    ["double-framing", /^data:/],
    ["escaped-line-end", /\\n\s*$/],
  ];
  return traps.flatMap(([id, pattern]) => {
    const line = lines.find(({ kind, value }) => kind === "data" && pattern.test(value));
    return line === undefined ? [] : [finding(id, shownLine(line))];
  });
}

function shownLine({ number, bytes }: ExplainedLine): string {
  return `line ${number}: ${shorten(visibleBytes(bytes), MAX_SHOWN)}`;
}
