import { OPTIONS } from "./program-options.ts";
import { COOKIE_VARIABLE } from "../../runner/process/marker.ts";

/** The variable of `--server`, an option of other commands. */
const SERVER_VARIABLE = "TAILCAST_SERVER";

/** The variable of the secret of notifications, which has no flag. */
export const NOTIFY_SECRET = "TAILCAST_NOTIFY_SECRET";

/** The maximum number of edits between a wrong name and the name that a warning suggests. */
const MAX_EDITS = 2;

/**
 * Returns a warning for each environment variable that looks like an option of the program but is not one: a typing
 * error in `TAILCAST_TOKEN` would otherwise start a server without a token.
 */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = [...OPTIONS.map(({ variable }) => variable), COOKIE_VARIABLE, SERVER_VARIABLE, NOTIFY_SECRET];
  const unknown = Object.keys(env).filter((name) => name.startsWith("TAILCAST_") && !known.includes(name));
  return unknown.map((name) => {
    const [nearest] = known.map((other) => ({ other, edits: editsBetween(name, other) }))
      .filter(({ edits }) => edits <= MAX_EDITS)
      .sort((one, two) => one.edits - two.edits);
    const list = '"tailcast serve --help" lists the variables';
    const advice = nearest === undefined ? list : `did you mean ${nearest.other}?`;
    return `the environment variable ${name} is not an option; ${advice}`;
  });
}

/** The number of inserted, removed and replaced characters that turn one text into the other (Levenshtein). */
function editsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, character] of [...one].entries()) {
    const next = [index + 1];
    for (const [column, wanted] of [...other].entries()) {
      const replaced = (row[column] ?? 0) + (character === wanted ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
