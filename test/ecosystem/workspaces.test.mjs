import assert from "node:assert/strict";
import { cp, mkdir, readdir, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { managers } from "../../dist/runner/package-manager/managers.js";
import { claims } from "../../dist/runner/project/members.js";
import { WorkLimit } from "../../dist/runner/project/work-limit.js";
import { BuildServer } from "./support/build-server.mjs";
import { makeFolder } from "./support/folder.mjs";
import { factsOf, pathWith, run } from "./support/managers.mjs";

const PATHS = ["a", "b", "p/a", "p/b", "p/.dot", ".dot", "p/a/deep", "p/node_modules/m", "p/x/y/z"];
const ENTRIES = ["*", "**", "p/*", "./p/*/", "p/**", "p/{a,b}", "p/?", "p/[ab]", "p/.*", "**/z", "p/a", "p/b"];
const EXCLUSIONS = ["!p/b", "!**/b", "!p/a/**", "!p/*", "!./p/a/", "!p/{a,b}"];
const LISTS = 10;

/** Lists of one to four entries, the same ones in every run. */
function makeLists() {
  let seed = 11;
  const pick = (list) => list[(seed = (seed * 48_271) % 2_147_483_647) % list.length];
  return Array.from({ length: LISTS }, () => {
    const rest = Array.from({ length: pick([0, 1, 2, 3]) }, () => pick(pick([ENTRIES, EXCLUSIONS])));
    return pick([[pick(ENTRIES), ...rest], [...rest, pick(ENTRIES)]]);
  });
}

describe("claims()", () => {
  for (const { name, exclusions } of managers) {
    it(`finds the members that ${name} finds`, async (t) => {
      const path = await pathWith(t, name);
      const folder = await realpath(await makeFolder(t));
      const tree = join(folder, "tree");
      for (const member of PATHS) {
        await mkdir(join(tree, member), { recursive: true });
        const manifest = { name: `m${member.replace(/\W/g, "-")}`, version: "1.0.0" };
        await writeFile(join(tree, member, "package.json"), JSON.stringify(manifest));
      }
      for (const [index, list] of makeLists().entries()) {
        const root = join(folder, String(index));
        await cp(tree, root, { recursive: true });
        await writeFile(join(root, "package.json"), JSON.stringify({ name: "root", private: true, workspaces: list }));
        await writeFile(join(root, "pnpm-workspace.yaml"), `packages: ${JSON.stringify(list)}\n`);
        const found = (await factsOf(name).members(root, path)).filter((member) => PATHS.includes(member));
        const claimed = PATHS.filter((member) => claims(list, member, exclusions, new WorkLimit(1e6)));
        assert.deepEqual(claimed.sort(), found.sort(), JSON.stringify(list));
      }
    });
  }
});

describe("a build below a workspace that is above the root", { concurrency: 2 }, () => {
  for (const { name, program } of managers) {
    it(`changes nothing above the root, unlike ${name} by hand`, async (t) => {
      const path = await pathWith(t, name);
      const { command, lock, below } = factsOf(name);
      const named = { devEngines: { packageManager: { name: program } } };
      const manifest = (fields) => JSON.stringify({ version: "1.0.0", private: true, ...fields });
      const all = {
        "package.json": manifest({ name: "outer", workspaces: ["root/*"] }),
        "pnpm-workspace.yaml": "packages:\n  - root/*\n",
        "root/app/package.json": manifest({ name: "app", ...named, scripts: { build: "echo built-app" } }),
        ...Object.fromEntries(Object.entries(below.files).map(([file, text]) => [`root/app/${file}`, text])),
      };
      const byHand = await makeFolder(t, all);
      await run(join(byHand, "root/app"), path, [command, ...lock.args], lock.env);
      assert.ok((await readdir(byHand)).includes(lock.file));

      const outer = await makeFolder(t, all);
      const root = join(outer, "root");
      const server = await BuildServer.start(t, { args: ["--root", root], path });
      const { id } = await server.build("app");
      const log = await server.log(id);
      const [{ status, message }] = await server.builds();
      assert.deepEqual((await readdir(outer)).sort(), ["package.json", "pnpm-workspace.yaml", "root"], log.join("\n"));
      if (below.advice === null) {
        assert.equal(status, "succeeded", log.join("\n"));
        assert.ok((await readdir(join(root, "app"))).includes(lock.file));
      } else {
        assert.equal(status, "failed");
        assert.ok(message.startsWith(`Cannot install in ${root}/app: ${name} would install in ${outer}, `), message);
        assert.ok(message.includes(`; ${below.advice}`), message);
      }
    });
  }
});
