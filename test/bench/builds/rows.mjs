import { fileURLToPath } from "node:url";
import { join } from "node:path";

const NODE_CHILD = fileURLToPath(new URL("./child.mjs", import.meta.url));
const PIPE = fileURLToPath(new URL("./pipe.mjs", import.meta.url));

/**
 * @typedef {object} Child - A program that prints lines.
 * @property {string} name - For `--child`.
 * @property {string} title - Its column.
 * @property {(gate: string, lines: number, binaries: string) => string[]} command
 */

/** @type {readonly Child[]} */
export const CHILDREN = [
  {
    name: "console",
    title: "Node, `console.log`",
    command: (gate, lines) => [process.execPath, NODE_CHILD, gate, String(lines), "console"],
  },
  {
    name: "bursts",
    title: "Node, one write for 100 lines",
    command: (gate, lines) => [process.execPath, NODE_CHILD, gate, String(lines), "bursts"],
  },
  {
    name: "c",
    title: "C, 64 KiB a write",
    command: (gate, lines, binaries) => [join(binaries, "child"), gate, String(lines)],
  },
];

/**
 * @typedef {object} Reader - The program that the child's lines go to.
 * @property {string} name - For `--reader`.
 * @property {string} title - Its row.
 * @property {boolean} apart - Whether it is measured with the child on the other core, too.
 * @property {string[]} [command] - Its beginning: the file and the child's command follow. Without it, the program.
 * @property {number} [viewers] - How many follow the build.
 * @property {"gzip" | "identity"} [coding] - How they want the stream.
 */

/** @type {readonly Reader[]} */
export const READERS = [
  {
    name: "cat",
    title: "`child \\| cat > file`",
    apart: true,
    command: ["sh", "-c", 'file=$1; shift; "$@" | cat > "$file"', "sh"],
  },
  { name: "node", title: "bare Node, pipe to file", apart: true, command: [process.execPath, PIPE] },
  { name: "tailcast", title: "tailcast, nobody follows", apart: true, viewers: 0 },
  { name: "gzip", title: "tailcast, 200 viewers, gzip", apart: false, viewers: 200, coding: "gzip" },
  { name: "plain", title: "tailcast, 200 viewers, not compressed", apart: false, viewers: 200, coding: "identity" },
];
