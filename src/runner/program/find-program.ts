import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { managersOf } from "../package-manager/managers.ts";
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

/** Describes a program that was not found, and how to install it. */
export function describeMissing(name: string): string {
  const [manager] = managersOf(name);
  return `${name} is not on PATH; ${manager?.advice ?? "install it, or add its directory to PATH"}`;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return await isFile(file);
  } catch {
    return false;
  }
}
