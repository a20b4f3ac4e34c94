import { posix } from "node:path";
import { lineAt } from "./source.js";
import type { Problem, Source } from "./source.js";

/** The rooms whose values each room may import, beside its own. A file directly below `src` is a room of its own. */
const ARROWS: ReadonlyMap<string, readonly string[]> = new Map([
  ["error.ts", []],
  ["check-options.ts", ["error.ts"]],
  ["protocol", ["error.ts"]],
  ["terminal", []],
  ["http", ["error.ts", "check-options.ts"]],
  ["channel", ["http", "protocol", "terminal", "error.ts", "check-options.ts"]],
  ["runner", ["terminal", "error.ts", "check-options.ts"]],
  ["streams", ["runner", "channel", "http", "protocol", "terminal", "error.ts", "check-options.ts"]],
  ["web", ["streams", "runner", "channel", "http", "protocol", "terminal", "error.ts", "check-options.ts"]],
  ["page", ["terminal"]],
]);

const STATEMENT = /^(import|export) (type )?(?:[^;"'=(]*? from )?"([^"]+)"/gm;
const DYNAMIC = /\b(import)(\()"([^"]+)"\)/g;

interface Import {
  readonly line: number;
  /** The path of the imported file from the top of the repository. */
  readonly target: string;
  readonly isType: boolean;
}

/** Imports between the rooms of `src` follow the arrows; the page imports types from everywhere. */
export function checkArrows(sources: readonly Source[]): Problem[] {
  return sources.flatMap((source) => {
    const room = roomOf(source.path);
    const allowed = room === undefined ? undefined : ARROWS.get(room);
    if (room === undefined || allowed === undefined) return [];
    return importsOf(source).flatMap(({ line, target, isType }) => {
      const other = roomOf(target);
      if (other === undefined || other === room || allowed.includes(other)) return [];
      if (room === "page" && isType) return [];
      const remedy = `${room} may import ${allowed.join(", ") || "no other room"}; move what both need further down`;
      return [{ path: source.path, line, message: `${room} imports ${other}: ${remedy}` }];
    });
  });
}

/** Every folder directly below `src` is a room that the arrows know. */
export function checkRooms(sources: readonly Source[]): Problem[] {
  const rooms = new Set(sources.map(({ path }) => /^src\/([^/]+)\//.exec(path)?.[1]));
  return [...rooms].flatMap((room) => {
    if (room === undefined || ARROWS.has(room)) return [];
    const message = "unknown room: add it to ARROWS in test/sources/arrows.ts, or move its files to a room that exists";
    return [{ path: `src/${room}`, line: 1, message }];
  });
}

/** No file imports itself through the values of others. */
export function checkCycles(sources: readonly Source[]): Problem[] {
  const imports = new Map(sources.map((source) => [source.path, importsOf(source).filter(({ isType }) => !isType)]));
  const problems: Problem[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    if (done.has(path)) return;
    trail.push(path);
    for (const { line, target } of imports.get(path) ?? []) {
      const start = trail.indexOf(target);
      if (start < 0) visit(target);
      else {
        const circle = [...trail.slice(start), target].join(" -> ");
        problems.push({ path, line, message: `circular import: ${circle}; move what both need to a file of its own` });
      }
    }
    trail.pop();
    done.add(path);
  };
  for (const path of imports.keys()) visit(path);
  return problems;
}

/** A room has one level of sub-rooms, in `src` and in the tests that mirror it. */
export function checkDepth(sources: readonly Source[]): Problem[] {
  return sources.flatMap(({ path }) => {
    if (!/^(?:src|test)\/.*\.ts$/.test(path) || path.split("/").length <= 4) return [];
    return [{ path, line: 1, message: "below the sub-room of a room; move the file one folder up" }];
  });
}

/** Values are imported first, then types; in each, `node:` comes first, then packages, then relative paths. */
export function checkImportOrder(sources: readonly Source[]): Problem[] {
  return sources.flatMap((source) => {
    if (!/\.(?:ts|mjs|js)$/.test(source.path)) return [];
    let last = 0;
    // The text of a program that a test writes to a file is below the first constant.
    const [head = ""] = source.text.split(/^(?:export )?(?:const|function|class|describe)\b/m, 1);
    return [...head.matchAll(STATEMENT)].flatMap((match) => {
      const [, keyword, type, path] = match;
      if (keyword !== "import" || path === undefined) return [];
      const rank = (type === undefined ? 0 : 3) + (path.startsWith("node:") ? 0 : path.startsWith(".") ? 2 : 1);
      const isMisplaced = rank < last;
      last = Math.max(last, rank);
      const message = `import of ${path} is out of order: node:, packages, relative paths, then types likewise`;
      return isMisplaced ? [{ path: source.path, line: lineAt(source.text, match.index), message }] : [];
    });
  });
}

function importsOf({ path, text }: Source): Import[] {
  return [...text.matchAll(STATEMENT), ...text.matchAll(DYNAMIC)].flatMap((match) => {
    const [, , type, target = ""] = match;
    if (!target.startsWith(".")) return [];
    return [{ line: lineAt(text, match.index), target: resolve(path, target), isType: type === "type " }];
  });
}

function resolve(from: string, target: string): string {
  const path = posix.join(posix.dirname(from), target);
  // Tests name the compiled files next to them.
  return from.endsWith(".ts") ? path.replace(/\.js$/, ".ts") : path;
}

function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)/.exec(path)?.[1];
}
