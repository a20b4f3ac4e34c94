import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Makes a temporary directory with these files (path to content), gone after the test. Returns its real path. */
export async function makeFolder(t, files = {}) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "tailcast-ecosystem-")));
  // The last process that was ended may still be writing.
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

/** The files of a project without dependencies whose build runs this program. */
export function projectFiles(name, program) {
  const manifest = { name, private: true, scripts: { build: "node build.mjs" } };
  return { [`${name}/package.json`]: JSON.stringify(manifest), [`${name}/build.mjs`]: program };
}

/** A program that prints "waiting", and ends when there is a file `open` in its folder. */
export function gatedProgram() {
  return `
    import { existsSync } from "node:fs";
    console.log("waiting");
    const timer = setInterval(() => existsSync("open") && clearInterval(timer), 10);`;
}
