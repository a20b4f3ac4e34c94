import { parseSequence, scanControls } from "./controls.ts";

/** Control characters but for the tab, and C1 characters. Most lines have none. */
const UNUSUAL = /[\0-\x08\x0a-\x1f\x7f-\x9f]/;

const C1 = /[\x80-\x9f]/g;

/**
 * A line as plain text: without control functions, but for tabs. C1 characters, which a terminal might take for control
 * functions, are shown as `<U+0085>`.
 */
export function plainText(line: string): string {
  return UNUSUAL.test(line) ? rewrite(line, () => "") : line;
}

/** A line as {@link plainText}, but with its colours and attributes (SGR). */
export function colouredText(line: string): string {
  if (!UNUSUAL.test(line)) return line;
  return rewrite(line, (control) => (parseSequence(control)?.final === "m" ? control : ""));
}

/** The name of a character that has no shape, e.g. `U+0085`. */
export function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** @param keep - Returns the replacement of a control function that is not a tab. */
function rewrite(line: string, keep: (control: string) => string): string {
  let result = "";
  scanControls(line, {
    text: (text) => {
      result += text.replace(C1, (character) => `<${codePointName(character)}>`);
    },
    control: (control) => {
      result += control === "\t" ? control : keep(control);
    },
  });
  return result;
}
