import { plainText } from "../../terminal/plain-text.ts";

/**
 * Hundreds of consecutive lines can have the same time. Formatting it for each line took a third of the server's CPU
 * time.
 */
let lastTime = "";
let lastLocal = "";

/**
 * A line of the feed, `[YYYY-MM-DD HH:mm:ss] text`, in the server's time zone. A lone surrogate, which JSON can contain
 * but UTF-8 cannot, becomes U+FFFD.
 *
 * @param label - The build of the line, see `buildLabel`: `[YYYY-MM-DD HH:mm:ss] [label] text`. Default: none.
 */
export function feedLine(time: string, text: string, label?: string): string {
  if (time !== lastTime) {
    lastLocal = localTime(time);
    lastTime = time;
  }
  const origin = label === undefined ? "" : `[${label}] `;
  return `[${lastLocal}] ${origin}${plainText(text)}`.toWellFormed();
}

function localTime(time: string): string {
  const date = new Date(time);
  // The time is not valid: the log was changed.
  if (Number.isNaN(date.getTime())) return time;
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}
