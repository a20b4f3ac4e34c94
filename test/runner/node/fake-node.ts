import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

interface FakeNode {
  /** The output of `bin/node --version`. Default: the version. */
  readonly prints?: string;
  /** Default: it has no header. */
  readonly header?: string;
  /** The name of its line with long-term support, in the header. */
  readonly lts?: string;
}

/** Prints its version, or that of the Node.js on `PATH`. It installs one file. */
function npmScript(version: string): string {
  const install = "[ -d node_modules ] || { mkdir node_modules && echo 1 > node_modules/one.js; }";
  return `[ "$1" = --version ] && echo ${version}99 && exit
[ "$1" = ci ] && ${install}
node --version`;
}

/** Makes an installation of Node.js that only knows its version. The version of its npm ends with 99. */
export async function makeNode(folder: string, version: string, fake: FakeNode = {}): Promise<void> {
  const { prints = `v${version}`, header, lts } = fake;
  await mkdir(join(folder, "bin"), { recursive: true });
  const programs = { node: `echo ${prints}`, npm: npmScript(version) };
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(folder, "bin", name), `#!/bin/sh\n${script}\n`);
    // The mode of a new file depends on the umask.
    await chmod(join(folder, "bin", name), 0o755);
  }
  if (header === undefined && lts === undefined) return;
  const [major, minor, patch] = (header ?? version).split(".");
  const lines = [
    ...[`#define NODE_MAJOR_VERSION ${major}`, `#define NODE_MINOR_VERSION ${minor}`],
    ...[`#define NODE_PATCH_VERSION ${patch}`, "#define NODE_VERSION_IS_RELEASE 1"],
    ...(lts === undefined ? [] : ["#define NODE_VERSION_IS_LTS 1", `#define NODE_VERSION_LTS_CODENAME "${lts}"`]),
  ];
  await mkdir(join(folder, "include/node"), { recursive: true });
  await writeFile(join(folder, "include/node/node_version.h"), `${lines.join("\n")}\n`);
}
