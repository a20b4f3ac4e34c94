import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { isFile } from "./is-file.ts";
import { findWindowsProgram } from "./windows.ts";

/** The variables of a process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds the executable file of a command in the directories of `PATH`. Entries that are not absolute are skipped: their
 * meaning would depend on the working directory.
 */
export async function findProgram(name: string, env: Environment): Promise<string | undefined> {
  if (process.platform === "win32") return findWindowsProgram(name, env);
  for (const directory of (env["PATH"] ?? "").split(delimiter)) {
    const file = join(directory, name);
    if (isAbsolute(directory) && (await isExecutable(file))) return file;
  }
  return undefined;
}

/** The sentence for a person whose program was not found: what is missing, and how to get it. */
export function describeMissing(name: string): string {
  return `${name} is not on PATH; ${installAdvice.get(name) ?? "install it, or add its directory to PATH"}`;
}

const installAdvice: ReadonlyMap<string, string> = new Map([
  ["npm", "it comes with Node.js (https://nodejs.org)"],
  ["pnpm", "install it (npm install --global pnpm), or name it as packageManager in package.json and install corepack"],
  ["yarn", "install it (npm install --global yarn), or name it as packageManager in package.json and install corepack"],
  ["bun", "install it (npm install --global bun, or https://bun.sh)"],
]);

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return await isFile(file);
  } catch {
    return false;
  }
}
