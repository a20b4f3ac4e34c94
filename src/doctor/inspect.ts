import { STREAM_FAULTS } from "../protocol/stream-fault.ts";
import { shorten, visible, visibleBytes } from "./visible.ts";
import type { ExplainedLine } from "../protocol/explain.ts";

const LINE_WIDTH = 48;
const MAX_SHOWN = 2000;

/** Adds the colour of a part of a line, or nothing in a pipe. */
export type PaintPart = (part: "event" | "fault" | "rule", text: string) => string;

/**
 * Writes a line of an event stream with its explanation: the number, the bytes made visible, the rule of the standard.
 * The mistakes and the event of the line follow, each on a line of its own.
 *
 * @param paint - Colours a part. Default: no colours.
 */
export function formatLine(line: ExplainedLine, paint: PaintPart = (_, text) => text): string {
  const { number, bytes, rule, event, faults } = line;
  const wire = shorten(visibleBytes(bytes), MAX_SHOWN);
  const parts = [`${String(number).padStart(5)}  ${wire.padEnd(LINE_WIDTH)}  ${paint("rule", rule)}\n`];
  for (const fault of faults) parts.push(`       ${paint("fault", `! ${STREAM_FAULTS[fault]} (${fault})`)}\n`);
  if (event !== undefined) {
    const id = event.lastEventId === "" ? "" : `, last event ID ${quote(event.lastEventId)}`;
    parts.push(`       ${paint("event", `=> ${visible(event.type)} ${quote(event.data)}${id}`)}\n`);
  }
  return parts.join("");
}

function quote(text: string): string {
  return `"${shorten(visible(text), MAX_SHOWN)}"`;
}
