/**
 * The grammar of control functions (ECMA-48), as they stand in a UTF-8 text: C0 characters, escape sequences, control
 * sequences (CSI) and control strings (OSC, DCS, SOS, PM, APC).
 *
 * U+0080 to U+009F count as text: in UTF-8 they are nearly always characters of another encoding that were converted
 * wrongly, and a real control function begins with ESC.
 */

const LF = 0x0a;
const CAN = 0x18;
const SUB = 0x1a;
const BEL = 0x07;
const ESC = 0x1b;
const BACKSLASH = 0x5c;

/** The longest control sequence. A longer one ends there, so the work stays linear. */
const MAX_SEQUENCE_LENGTH = 128;

/** A control sequence without private parameters and intermediate bytes: its parameters and its final byte. */
const STANDARD_SEQUENCE = /^\x1b\[([\d;:]*)([@-~])$/;

/** Finds the next control character, in texts with and without line ends. */
const CONTROL = /[\0-\x1f\x7f]/g;

/** Receives the parts of a text from {@link scanControls}, in order. */
export interface ControlHandler {
  /** Receives text without control characters. It is never empty. */
  text(text: string): void;
  /** Receives a control character, or a whole control function that begins with ESC. */
  control(control: string): void;
}

/**
 * Reports the text and the control functions of a text, in order.
 *
 * @returns The end of the scanned text. It is less than the length when an incomplete control function begins there.
 */
export function scanControls(text: string, handler: ControlHandler, start = 0): number {
  let at = start;
  while (at < text.length) {
    CONTROL.lastIndex = at;
    const next = CONTROL.exec(text)?.index ?? text.length;
    if (next > at) handler.text(text.slice(at, next));
    if (next === text.length) break;
    const end = controlEnd(text, next);
    if (end === undefined) return next;
    handler.control(text.slice(next, end));
    at = end;
  }
  return text.length;
}

/**
 * Returns the end of the control function that begins at `start`; `undefined` when the text ends first. A malformed
 * one ends before the first character that cannot belong to it, so it never hides text.
 */
export function controlEnd(text: string, start: number): number | undefined {
  if (text.charCodeAt(start) !== ESC) return start + 1;
  if (start + 1 === text.length) return undefined;
  if (isControlString(text, start)) return controlStringEnd(text, start + 2);
  // ECMA-48 5.4 (CSI): parameter bytes, intermediate bytes, a final byte. ECMA-35 13.2 (other): without parameters.
  const isSequence = text[start + 1] === "[";
  let at = start + (isSequence ? 2 : 1);
  const most = Math.min(text.length, start + MAX_SEQUENCE_LENGTH);
  if (isSequence) while (at < most && isBetween(text.charCodeAt(at), 0x30, 0x3f)) at++;
  while (at < most && isBetween(text.charCodeAt(at), 0x20, 0x2f)) at++;
  if (at === text.length && at < start + MAX_SEQUENCE_LENGTH) return undefined;
  return isBetween(text.charCodeAt(at), isSequence ? 0x40 : 0x30, 0x7e) ? at + 1 : at;
}

/** Whether a control string begins at the ESC at `start`: ESC with `]`, `P`, `X`, `^` or `_` (ECMA-48 5.6). */
export function isControlString(text: string, start: number): boolean {
  const introducer = text[start + 1];
  return introducer !== undefined && "]PX^_".includes(introducer);
}

/**
 * Returns the end of a control string: after ST (ESC and a backslash), after BEL, which xterm introduced, or after CAN
 * or SUB, which cancel it. Another ESC begins something new, and a string never continues on the next line.
 *
 * @param start - Any place in the string, behind its introducer.
 * @returns `undefined` when the text ends before it.
 */
export function controlStringEnd(text: string, start: number): number | undefined {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > ESC) continue;
    if (code === LF) return at;
    if (code === BEL || code === CAN || code === SUB) return at + 1;
    if (code !== ESC) continue;
    if (at + 1 === text.length) return undefined;
    return text.charCodeAt(at + 1) === BACKSLASH ? at + 2 : at;
  }
  return undefined;
}

/** A control sequence as ECMA-48 defines it: `parameters` and `final`. `undefined` for private ones and all others. */
export function parseSequence(control: string): { parameters: string; final: string } | undefined {
  const [, parameters, final] = STANDARD_SEQUENCE.exec(control) ?? [];
  return parameters === undefined || final === undefined ? undefined : { parameters, final };
}

function isBetween(code: number, low: number, high: number): boolean {
  return code >= low && code <= high;
}
