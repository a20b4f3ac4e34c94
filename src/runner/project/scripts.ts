import { isObject } from "../../check-options.ts";
import type { JsonObject } from "./manifest.ts";

/**
 * The names of the scripts in a `package.json` that can be run. A script must be a string that is not empty. A name
 * that begins with a dash would be an option to the package manager, which then does something else and succeeds.
 */
export function scriptNames(manifest: JsonObject): string[] {
  const scripts = isObject(manifest["scripts"]) ? manifest["scripts"] : {};
  const isScript = (name: string): boolean => typeof scripts[name] === "string" && scripts[name] !== "";
  return Object.keys(scripts).filter((name) => isScript(name) && name !== "" && !name.startsWith("-"));
}

/** Whether a project with this `package.json` has a script. */
export function hasScript(manifest: JsonObject, script: string): boolean {
  return scriptNames(manifest).includes(script);
}
