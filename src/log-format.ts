import { showControls } from "./print.ts";
import { logLevels } from "./web/monitoring/log-entry.ts";
import type { LogEntry, LogLevel } from "./web/monitoring/log-entry.ts";

/** The formats of the log. */
export const logFormats = ["text", "json"] as const;

/** A format of the log. */
export type LogFormat = (typeof logFormats)[number];

/** Whether an entry is at least as important as a level. */
export function isLogged(entry: LogEntry, level: LogLevel): boolean {
  return logLevels.indexOf(entry.level) <= logLevels.indexOf(level);
}

/**
 * Formats an entry as one line. It escapes control characters, since an entry can contain paths and names from
 * untrusted sources.
 */
export function formatEntry({ time, level, event, fields }: LogEntry, format: LogFormat): string {
  if (format === "json") return `${showControls(JSON.stringify({ time, level, event, ...fields }))}\n`;
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${formatValue(value)}`);
  return `${time} ${level} ${event} ${pairs.join(" ")}\n`;
}

function formatValue(value: string | number | null): string {
  if (value === null) return "-";
  const text = String(value);
  return /^[\w./:%+~-]+$/.test(text) ? text : showControls(JSON.stringify(text));
}
