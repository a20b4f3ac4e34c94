import { DEFAULT_INPUTS } from "../planning/build-inputs.ts";
import { isJsonObject } from "./manifest.ts";
import type { JsonObject } from "./manifest.ts";

/**
 * The names of a `package.json`'s scripts that can be run. One that is empty, or no text, is none; a name that begins
 * with a dash would be an option to the package manager, which then does something else and succeeds.
 */
export function scriptNames(manifest: JsonObject): string[] {
  const scripts = isJsonObject(manifest["scripts"]) ? manifest["scripts"] : {};
  const isScript = (name: string): boolean => typeof scripts[name] === "string" && scripts[name] !== "";
  return Object.keys(scripts).filter((name) => isScript(name) && name !== "" && !name.startsWith("-"));
}

/** Whether a project with this `package.json` can be built without a choice of script. */
export function hasBuildScript(manifest: JsonObject): boolean {
  return scriptNames(manifest).includes(DEFAULT_INPUTS.script);
}
