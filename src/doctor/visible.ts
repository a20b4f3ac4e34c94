import { hiddenName, replaceHidden } from "../terminal/hidden-characters.ts";

const NAMES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0", "\\": "\\\\" };

const strictUtf8 = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/**
 * Makes bytes visible: control characters as in a JavaScript string, bytes that are not UTF-8 as `\xFF`, and
 * characters without a shape by name.
 */
export function visibleBytes(bytes: Uint8Array): string {
  try {
    return visible(strictUtf8.decode(bytes));
  } catch {
    return splitUtf8(bytes).join("");
  }
}

/** Makes a text visible, so that a terminal may show it. */
export function visible(text: string): string {
  const escaped = text.replaceAll(/[\0-\x1f\\\x7f\uFEFF]/g, (character) => NAMES[character] ?? codeOf(character));
  return replaceHidden(escaped, hiddenName);
}

/** Cuts a text that is longer than `limit` characters. */
export function shorten(text: string, limit: number): string {
  const characters = [...text];
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join("")}…`;
}

/** A number with its noun in the right form. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function codeOf(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).toUpperCase().padStart(2, "0")}` : hiddenName(character);
}

/** Shows each character that is UTF-8, and each other byte by its number. */
function splitUtf8(bytes: Uint8Array): string[] {
  const parts: string[] = [];
  let index = 0;
  while (index < bytes.length) {
    const length = [1, 2, 3, 4].find((count) => isCharacter(bytes.subarray(index, index + count))) ?? 0;
    const byte = bytes[index] ?? 0;
    if (length === 0) parts.push(`\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`);
    else parts.push(visible(strictUtf8.decode(bytes.subarray(index, index + length))));
    index += Math.max(1, length);
  }
  return parts;
}

function isCharacter(bytes: Uint8Array): boolean {
  try {
    strictUtf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
