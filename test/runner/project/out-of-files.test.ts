import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { makeFolder } from "../../support/folders.js";

/** Opens files until no descriptor is left, and prints the result of each search. */
const SCRIPT = `
  import { openSync } from "node:fs";
  const { findProjects } = await import(process.argv[1] + "/runner/project/find-projects.js");
  const { openProject } = await import(process.argv[1] + "/runner/project/project.js");
  const root = process.argv[2];
  await findProjects([root]);
  try { for (;;) openSync("/dev/null"); } catch {}
  for (const search of [findProjects([root]), openProject("p", [root])]) {
    console.log(await search.then(JSON.stringify, (error) => error.code));
  }
`;

describe("a process without free file descriptors", () => {
  it("reports that, instead of no projects or no manifest", async (t) => {
    const root = await makeFolder(t, { "p/package.json": '{"scripts":{"build":"true"}}' });
    const dist = new URL("../../../dist", import.meta.url).href;
    const node = [process.execPath, "--input-type=module", "--eval", SCRIPT, dist, root];
    const { stdout } = await promisify(execFile)("sh", ["-c", 'ulimit -n 64; exec "$@"', "sh", ...node]);
    assert.equal(stdout, "EMFILE\nEMFILE\n");
  });
});
