import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { makeFolder } from "../../support/folders.js";

const MODULE = fileURLToPath(new URL("../../../dist/runner/program/private-folders.js", import.meta.url));

/** Runs a script in a process whose temporary files are in this folder. Returns what it prints. */
async function runIn(folder: string, script: string): Promise<string> {
  const source = `const { PrivateFolders } = await import(${JSON.stringify(MODULE)}); ${script}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", source], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  await once(child, "close");
  return output.trimEnd();
}

describe("PrivateFolders", () => {
  it("makes folders that only this user may enter, and removes them with their content", async (t) => {
    const folder = await makeFolder(t);
    const script = `
      const folders = new PrivateFolders();
      const [first, second] = [await folders.make(), await folders.make()];
      fs.writeFileSync(first + "/file", "");
      const count = () => fs.readdirSync(process.env.TMPDIR).length;
      console.log((fs.statSync(first).mode & 0o777).toString(8), first !== second, count());
      await folders.remove();
      console.log(count());
      await folders.make().catch((error) => console.log(error.message));`;
    const expected = "700 true 2\n0\nCannot make a folder: the build has ended";
    assert.equal(await runIn(folder, `const fs = await import("node:fs"); ${script}`), expected);
  });

  it("removes folders that killed servers have left behind, and nothing else", async (t) => {
    const folder = await makeFolder(t, { "elsewhere/file": "" });
    const gone = spawn("/bin/true");
    await once(gone, "close");
    const old = new Date(Date.now() - 48 * 60 * 60_000);
    const prefix = `tailcast-build-${gone.pid}-`;
    const names = [`${prefix}old`, `${prefix}new`, `tailcast-build-${process.pid}-old`];
    for (const name of [...names, "tailcast-build-old", "other-1-old"]) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "pnpm"), "");
      if (name.endsWith("old")) await utimes(join(folder, name), old, old);
    }
    await symlink(join(folder, "elsewhere"), join(folder, `${prefix}link`));
    await runIn(folder, "const folders = new PrivateFolders(); await folders.make(); await folders.remove();");
    const left = [...names.slice(1), "tailcast-build-old", "other-1-old", "elsewhere", `${prefix}link`];
    assert.deepEqual((await readdir(folder)).sort(), left.sort());
    assert.equal((await stat(join(folder, "elsewhere/file"))).size, 0, basename(folder));
  });
});
