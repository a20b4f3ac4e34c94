import { readMiseNode } from "./mise-file.ts";

/** A file in which version managers look for the version of Node.js. */
export interface VersionFile {
  readonly name: string;
  /** Returns the version as it is written; alternatives are separated by `||`. `undefined`: the file names none. */
  readonly read: (text: string) => string | undefined;
}

/** All of them. The first that names a version decides. */
export const versionFiles: readonly VersionFile[] = [
  { name: ".nvmrc", read: readFirstLine },
  { name: ".node-version", read: readFirstLine },
  { name: ".tool-versions", read: readToolVersions },
  ...[
    ...["mise.local.toml", "mise.toml", ".mise.local.toml", ".mise.toml", "mise/config.toml", ".mise/config.toml"],
    ...[".config/mise.toml", ".config/mise/config.toml"],
  ].map((name) => ({ name, read: readMiseNode })),
];

/** The lines without comments and spaces around them. */
function contentLines(text: string): string[] {
  return text.split(/\r\n?|\n/).map((line) => line.replace(/#[^]*$/, "").trim());
}

/** nvm reads lines such as `key=value` as settings. */
function readFirstLine(text: string): string | undefined {
  return contentLines(text).find((line) => line !== "" && !/^[\w.-]+=/.test(line));
}

/** A line is the name of a tool, and the versions that will do. Others are folders (`path:`) or commits (`ref:`). */
function readToolVersions(text: string): string | undefined {
  for (const line of contentLines(text)) {
    const [tool, ...all] = line.split(/\s+/);
    const known = all.filter((version) => !/^(?:path|ref):/.test(version));
    const versions = known.length === 0 ? all : known;
    if ((tool === "nodejs" || tool === "node") && versions.length > 0) return versions.join(" || ");
  }
  return undefined;
}
