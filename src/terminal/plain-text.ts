import { parseSequence, scanControls } from "./controls.ts";
import { hiddenName, replaceHidden } from "./hidden-characters.ts";

/** Control characters except the tab. Many lines have none. */
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;

/**
 * A line as plain text: without control functions, except tabs. Hidden characters, such as C1 characters and those that
 * reverse the direction of text, are shown by their name: `<U+202E>`.
 */
export function plainText(line: string): string {
  return CONTROL.test(line) ? rewrite(line, () => "") : nameHidden(line);
}

/** A line as {@link plainText}, but with its colours and attributes (SGR). */
export function colouredText(line: string): string {
  if (!CONTROL.test(line)) return nameHidden(line);
  return rewrite(line, (control) => (parseSequence(control)?.final === "m" ? control : ""));
}

/** A line without control functions, except tabs. Hidden characters stay. */
export function withoutControls(line: string): string {
  if (!CONTROL.test(line)) return line;
  let result = "";
  scanControls(line, {
    text: (text) => {
      result += text;
    },
    control: (control) => {
      if (control === "\t") result += control;
    },
  });
  return result;
}

/** @param keep - Returns the replacement of a control function that is not a tab. */
function rewrite(line: string, keep: (control: string) => string): string {
  let result = "";
  scanControls(line, {
    text: (text) => {
      result += nameHidden(text);
    },
    control: (control) => {
      result += control === "\t" ? control : keep(control);
    },
  });
  return result;
}

function nameHidden(text: string): string {
  return replaceHidden(text, hiddenName);
}
