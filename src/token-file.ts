import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { invalidOption } from "./error.ts";

/** The mode bits that allow other users to read or change a file, or its group to change it. */
const OPEN_TO_OTHERS = 0o027;

/**
 * Reads a token from a file, without the line end. The file may be a pipe: `--token-file <(pass show tailcast)`.
 *
 * @param flag - The flag that names the file, for the message.
 * @param path - The file.
 * @throws {TailcastError} `INVALID_OPTION` when the file cannot be read, is empty, or is accessible to other users.
 */
export function readTokenFile(flag: string, path: string): string {
  const name = `--${flag} ${path}`;
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (cause) {
    throw invalidOption(name, (cause as Error).message, cause);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() && !stat.isFIFO()) throw invalidOption(name, "it is not a file");
    if ((stat.mode & OPEN_TO_OTHERS) !== 0) {
      throw invalidOption(name, 'other users may read or change it; restrict it with "chmod 600"');
    }
    const token = readFileSync(file, "utf8").replace(/\r?\n$/, "");
    if (token === "") throw invalidOption(name, "it is empty");
    return token;
  } finally {
    closeSync(file);
  }
}
