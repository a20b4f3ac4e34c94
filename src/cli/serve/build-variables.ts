import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { invalidOption } from "../../error.ts";
import { variableProblem } from "../../runner/program/variables.ts";

/** A line of a file: empty, a comment, or a name and a value. A quoted value can have several lines. */
const ENTRY = /[ \t\r]*(?:#[^\n]*|[^\n=#]+=[ \t]*(?:"[^"]*"|'[^']*'|`[^`]*`)?[^\n]*)?(?:\n|$)/y;

/**
 * Collects the variables that the user sets for all builds: from files in the format of `node --env-file`, and then
 * from `NAME=value` texts. The last value of a name applies. Errors never show a value, since it can be a secret.
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the flag.
 */
export function readVariables(files: readonly string[], pairs: readonly string[]): Readonly<Record<string, string>> {
  const variables = new Map<string, string>();
  for (const file of files) {
    for (const [name, value = ""] of Object.entries(readVariableFile(file))) {
      variables.set(checkVariable(name, value, `--env-from ${file}`), value);
    }
  }
  for (const pair of pairs) {
    const end = pair.indexOf("=");
    if (end === -1) throw invalidOption("--env", "it must be NAME=value");
    const value = pair.slice(end + 1);
    variables.set(checkVariable(pair.slice(0, end), value, "--env"), value);
  }
  return Object.fromEntries(variables);
}

function readVariableFile(file: string): Readonly<Record<string, string | undefined>> {
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw invalidOption(`--env-from ${file}`, (cause as Error).message, cause);
  }
  // Some versions of Node skip a line without "=", and others read it as part of the next name.
  let end = 0;
  for (const { 0: entry, index } of text.matchAll(new RegExp(ENTRY, "gy"))) end = index + entry.length;
  if (end < text.length) throw invalidOption(`--env-from ${file}`, "it holds something that is not NAME=value");
  return parseEnv(text);
}

function checkVariable(name: string, value: string, source: string): string {
  const problem = variableProblem(name, value);
  if (problem !== undefined) throw invalidOption(source, `it ${problem}`);
  return name;
}
