import { formatOffset } from "../time.ts";
import { locale } from "../words/words.ts";

/** Which time stands before each line: since the build's start, of the day, since the line before, or none. */
export type TimeMode = "off" | "elapsed" | "clock" | "delta";

/** The modes, in the order of the choice. */
export const TIME_MODES: readonly TimeMode[] = ["off", "elapsed", "clock", "delta"];

/** A pause before a line that is shorter than this, in milliseconds, is not shown: the line belongs to a burst. */
const SHORTEST_PAUSE = 100;

const clock = new Intl.DateTimeFormat(locale(), { timeStyle: "medium", hourCycle: "h23" });

/**
 * The time before a line; empty if it has none.
 *
 * @param time - The time of the line; `start` is that of the build's start, and `before` that of the line before.
 */
export function lineTime(
  mode: TimeMode,
  time: string,
  start: string | null | undefined,
  before: string | undefined,
): string {
  const at = Date.parse(time);
  if (mode === "clock") return clock.format(at);
  if (mode === "elapsed") return start ? formatOffset(at - Date.parse(start)) : "";
  if (mode === "off" || before === undefined) return "";
  const pause = at - Date.parse(before);
  if (pause < SHORTEST_PAUSE) return "";
  return pause < 10_000 ? `+${(pause / 1000).toFixed(1)}` : `+${formatOffset(pause)}`;
}
