import { createHash } from "node:crypto";
import { lstat, readdir, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createFolder } from "../../create-folder.ts";
import { TailcastError } from "../../error.ts";
import { BuildStore } from "../../runner/store/build-store.ts";

/** The folder in the working directory where older versions stored builds. */
const OLD_FOLDER = ".tailcast";

/** The names of the files that older versions created in their folder. */
const OLD_NAMES: readonly string[] = ["builds", "feed"];

/**
 * Returns the default folder for builds. It is in the user's state directory (XDG Base Directory Specification), where
 * a repository cannot place files. Servers with different roots have different folders.
 *
 * @param env - The environment. `XDG_STATE_HOME` sets the state directory if it is an absolute path. Default
 * `~/.local/state`.
 */
export function defaultDataFolder(roots: readonly string[], env: Readonly<Record<string, string | undefined>>): string {
  const given = env["XDG_STATE_HOME"] ?? "";
  const state = given === resolve(given) ? given : join(homedir(), ".local", "state");
  const hash = createHash("sha256").update([...roots].sort().join("\0")).digest("hex").slice(0, 16);
  return join(state, "tailcast", hash);
}

/**
 * Moves the folder of an older version from the working directory to the default place, if that does not exist yet.
 *
 * @param folder - The default place.
 * @param workingDirectory - The directory that may contain the folder of the older version.
 * @returns A message about the result; `undefined` when no folder needs to be moved.
 */
export async function moveOldFolder(folder: string, workingDirectory: string): Promise<string | undefined> {
  const old = join(workingDirectory, OLD_FOLDER);
  if (await exists(folder) || !(await exists(old))) return undefined;
  try {
    await checkOldFolder(old);
    // Open the store, which fails if an older server still uses it.
    const store = await BuildStore.open(old);
    await checkEnded(store).finally(() => store.close());
    await createFolder(dirname(folder));
    await rename(old, folder);
    return `moved the builds of an older version from ${old} to ${folder}`;
  } catch (error) {
    const { message } = error as Error;
    return `warning: the builds in ${old} are not used: ${message}; to use them, set --data, or move the folder`;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/**
 * Throws unless the folder looks like one that an older version created for this user. This is not proof: a repository
 * or an archive can contain such a folder, and unpacking it sets the same owner and mode.
 */
async function checkOldFolder(old: string): Promise<void> {
  const { mode } = await checkOwned(old);
  if ((mode & 0o777) !== 0o700) throw refusal("other users may enter it");
  for (const name of await readdir(old)) {
    if (!OLD_NAMES.includes(name) && !name.startsWith("lock")) throw refusal(`it has a file called ${name}`);
  }
  for (const entry of await readdir(old, { recursive: true })) await checkOwned(join(old, entry));
}

/**
 * Throws if a build has not ended: the next start would build its project or end its processes, and an attacker may
 * have created the build.
 */
async function checkEnded(store: BuildStore): Promise<void> {
  for (const [id, build] of await store.load(() => undefined)) {
    if (build !== undefined && (build.record.finishedAt === null || build.cookie !== null)) {
      throw refusal(`its build ${id} has not ended`);
    }
  }
}

async function checkOwned(path: string): Promise<{ readonly mode: number }> {
  const stat = await lstat(path);
  if (!stat.isDirectory() && !stat.isFile()) throw refusal("it has links or special files");
  if (process.getuid !== undefined && stat.uid !== process.getuid()) throw refusal("another user owns it");
  return stat;
}

function refusal(reason: string): TailcastError {
  return new TailcastError("INVALID_OPTION", reason);
}
