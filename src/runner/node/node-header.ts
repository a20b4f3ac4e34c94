import { dirname, join } from "node:path";
import { readStart } from "../project/read-file-start.ts";
import type { NodeRelease } from "./wanted-version.ts";

/** The header is half as large. */
const MAX_BYTES = 16 * 1024;

/**
 * Reads the release of an installed Node.js from the header beside it, `include/node/node_version.h`.
 *
 * @param bin - The folder of its programs.
 * @returns `undefined` without such a file, and for a version that is not a release.
 */
export async function readNodeHeader(bin: string): Promise<NodeRelease | undefined> {
  const path = join(dirname(bin), "include", "node", "node_version.h");
  const text = new TextDecoder().decode(await readStart(path, MAX_BYTES).catch(() => undefined));
  const value = (name: string): string | undefined => {
    return new RegExp(String.raw`^#define NODE_${name} +"?(\w+)"?\s*$`, "m").exec(text)?.[1];
  };
  const numbers = ["MAJOR_VERSION", "MINOR_VERSION", "PATCH_VERSION"].map((name) => Number(value(name)));
  const [major = NaN, minor = NaN, patch = NaN] = numbers;
  if (value("VERSION_IS_RELEASE") !== "1" || !numbers.every(Number.isSafeInteger)) return undefined;
  const lts = value("VERSION_IS_LTS") === "1" ? value("VERSION_LTS_CODENAME")?.toLowerCase() : undefined;
  return { version: { numbers: [major, minor, patch], prerelease: [] }, lts };
}
