import { join } from "node:path";
import { isObject } from "../../check-options.ts";
import { TailcastError } from "../../error.ts";
import { rethrowOutOfFiles } from "./out-of-files.ts";
import { readStart } from "./read-file-start.ts";
import { resolveInside } from "./resolve-inside.ts";
import type { WorkLimit } from "./work-limit.ts";

/** A JSON object with unchecked content. */
export type JsonObject = Readonly<Record<string, unknown>>;

const MAX_BYTES = 1024 * 1024;

/**
 * The maximum number of values, counted by the characters that separate them. The parser needs up to a microsecond for
 * each, and blocks everything else in that time. The largest manifests of editor extensions hold half as many.
 */
const MAX_VALUES = 100_000;
const DIVIDERS: ReadonlySet<number> = new Set(Buffer.from("{[:,"));

/**
 * Reads the `package.json` of a directory.
 *
 * @param root - Symbolic links are followed below this directory. Default: they are not followed.
 * @param work - The bytes are charged to this limit. Default: no limit.
 * @throws {TailcastError} `NO_MANIFEST` when the file does not exist; `INVALID_MANIFEST` when it is not a regular file,
 * cannot be read, is larger than 1 MiB, holds more than 100 000 values, is not JSON (the message has the parser's
 * error), or is not an object.
 */
export async function readManifest(directory: string, root?: string, work?: WorkLimit): Promise<JsonObject> {
  const bytes = await read(join(directory, "package.json"), root);
  if (bytes === undefined) throw invalid("it must be a regular file");
  work?.spend(bytes.length);
  if (bytes.length > MAX_BYTES) throw invalid(`it must not be larger than ${MAX_BYTES} bytes`);
  if (countDividers(bytes) > MAX_VALUES) throw invalid(`it must not hold more than ${MAX_VALUES} values`);
  let value: unknown;
  try {
    // The decoder also drops the byte order mark that some editors write and JSON does not allow.
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw invalid((error as SyntaxError).message, error);
  }
  if (!isObject(value)) throw invalid("it must hold a JSON object");
  return value;
}

/** Also counts the separators inside strings: no real manifest holds that many. */
function countDividers(json: Uint8Array): number {
  let count = 0;
  for (const byte of json) if (DIVIDERS.has(byte)) count += 1;
  return count;
}

async function read(path: string, root: string | undefined): Promise<Uint8Array | undefined> {
  try {
    return await readStart(root === undefined ? path : await resolveInside(path, root), MAX_BYTES + 1);
  } catch (error) {
    rethrowOutOfFiles(error);
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") throw invalid(message, error);
    const advice = "it has no package.json; choose the directory that has one";
    throw new TailcastError("NO_MANIFEST", `Cannot open the project: ${advice}`, { cause: error });
  }
}

function invalid(complaint: string, cause?: unknown): TailcastError {
  return new TailcastError("INVALID_MANIFEST", `Cannot read package.json: ${complaint}`, { cause });
}
