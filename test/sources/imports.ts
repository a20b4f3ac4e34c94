import { posix } from "node:path";
import { lineAt } from "./source.js";
import type { Problem, Source } from "./source.js";

/** The program uses everything but the page, which the server only sends. */
const CLI: readonly string[] = [
  ...["doctor", "web", "streams", "runner", "channel", "client", "http", "protocol", "terminal"],
  ...["arguments.ts", "check-options.ts", "command.ts", "create-folder.ts", "error.ts", "log-format.ts", "output.ts"],
  ...["print.ts", "tls-server.ts", "token-file.ts"],
];

/** The folders whose values each folder may import, beside its own. A file directly below `src` is like a folder. */
const IMPORTS: ReadonlyMap<string, readonly string[]> = new Map([
  ["error.ts", []],
  ["check-options.ts", ["error.ts"]],
  ["create-folder.ts", []],
  ["protocol", ["error.ts"]],
  ["terminal", []],
  ["client", ["protocol", "error.ts", "check-options.ts"]],
  ["doctor", ["protocol", "terminal", "error.ts", "check-options.ts"]],
  ["http", ["error.ts", "check-options.ts"]],
  ["channel", ["http", "protocol", "terminal", "error.ts", "check-options.ts", "create-folder.ts"]],
  ["redis", ["channel", "protocol", "error.ts", "check-options.ts"]],
  ["contract", ["channel", "protocol", "check-options.ts"]],
  ["runner", ["terminal", "error.ts", "check-options.ts", "create-folder.ts"]],
  ["streams", ["runner", "channel", "http", "protocol", "terminal", "error.ts", "check-options.ts"]],
  ["web", ["streams", "runner", "channel", "http", "protocol", "terminal", "error.ts", "check-options.ts"]],
  ["page", ["terminal"]],
  ["cli", CLI],
  ["bundle", []],
]);

const STATEMENT = /^(import|export) (type )?(?:[^;"'=(]*? from )?"([^"]+)"/gm;
const DYNAMIC = /\b(import)(\()"([^"]+)"\)/g;

interface Import {
  readonly line: number;
  /** The path of the imported file from the top of the repository. */
  readonly target: string;
  readonly isType: boolean;
}

/** Imports between the folders of `src` follow the direction in IMPORTS; the page imports types from everywhere. */
export function checkImports(sources: readonly Source[]): Problem[] {
  return sources.flatMap((source) => {
    const folder = folderOf(source.path);
    const allowed = folder === undefined ? undefined : IMPORTS.get(folder);
    if (folder === undefined || allowed === undefined) return [];
    return importsOf(source).flatMap(({ line, target, isType }) => {
      const other = folderOf(target);
      if (other === undefined || other === folder || allowed.includes(other)) return [];
      if (folder === "page" && isType) return [];
      const remedy = `${folder} may import ${allowed.join(", ") || "no other folder"}; move shared code further down`;
      return [{ path: source.path, line, message: `${folder} imports ${other}: ${remedy}` }];
    });
  });
}

/** Every folder directly below `src` is a folder that IMPORTS names. */
export function checkFolders(sources: readonly Source[]): Problem[] {
  const folders = new Set(sources.map(({ path }) => /^src\/([^/]+)\//.exec(path)?.[1]));
  return [...folders].flatMap((folder) => {
    if (folder === undefined || IMPORTS.has(folder)) return [];
    const message = "unknown folder: add it to IMPORTS in test/sources/imports.ts, or move its files to another";
    return [{ path: `src/${folder}`, line: 1, message }];
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

/** A folder has one level of sub-folders, in `src` and in the tests that mirror it. */
export function checkDepth(sources: readonly Source[]): Problem[] {
  return sources.flatMap(({ path }) => {
    if (!/^(?:src|test)\/.*\.ts$/.test(path) || path.split("/").length <= 4) return [];
    return [{ path, line: 1, message: "below a sub-folder; move the file one folder up" }];
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

function folderOf(path: string): string | undefined {
  return /^src\/([^/]+)/.exec(path)?.[1];
}
