import type { BuildLineEvent } from "../build/events.ts";

/** Nearly all lines come from the step that the line before came from. */
let lastStep: string | null = null;
let lastStepJson = "null";

/** What JSON writes in another way: quotes, backslashes, controls and, if alone, surrogates. */
const ESCAPED = /["\\\0-\x1f\ud800-\udfff]/;

/**
 * The data of a `line` event: JSON with the fields in the order in which the type has them. To the byte what
 * `JSON.stringify` makes of them, which takes three times as long: only the text needs to be looked at, and mostly no
 * more than that.
 */
export function lineData({ number, step, stream, text, time }: BuildLineEvent): string {
  if (step !== lastStep) {
    lastStep = step;
    lastStepJson = JSON.stringify(step);
  }
  const json = ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
  return `{"number":${number},"step":${lastStepJson},"stream":"${stream}","text":${json},"time":"${time}"}`;
}
