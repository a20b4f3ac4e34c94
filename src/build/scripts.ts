import { isJsonObject } from "./manifest.ts";
import type { JsonObject } from "./manifest.ts";

/** The script that builds a project. */
export const BUILD_SCRIPT = "build";

/** The names of a `package.json`'s scripts. One that is empty, or no text, is none. */
export function scriptNames(manifest: JsonObject): string[] {
  const scripts = isJsonObject(manifest["scripts"]) ? manifest["scripts"] : {};
  return Object.keys(scripts).filter((name) => typeof scripts[name] === "string" && scripts[name] !== "");
}

/** Whether a project with this `package.json` can be built. */
export function hasBuildScript(manifest: JsonObject): boolean {
  return scriptNames(manifest).includes(BUILD_SCRIPT);
}
