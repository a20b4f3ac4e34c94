/** A search in the lines of a log. */
export interface LineQuery {
  readonly text: string;
  /** Whether `text` is a regular expression. */
  readonly isRegex: boolean;
  /** Whether upper and lower case differ. */
  readonly isCaseSensitive: boolean;
}

const SPECIAL = /[\\^$.*+?()[\]{}|]/g;

/**
 * Returns the pattern of a search. It is tested on the plain text of each line. The server and the page use the same
 * pattern, so that the page marks what the server has found.
 *
 * A regular expression has the flag `u`, so that `.` matches a whole character outside of the basic plane. Expressions
 * that are only valid without this flag, such as `\-`, do not have it.
 *
 * @param flags - Additional flags.
 * @throws {SyntaxError} With the message of the engine.
 */
export function linePattern({ text, isRegex, isCaseSensitive }: LineQuery, flags = ""): RegExp {
  const all = isCaseSensitive ? flags : `i${flags}`;
  if (!isRegex) return new RegExp(text.replace(SPECIAL, "\\$&"), `u${all}`);
  try {
    return new RegExp(text, `u${all}`);
  } catch {
    return new RegExp(text, all);
  }
}
