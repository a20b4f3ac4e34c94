import { win32 } from "node:path";
import { managersOf } from "../package-manager/managers.ts";
import { isFile as isRealFile } from "./is-file.ts";
import type { Environment } from "./find-program.ts";

/** A program and its arguments. */
export interface Call {
  readonly command: string;
  readonly args: readonly string[];
}

export type IsFile = (path: string) => Promise<boolean>;

/** Files that Windows starts directly, and files that it starts only through a shell. */
const PROGRAMS = [".exe", ".com"];
const BATCH_FILES = [".cmd", ".bat"];

/** The folder of the scripts of corepack, relative to its batch files. */
const COREPACK = "node_modules/corepack/dist";

/** Finds the file of a command on Windows: a program, or a batch file. */
export async function findWindowsProgram(
  name: string,
  env: Environment,
  isFile: IsFile = isRealFile,
): Promise<string | undefined> {
  const hasExtension = [...PROGRAMS, ...BATCH_FILES].includes(win32.extname(name).toLowerCase());
  const names = hasExtension ? [name] : [...PROGRAMS, ...BATCH_FILES].map((extension) => name + extension);
  // Windows usually calls the variable Path.
  const [, path = ""] = Object.entries(env).find(([variable]) => variable.toUpperCase() === "PATH") ?? [];
  for (const directory of path.split(win32.delimiter).filter((entry) => win32.isAbsolute(entry))) {
    for (const file of names.map((each) => win32.join(directory, each))) if (await isFile(file)) return file;
  }
  return undefined;
}

/**
 * Node.js starts batch files like `npm.cmd` only through a shell, in which arguments can become commands
 * (CVE-2024-27980). So this calls the script behind it, with the Node.js that runs this server.
 *
 * @returns The program to start, or a sentence with the reason why there is no such program.
 */
export async function windowsCall(
  { command, args }: Call,
  env: Environment,
  isFile: IsFile = isRealFile,
): Promise<Call | string> {
  const isPath = /[\\/]/.test(command);
  const file = isPath ? command : await findWindowsProgram(command, env, isFile);
  if (file === undefined) return { command, args };
  // By its absolute path: Windows looks for a name without a path in the project first.
  if (!BATCH_FILES.includes(win32.extname(file).toLowerCase())) return { command: file, args };
  for (const script of scriptsBehind(win32.parse(file).name.toLowerCase())) {
    const path = win32.join(win32.dirname(file), script);
    if (await isFile(path)) return { command: process.execPath, args: [path, ...args] };
  }
  return `${file} is a batch file, which can only be started through a shell, and the script behind it was not found`;
}

/** The scripts that the batch file of a program can run with Node.js, relative to the folder of the batch file. */
function scriptsBehind(program: string): readonly string[] {
  if (program === "corepack") return [`${COREPACK}/corepack.js`];
  const [manager] = managersOf(program);
  if (manager === undefined) return [];
  const { windowsScript, corepackPrograms } = manager;
  const scripts = [windowsScript, corepackPrograms.includes(program) ? `${COREPACK}/${program}.js` : undefined];
  return scripts.filter((script) => script !== undefined);
}

/** The command that ends a process and its descendants. Its path is absolute, so that a project cannot replace it. */
export function taskkill(pid: number, env: Environment = process.env): Call {
  const command = win32.join(env["SystemRoot"] ?? "C:\\Windows", "System32", "taskkill.exe");
  return { command, args: ["/T", "/F", "/PID", String(pid)] };
}
