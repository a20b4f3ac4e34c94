/** Words with a meaning to a shell. */
const SHELL_SIGNS: ReadonlySet<string> = new Set(["&&", "||", "|", ";", "&", ">", ">>", "<", "2>", "2>&1"]);

/** A piece of a word: between quotation marks, which it does not keep, or without them. */
const PIECE = /"([^"]*)"|'([^']*)'|([^\s"']+)/y;

/**
 * Splits a command into words, for a start without a shell. White space separates words. Text between two `"` or two
 * `'` keeps its white space. Everything else, such as `$`, `*`, `~` and `\`, stays as it is.
 *
 * @throws {RangeError} A quotation mark has no other end, there is no word, or a word such as `&&` needs a shell.
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let end = 0;
  let isInWord = false;
  while (end < text.length) {
    const [space = ""] = /^\s+/.exec(text.slice(end)) ?? [];
    end += space.length;
    if (space !== "") isInWord = false;
    if (end === text.length) break;
    PIECE.lastIndex = end;
    const match = PIECE.exec(text);
    if (match === null) throw new RangeError(`a quotation mark (${text[end]}) has no other end`);
    const [all, double, single, plain] = match;
    if (plain !== undefined && !isInWord && SHELL_SIGNS.has(plain)) {
      throw new RangeError(`no shell reads it, so "${plain}" has no meaning; use {"shell": "..."} or several steps`);
    }
    const piece = double ?? single ?? plain ?? "";
    if (isInWord) words.push((words.pop() ?? "") + piece);
    else words.push(piece);
    isInWord = true;
    end += all.length;
  }
  if (words[0] === undefined || words[0] === "") throw new RangeError("it names no program");
  return words;
}
