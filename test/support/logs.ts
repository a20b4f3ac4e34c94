import { lineData } from "../../dist/streams/line-data.js";

/** The epoch of the logs that {@link logOf} makes. */
export const LOG_ID = "0123456789abcdef";

/** A state of a line: its text, or its text and other fields. */
export type LineState = string | { readonly text: string; readonly number?: number; readonly open?: true };

/** The bytes of a build's log. A line without a number is the one after the line before. */
export function logOf(states: Iterable<LineState>, id: string = LOG_ID): string {
  let number = 0;
  let sequence = 1;
  let log = `event: build\nid: ${id}-1\ndata: {"id":"${id}","status":"running"}\n\n`;
  for (const state of states) {
    const line = typeof state === "string" ? { text: state } : state;
    number = line.number ?? number + 1;
    const time = "2026-01-01T10:00:00.000Z";
    const data = lineData({ type: "line", buildId: id, step: "build", stream: "stdout", time, ...line, number });
    log += `event: line\nid: ${id}-${++sequence}\ndata: ${data}\n\n`;
  }
  return log;
}
