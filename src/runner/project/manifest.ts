import { join } from "node:path";
import { TailcastError } from "../../error.ts";
import { readStart } from "./read-file-start.ts";

/** A JSON object whose content nobody has checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

const MAX_BYTES = 1024 * 1024;

/**
 * Reads the `package.json` of a directory.
 *
 * @throws {TailcastError} `NO_MANIFEST` when there is none; `INVALID_MANIFEST` when it is not a regular file, cannot be
 * read, is larger than 1 MiB, is not JSON (the message has the parser's complaint), or is not an object.
 */
export async function readManifest(directory: string): Promise<JsonObject> {
  const bytes = await read(join(directory, "package.json"));
  if (bytes === undefined) throw invalid("it must be a regular file, and no symbolic link");
  if (bytes.length > MAX_BYTES) throw invalid(`it must not be larger than ${MAX_BYTES} bytes`);
  let value: unknown;
  try {
    // The decoder also drops the byte order mark that some editors write and JSON does not allow.
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw invalid((error as SyntaxError).message, error);
  }
  if (!isJsonObject(value)) throw invalid("it must hold a JSON object");
  return value;
}

/** Whether a parsed JSON value is an object, as opposed to an array or `null`. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function read(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readStart(path, MAX_BYTES + 1);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") throw invalid(message, error);
    const advice = "it has no package.json; choose the directory that has one";
    throw new TailcastError("NO_MANIFEST", `Cannot open the project: ${advice}`, { cause: error });
  }
}

function invalid(complaint: string, cause?: unknown): TailcastError {
  return new TailcastError("INVALID_MANIFEST", `Cannot read package.json: ${complaint}`, { cause });
}
