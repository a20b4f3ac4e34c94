import { readFileSync, readdirSync } from "node:fs";

/** A fenced block of a README. */
export interface Block {
  /** The README, from the top of the repository. */
  readonly path: string;
  /** The line of its fence. */
  readonly line: number;
  /** The first word behind the fence; `""` for a fence without one. */
  readonly language: string;
  readonly text: string;
  /** The file of `<!-- checked by FILE -->` in the line above the fence. */
  readonly checker: string | undefined;
  /** Whether `<!-- picture -->` stands in the line above the fence. */
  readonly isPicture: boolean;
  /** The `text` block that follows with nothing between: the output of this one. */
  readonly output: Block | undefined;
}

export const ROOT = new URL("../../", import.meta.url);

const SKIPPED: ReadonlySet<string> = new Set(["node_modules", "dist", "dist-test", "coverage"]);

/** Reads every README of the repository, each with its blocks. */
export function readReadmes(): ReadonlyMap<string, readonly Block[]> {
  return new Map(findReadmes("").map((path) => [path, parseBlocks(path, readFileSync(new URL(path, ROOT), "utf8"))]));
}

/** Finds the fenced blocks of a Markdown text, indented ones too. */
export function parseBlocks(path: string, text: string): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  let following: { readonly line: number; readonly block: Block } | undefined;
  // From the end, so that a block knows the one behind it.
  for (let end = lines.length - 1; end >= 0; end--) {
    if (!/^\s*```\s*$/.test(lines[end] ?? "")) continue;
    let start = end - 1;
    while (start >= 0 && !/^\s*```/.test(lines[start] ?? "")) start--;
    if (start < 0) throw new Error(`${path}:${end + 1}: a fence without its other end`);
    const [, indent = "", language = ""] = /^(\s*)```(\S*)/.exec(lines[start] ?? "") ?? [];
    const above = lines[start - 1] ?? "";
    const isAdjacent =
      following?.block.language === "text" && following.block.checker === undefined && !following.block.isPicture &&
      lines.slice(end + 1, following.line).every((line) => line.trim() === "");
    const block: Block = {
      path,
      line: start + 1,
      language,
      text: lines.slice(start + 1, end).map((line) => `${line.slice(indent.length)}\n`).join(""),
      checker: /^\s*<!-- checked by (\S+) -->$/.exec(above)?.[1],
      isPicture: /^\s*<!-- picture -->$/.test(above),
      output: isAdjacent ? following?.block : undefined,
    };
    blocks.unshift(block);
    following = { line: start, block };
    end = start;
  }
  return blocks;
}

function findReadmes(folder: string): string[] {
  return readdirSync(new URL(folder, ROOT), { withFileTypes: true }).flatMap((entry) => {
    if (entry.isFile()) return entry.name === "README.md" ? [folder + entry.name] : [];
    const isSkipped = !entry.isDirectory() || SKIPPED.has(entry.name) || entry.name.startsWith(".");
    return isSkipped ? [] : findReadmes(`${folder}${entry.name}/`);
  });
}
