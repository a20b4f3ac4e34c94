import { recall, remember } from "../preferences.ts";

const MAX_PATHS = 8;

/** Returns the paths that this browser has built, the latest first. */
export function recentPaths(): readonly string[] {
  return readPaths(recall("paths"));
}

/** Notes that this browser has built the project at a path. */
export function rememberPath(path: string): void {
  remember("paths", JSON.stringify(withPath(recentPaths(), path)));
}

/** Reads stored paths; anything else in the storage counts as no path. */
export function readPaths(stored: string | undefined): readonly string[] {
  try {
    const paths: unknown = JSON.parse(stored ?? "[]");
    return Array.isArray(paths) ? paths.filter((path) => typeof path === "string").slice(0, MAX_PATHS) : [];
  } catch {
    return [];
  }
}

/** Adds a path at the beginning. */
export function withPath(paths: readonly string[], path: string): readonly string[] {
  return [path, ...paths.filter((known) => known !== path)].slice(0, MAX_PATHS);
}
