import assert from "node:assert/strict";

/** Stands for any text of a line, or, alone in a line, for any number of lines. */
const WILDCARD = "…";

/** Fails unless a program's output is what a README shows. */
export function assertOutput(actual: string, expected: string): void {
  if (outputPattern(expected).test(actual)) return;
  // For the difference that the reporter shows.
  assert.equal(actual, expected);
}

function outputPattern(expected: string): RegExp {
  const lines = expected.split("\n").map((line) => {
    if (line.trim() === WILDCARD) return "(?:.*\n)*";
    return `${line.split(WILDCARD).map(escape).join(".*")}\n`;
  });
  return new RegExp(`^${lines.join("").replace(/\n$/, "")}$`);
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
