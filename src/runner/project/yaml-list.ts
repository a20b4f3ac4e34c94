/** A line of a block list: a dash, and an item. */
const BLOCK_ITEM = /^[ \t]*-(?:[ \t]+|$)/;

/** The rest of a line that holds no value: spaces, or a comment. */
const BLANK = /^[ \t]*(?:#.*)?$/;

/**
 * Reads a list of texts from a YAML file: the value of a key at the left margin, in block or flow style, also over
 * several lines. Items and the key can be plain or in quotes. Line ends and comments can be of any kind. Anchors, tags
 * and nested values are not supported.
 *
 * @param yaml - The file, without a byte order mark.
 * @returns Empty when there is no such list.
 */
export function readYamlList(yaml: string, key: string): string[] {
  const lines = yaml.split(/\r\n?|\n/);
  for (const [index, line] of lines.entries()) {
    const value = valueOf(line, key);
    if (value === undefined) continue;
    const rest = [value, ...lines.slice(index + 1)];
    return value.trimStart().startsWith("[") ? readFlow(rest.join("\n")) : BLANK.test(value) ? readBlock(rest) : [];
  }
  return [];
}

/** The text after a key at the left margin. */
function valueOf(line: string, key: string): string | undefined {
  const quote = line[0] === "'" || line[0] === '"' ? line[0] : "";
  if (!line.startsWith(quote + key + quote)) return undefined;
  return /^[ \t]*:((?:[ \t].*)?)$/.exec(line.slice(key.length + 2 * quote.length))?.[1];
}

function readBlock(lines: readonly string[]): string[] {
  const items: string[] = [];
  for (const line of lines) {
    if (BLANK.test(line)) continue;
    const dash = BLOCK_ITEM.exec(line)?.[0];
    // The next key, or a value of another kind.
    if (dash === undefined) break;
    const item = readScalar(line, dash.length, "").text;
    if (item !== "") items.push(item);
  }
  return items;
}

/** Reads up to the bracket that ends the list. */
function readFlow(text: string): string[] {
  const items: string[] = [];
  let at = text.indexOf("[") + 1;
  while (at < text.length && text[at] !== "]") {
    const character = text[at] ?? "";
    if (character === "#" && /\s/.test(text[at - 1] ?? "")) {
      const end = text.indexOf("\n", at);
      at = end === -1 ? text.length : end;
    } else if (/[\s,]/.test(character)) {
      at += 1;
    } else {
      const { text: item, end } = readScalar(text, at, ",]");
      items.push(item);
      at = Math.max(end, at + 1);
    }
  }
  return items;
}

/** @param stops - The characters that end a plain text, in addition to a comment and the end of the line. */
function readScalar(source: string, start: number, stops: string): { readonly text: string; readonly end: number } {
  const quote = source[start];
  if (quote === "'" || quote === '"') return readQuoted(source, start, quote);
  let end = start;
  for (; end < source.length; end++) {
    const character = source[end] ?? "";
    const isComment = character === "#" && (end === start || /\s/.test(source[end - 1] ?? ""));
    if (character === "\n" || isComment || stops.includes(character)) break;
  }
  return { text: source.slice(start, end).trim(), end };
}

function readQuoted(source: string, start: number, quote: string): { readonly text: string; readonly end: number } {
  let text = "";
  let at = start + 1;
  for (; at < source.length; at++) {
    const character = source[at] ?? "";
    const next = source[at + 1] ?? "";
    if (quote === '"' && character === "\\") text += source[++at] ?? "";
    else if (character !== quote) text += character;
    else if (quote === "'" && next === "'") text += source[++at] ?? "";
    else break;
  }
  return { text, end: at + 1 };
}
