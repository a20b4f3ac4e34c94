import { replaceHidden } from "./terminal/hidden-characters.ts";

/** Control characters except the tab and the line feed. */
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f]/g;

/**
 * Returns a text as one line, with control characters escaped as in `\u001b`, since it may contain names from
 * untrusted sources. Text in JSON stays the same text.
 */
export function showControls(text: string): string {
  return escape(text).replaceAll("\n", "\\n");
}

/** Writes a line to standard error. */
export function printMessage(message: string): void {
  process.stderr.write(`tailcast: ${showControls(message)}\n`);
}

/** Writes an unexpected error with its stack to standard error. */
export function printFault(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`tailcast: ${escape(text)}\n`);
}

/** Escapes the characters that would move the cursor, change colours or reorder text on a terminal. */
function escape(text: string): string {
  return replaceHidden(text.replace(CONTROLS, escapeCharacter), escapeCharacter);
}

/** Escapes each UTF-16 unit, as JSON does. */
function escapeCharacter(character: string): string {
  return character.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
}
