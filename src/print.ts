/** Characters that would move the cursor, change colours or reorder text on a terminal. */
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

/** Returns a text as one line, with control characters shown as `\x1b`: it may quote names from untrusted sources. */
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

function escape(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, "0")}`;
  });
}
