import { words } from "../words/words.ts";

/**
 * Reads the variables of a build: one `NAME=value` on each line. Empty lines do not count.
 *
 * @returns The variables, or a sentence about the first line that is not a variable. The sentence does not repeat the
 * line, which may contain a secret.
 */
export function readVariableLines(text: string): Readonly<Record<string, string>> | string {
  const variables = new Map<string, string>();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const end = line.indexOf("=");
    const name = line.slice(0, Math.max(0, end)).trim();
    if (!/^[A-Za-z_]\w*$/.test(name)) return words().invalidVariable(index + 1);
    variables.set(name, line.slice(end + 1));
  }
  return Object.fromEntries(variables);
}
