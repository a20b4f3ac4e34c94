import { readFileSync, readdirSync } from "node:fs";

/** One file of the repository. */
export interface Source {
  /** The path from the top of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** A place that breaks a rule. */
export interface Problem {
  readonly path: string;
  /** The number of the line, from 1. */
  readonly line: number;
  /** What is wrong, and the remedy. */
  readonly message: string;
}

/** Reads all sources at once, because some rules look at several files. */
export type Rule = (sources: readonly Source[]) => Problem[];

const ROOT = new URL("../../", import.meta.url);
const TEXT = /\.(?:ts|js|mjs|css|html|md|c|h)$/;
const SKIPPED: ReadonlySet<string> = new Set(["node_modules", "screenshots", "out", "target", "build", "coverage"]);

/** Reads the sources below `src`, `test` and `examples`, and the README. */
export function readSources(): Source[] {
  return [read("README.md"), ...["src", "test", "examples"].flatMap(readFolder)];
}

/** The number of the line in which a text has this index. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/**
 * Applies a pattern to every source that a filter accepts.
 *
 * @param describe - Returns the message for a match, or `undefined` if the match breaks no rule.
 */
export function findAll(
  sources: readonly Source[],
  accepts: RegExp,
  pattern: RegExp,
  describe: (match: RegExpExecArray, source: Source) => string | undefined,
): Problem[] {
  return sources.flatMap((source) => {
    if (!accepts.test(source.path)) return [];
    return [...source.text.matchAll(pattern)].flatMap((match) => {
      const message = describe(match, source);
      return message === undefined ? [] : [{ path: source.path, line: lineAt(source.text, match.index), message }];
    });
  });
}

function readFolder(folder: string): Source[] {
  return readdirSync(new URL(`${folder}/`, ROOT), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return SKIPPED.has(entry.name) || entry.name.startsWith(".") ? [] : readFolder(path);
    return entry.isFile() && TEXT.test(entry.name) ? [read(path)] : [];
  });
}

function read(path: string): Source {
  return { path, text: readFileSync(new URL(path, ROOT), "utf8") };
}
