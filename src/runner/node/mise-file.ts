/** A key of a table, and its value: `node = "20"`. The key can be in quotes. */
const ENTRY = /^\s*((?:[\w.:-]|"[^"]*"|'[^']*')+)\s*=\s*([^]*)$/;

/** The head of a table: `[tools]`, or of a list of tables. */
const TABLE = /^\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$/;

/** A longer line names no version, nor does a longer list. */
const MAX_LINE = 1000;
const MAX_LIST_LINES = 20;

/** The names of Node.js in the table `tools`, and the version in a table of its own. */
const NODE = /^tools\.(?:core:)?node(?:js)?(\.version)?$/;

/** A text, or a number. */
const SCALAR = /"([^"]*)"|'([^']*)'|(\d+(?:\.\d+)*)/;

/**
 * Reads the version of Node.js from a `mise.toml`: `node = "20"` in the table `tools`, also with several versions, or
 * with options. It reads only as much of TOML as that needs.
 *
 * @returns Alternatives, separated by `||`; `undefined` when the file names no version.
 */
export function readMiseNode(toml: string): string | undefined {
  let table = "";
  let isInText = false;
  const lines = toml.split(/\r\n?|\n/).map((line) => (line.length > MAX_LINE ? "" : line));
  for (const [index, line] of lines.entries()) {
    // A script can hold anything, also a table.
    const marks = line.match(/"""|'''/g)?.length ?? 0;
    const wasInText = isInText;
    if (marks % 2 === 1) isInText = !isInText;
    if (wasInText) continue;
    const head = TABLE.exec(line)?.[1];
    if (head !== undefined) table = plainKey(head);
    const [, key = "", value = ""] = head === undefined ? (ENTRY.exec(line) ?? []) : [];
    const name = NODE.exec(plainKey(table === "" ? key : `${table}.${key}`));
    if (name === null) continue;
    const more = value.startsWith("[") ? lines.slice(index + 1, index + MAX_LIST_LINES) : [];
    const versions = readVersions([value, ...more].join("\n"));
    if (versions.length > 0) return versions.join(" || ");
  }
  return undefined;
}

function plainKey(key: string): string {
  return key.replace(/["'\s]/g, "");
}

/** The value is a text, a list of texts, or a table with the key `version`. */
function readVersions(value: string): string[] {
  const isList = value.startsWith("[");
  const version = value.startsWith("{") ? (/\bversion\s*=\s*([^]*)$/.exec(value)?.[1] ?? "") : value;
  const list = isList ? (/^\[([^\]]*)\]/.exec(version.replace(/#.*/g, ""))?.[1] ?? "") : version;
  const scalars = Array.from(list.matchAll(new RegExp(SCALAR, "g")), ([, double, single, bare]) => {
    return double ?? single ?? bare ?? "";
  });
  return isList ? scalars : scalars.slice(0, 1);
}
