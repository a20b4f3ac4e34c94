import { posix } from "node:path";
import type { Problem, Source } from "./source.js";

const MAX_LINES = 400;
/** Files with a limit of their own: the README serves three readers, and the app is wiring alone. */
const MAX_LINES_OF: Readonly<Record<string, number>> = { "README.md": 150, "src/web/build-app.ts": 149 };
const MAX_FILES = 15;
const MAX_COLUMNS = 120;

/** No source has more lines than a person reads in one sitting; some files are shorter. */
export function checkFileSize(sources: readonly Source[]): Problem[] {
  return sources.flatMap(({ path, text }) => {
    const limit = MAX_LINES_OF[path] ?? (path.endsWith(".md") ? Infinity : MAX_LINES);
    const lines = text.split("\n").length - 1;
    if (lines <= limit) return [];
    return [{ path, line: limit + 1, message: `${lines} lines, ${limit} are the limit; split it by what it is about` }];
  });
}

/** No folder holds more TypeScript files side by side than a newcomer takes in. */
export function checkFolderSize(sources: readonly Source[]): Problem[] {
  const counts = new Map<string, number>();
  for (const { path } of sources) {
    if (!path.endsWith(".ts")) continue;
    const folder = posix.dirname(path);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts].flatMap(([path, count]) => {
    if (count <= MAX_FILES) return [];
    const full = `the folder is full: ${count} .ts files, ${MAX_FILES} are the limit`;
    const advice = 'put the file into a sub-folder (see "To add a file" in the README of this part of src)';
    return [{ path, line: 1, message: `${full}; ${advice}` }];
  });
}

/**
 * No line is wider than 120 columns. Rows of Markdown tables may be, because a row cannot be wrapped, and so may a
 * single word, such as a URL.
 */
export function checkColumns(sources: readonly Source[]): Problem[] {
  return sources.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) => {
      const width = [...line].length;
      if (width <= MAX_COLUMNS || (path.endsWith(".md") && /^\s*\|/.test(line))) return [];
      if (!/\S\s+\S/.test(line.replace(/^\s*(?:\/\/|\*|[-*>]|\d+\.|\[[^\]]*\]:)\s+/, ""))) return [];
      return [{ path, line: index + 1, message: `${width} columns, ${MAX_COLUMNS} are the limit; wrap the line` }];
    }),
  );
}
