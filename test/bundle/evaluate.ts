import { joinModules } from "../../dist/bundle/join-modules.js";
import { parseModules } from "../../dist/bundle/parse-modules.js";
import type { Rename } from "../../dist/bundle/join-modules.js";

/** Bundles programs that import nothing, each for itself. */
export function bundle(programs: readonly string[], rename?: Rename): string[] {
  const modules = new Map(programs.map((text, index) => [`/${index}.js`, text]));
  const parsed = parseModules(modules);
  return Array.from(modules.keys(), (path) => joinModules(path, parsed, rename));
}

/** Runs a program, and returns the arguments of each call of `log` in it, and the kind of error that it ends with. */
export async function evaluate(program: string): Promise<unknown[]> {
  const logged: unknown[] = [];
  const log = (...values: unknown[]): void => void logged.push(structuredClone(values));
  try {
    await new Function("log", `"use strict"; return (async () => {${program}\n})();`)(log);
  } catch (error) {
    logged.push(error instanceof Error ? error.name : error);
  }
  return logged;
}
