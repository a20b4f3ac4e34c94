import { basename, dirname, resolve } from "node:path";
import { isObject } from "../../check-options.ts";
import { readManifest } from "../project/manifest.ts";
import type { JsonObject } from "../project/manifest.ts";

/** A field of a `package.json` that names a version of Node.js. */
export interface NamedVersion {
  /** The name of the field: `engines.node`. */
  readonly field: string;
  /** As it is written; alternatives are separated by `||`. */
  readonly text: string;
}

/** The longest chain of `extends` that is followed. */
const MAX_EXTENDS = 8;

/**
 * Reads the version that Volta pins. A `package.json` without it can name another one that has it.
 *
 * @param directory - The directory of the `package.json`.
 * @param root - No file outside of it is read.
 * @throws A sentence when a `package.json` that is named cannot be read.
 */
export async function readVoltaVersion(
  manifest: JsonObject,
  directory: string,
  root: string,
): Promise<NamedVersion | undefined> {
  let [current, place] = [manifest, directory];
  for (let level = 0; level < MAX_EXTENDS; level++) {
    const { volta } = current;
    if (!isObject(volta)) return undefined;
    if (typeof volta["node"] === "string") return { field: "volta.node", text: volta["node"] };
    const next = volta["extends"];
    if (typeof next !== "string") return undefined;
    const file = resolve(place, next);
    if (basename(file) !== "package.json") throw new Error("its volta.extends must name a package.json");
    place = dirname(file);
    current = await readManifest(place, root);
  }
  throw new Error(`its volta.extends must not lead through more than ${MAX_EXTENDS} files`);
}

/** Reads the fields that say which versions will do: `devEngines.runtime`, then `engines.node`. */
export function readEngines({ devEngines, engines }: JsonObject): NamedVersion[] {
  const found: NamedVersion[] = [];
  const runtime = isObject(devEngines) ? devEngines["runtime"] : undefined;
  const list: readonly unknown[] = Array.isArray(runtime) ? runtime : [runtime];
  const versions = list.flatMap((each) => {
    if (!isObject(each) || each["name"] !== "node" || each["onFail"] === "ignore") return [];
    return typeof each["version"] === "string" ? each["version"] : [];
  });
  if (versions.length > 0) found.push({ field: "devEngines.runtime", text: versions.join(" || ") });
  const node = isObject(engines) ? engines["node"] : undefined;
  if (typeof node === "string" && node.trim() !== "") found.push({ field: "engines.node", text: node });
  return found;
}
