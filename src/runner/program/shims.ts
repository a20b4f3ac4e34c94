import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Makes programs that call corepack, so that scripts find the package managers that it runs. POSIX only.
 *
 * @param folder - An empty folder that only this user may write to.
 * @param names - The names of the programs, as corepack knows them.
 * @param corepack - The path of corepack.
 */
export async function makeShims(folder: string, names: readonly string[], corepack: string): Promise<void> {
  const quoted = `'${corepack.replaceAll("'", "'\\''")}'`;
  for (const name of names) {
    // "wx": it writes neither through a link nor over a file.
    await writeFile(join(folder, name), `#!/bin/sh\nexec ${quoted} ${name} "$@"\n`, { flag: "wx", mode: 0o700 });
  }
}
