import { decimal } from "../channel/log/decimal.ts";
import type { BuildLineEvent, OutputStream } from "../runner/events.ts";

/** Nearly all lines come from the step and the pipe that the line before came from: what stands before their text. */
let lastStep: string | null | undefined;
let lastStream: OutputStream | undefined;
let beforeText = "";

/**
 * Text that JSON writes as it is: without quotes, backslashes, controls and, which only matter if alone, surrogates.
 * Matching all of a text takes two thirds of the time of looking for one of them.
 */
const PLAIN = /^[^"\\\0-\x1f\ud800-\udfff]*$/;

/**
 * The data of a `line` event: JSON with the fields in the order in which the type has them. To the byte what
 * `JSON.stringify` makes of them, which takes three times as long: only the text needs to be looked at, and mostly no
 * more than that.
 */
export function lineData({ number, step, stream, text, time, open }: BuildLineEvent): string {
  if (step !== lastStep || stream !== lastStream) {
    lastStep = step;
    lastStream = stream;
    beforeText = `,"step":${JSON.stringify(step)},"stream":"${stream}","text":"`;
  }
  const json = PLAIN.test(text) ? text : JSON.stringify(text).slice(1, -1);
  return `{"number":${decimal(number)}${beforeText}${json}","time":"${time}"${open === true ? ',"open":true' : ""}}`;
}

/** The fields of a `line` event that the server reads again. */
export interface ReadLine extends Pick<BuildLineEvent, "number" | "text" | "time"> {
  /** See {@link BuildLineEvent.open}. */
  readonly isOpen: boolean;
}

/** Reads what {@link lineData} has made; `undefined` for anything else: somebody has changed the log. */
export function readLineData(data: string): ReadLine | undefined {
  try {
    const { number, text, time, open } = JSON.parse(data) as Partial<BuildLineEvent>;
    const isLine = typeof number === "number" && typeof text === "string" && typeof time === "string";
    return isLine ? { number, text, time, isOpen: open === true } : undefined;
  } catch {
    return undefined;
  }
}
