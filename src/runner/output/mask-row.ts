import { withoutControls } from "../../terminal/plain-text.ts";
import type { Mask } from "./mask.ts";

/** C0 characters that do not move the cursor, except NUL. */
export const SILENT: RegExp = /[\x01-\x07\x0e-\x1a\x1c-\x1f\x7f]/;

/** Controls in a line that was not drawn, which can hide a secret from a mask of the stream. */
const INTERRUPTION = new RegExp(`${SILENT.source}|\\x1b[^[]`);

/**
 * Masks a row as a terminal shows it. A program can print a secret in parts and move the cursor between them, so that
 * only the row contains it. Such a row loses its colours.
 *
 * @param row - Text with control functions that do not move the cursor.
 */
export function maskRow(row: string, mask: Mask): string {
  const shown = withoutControls(row);
  const masked = mask.text(shown);
  return masked === shown ? row : masked;
}

/** Masks a line that was not drawn, and whose text has passed through a mask before. */
export function maskLine(line: string, mask: Mask): string {
  return INTERRUPTION.test(line) ? maskRow(line, mask) : line;
}
