import { parseRange, satisfies } from "./semver-range.ts";
import type { Range, Version } from "./semver-range.ts";

/** One version of Node.js. */
export interface NodeRelease {
  readonly version: Version;
  /** The name of its line with long-term support, e.g. `iron`; `undefined` when it has none, or that is unknown. */
  readonly lts: string | undefined;
}

/** The versions that a project accepts: alternatives, each of which is a range, or a line with long-term support. */
export type WantedVersion = readonly (Range | LtsLine)[];

/** The name of a line in lower case; `*` for every line. */
interface LtsLine {
  readonly lts: string;
}

/** The names for the newest version, or for the one on `PATH`. Nothing is downloaded, so every version fits. */
const ANY = /^(?:node|latest|current|stable|system)$/i;

/** `lts/*`, `lts`, `lts/iron` or, as nodenv and asdf write it, `lts-iron`. */
const LTS = /^lts(?:[/-](\*|[a-z]+))?$/i;

/** How asdf and mise write that any version which begins with the rest will do. */
const PREFIX = /^(?:latest|prefix):/;

/**
 * Reads a version as files of version managers and `package.json` name it.
 *
 * @returns `undefined` when it has no meaning here, as `lts/-1` and `iojs` have none.
 */
export function parseWanted(text: string): WantedVersion | undefined {
  const alternatives = text.split("||").map((part) => parseOne(part.trim()));
  return alternatives.every((alternative) => alternative !== undefined) ? alternatives : undefined;
}

/** Accepts one version alone. */
export function exactly(version: Version): WantedVersion {
  return [[[{ operator: "=", version }]]];
}

/** Whether a release of Node.js is wanted. */
export function isWanted({ version, lts }: NodeRelease, wanted: WantedVersion): boolean {
  return wanted.some((alternative) => {
    if (!("lts" in alternative)) return satisfies(version, alternative);
    return lts !== undefined && (alternative.lts === "*" || alternative.lts === lts.toLowerCase());
  });
}

function parseOne(text: string): Range | LtsLine | undefined {
  if (ANY.test(text)) return parseRange("*");
  const [lts, line = "*"] = LTS.exec(text) ?? [];
  return lts === undefined ? parseRange(text.replace(PREFIX, "")) : { lts: line.toLowerCase() };
}
