import { open } from "node:fs/promises";
import { join, parse, relative } from "node:path";
import { parseEnv } from "node:util";
import { TailcastError } from "../../error.ts";
import { variableProblem } from "../program/variables.ts";
import { rethrowOutOfFiles } from "./out-of-files.ts";
import type { FileHandle } from "node:fs/promises";

/** The largest file of variables, in bytes. */
const MAX_BYTES = 64 * 1024;

/** The permissions of other users. */
const OTHERS = 0o077;

/**
 * Where the variables of a project are: its path below the folder, and `.env`. So the project in `/srv/app` has
 * `<folder>/srv/app.env`. The name in `package.json` does not count: a project could take the name of another one, and
 * receive its secrets.
 */
export function projectVariablesPath(folder: string, projectPath: string): string {
  const { root } = parse(projectPath);
  return join(folder, root.replaceAll(/[:/\\]/g, ""), `${relative(root, projectPath)}.env`);
}

/**
 * Reads the variables of a project, in the format of `node --env-file`. Read for each build, so that a change needs no
 * restart.
 *
 * @param folder - Only the owner of the files may write there.
 * @param projectPath - Absolute, without symbolic links.
 * @throws {TailcastError} `INVALID_VARIABLES` when other users may read or write the file, it belongs to another user,
 * or it cannot be read. The message shows the path below the folder, and no value.
 */
export async function readProjectVariables(folder: string, projectPath: string): Promise<Record<string, string>> {
  const path = projectVariablesPath(folder, projectPath);
  const source = `the file ${relative(folder, path)} in the folder of variables`;
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    const variables = parseEnv(await readPrivate(file, source));
    for (const [name, value = ""] of Object.entries(variables)) {
      const problem = variableProblem(name, value);
      if (problem !== undefined) throw invalid(`${source} ${problem}`);
    }
    return variables as Record<string, string>;
  } catch (error) {
    if (error instanceof TailcastError) throw error;
    rethrowOutOfFiles(error);
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return {};
    throw invalid(`${source} cannot be read (${code})`, error);
  } finally {
    await file?.close();
  }
}

async function readPrivate(file: FileHandle, source: string): Promise<string> {
  const { mode, uid, size } = await file.stat();
  if (size > MAX_BYTES) throw invalid(`${source} exceeds ${MAX_BYTES} bytes`);
  // Windows has no such permissions.
  if (process.getuid !== undefined) {
    if (uid !== process.getuid()) throw invalid(`${source} belongs to another user`);
    if ((mode & OTHERS) !== 0) throw invalid(`other users may read or write ${source}; run chmod 600 on it`);
  }
  return file.readFile("utf8");
}

function invalid(reason: string, cause?: unknown): TailcastError {
  return new TailcastError("INVALID_VARIABLES", `Cannot build the project: ${reason}`, { cause });
}
