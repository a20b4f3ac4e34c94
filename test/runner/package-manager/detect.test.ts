import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { detectPackageManager } from "../../../dist/runner/package-manager/detect.js";
import { managers, unsupportedManagers } from "../../../dist/runner/package-manager/managers.js";
import { openProject } from "../../../dist/runner/project/project.js";
import { makeFolder } from "../../support/folders.js";
import type { TestContext } from "node:test";
import type { DetectedPackageManager } from "../../../dist/runner/package-manager/detect.js";

/** The result, with the name of the manager instead of its row. */
type Detected = Omit<DetectedPackageManager, "manager" | "places"> & { readonly name: string };

/**
 * Detects the package manager in a folder with these files. The project is at `app` in the folder. In the result,
 * `installPath` is relative to the folder.
 */
async function detect(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  { app = ".", root = "." } = {},
): Promise<Detected> {
  const folder = await makeFolder(t, { [join(app, "package.json")]: "{}", ...files });
  const detected = await detectPackageManager(await openProject(join(folder, app), [join(folder, root)]));
  const { manager, places: _, installPath, namedIn, ...evidence } = detected;
  const show = (path: string): string => path.slice(folder.length);
  const places = { installPath: show(installPath), namedIn: namedIn === undefined ? undefined : show(namedIn) };
  return { name: manager.name, ...places, ...evidence };
}

const BERRY_LOCK = "# A comment\n# of two lines\n\n__metadata:\n  version: 8\n";
/** The result without evidence. */
const unnamed = { namedIn: undefined, namedVersion: undefined };
const plain = { installPath: "", lockFile: null, isApart: false, outerPath: undefined, ...unnamed, warnings: [] };

// An example that stays unsupported.
Object.assign(unsupportedManagers, { crate: ["crate.lock"] });

describe("detectPackageManager()", () => {
  describe("by a lock file", () => {
    const cases: readonly (readonly [file: string, content: string, name: string])[] = [
      ["package-lock.json", "{}", "npm"],
      ["npm-shrinkwrap.json", "{}", "npm"],
      ["pnpm-lock.yaml", "lockfileVersion: '9.0'\n", "pnpm"],
      ["bun.lock", "{}", "bun"],
      ["bun.lockb", "\0", "bun"],
      ["yarn.lock", "# yarn lockfile v1\n", "yarn"],
      ["yarn.lock", BERRY_LOCK, "yarn berry"],
    ];

    it("is tested with every lock file of every package manager", () => {
      const pairs = managers.flatMap(({ name, lockFiles }) => lockFiles.map((file) => `${name}: ${file}`));
      const missing = pairs.filter((pair) => !cases.some(([file, , name]) => pair === `${name}: ${file}`));
      assert.deepEqual(missing, [], "Add a row for each of these lock files to the cases above this test");
    });

    for (const [file, content, name] of cases) {
      it(`detects ${name} by ${file}`, async (t) => {
        const expected = { ...plain, name, lockFile: file, because: `${file} is there` };
        assert.deepEqual(await detect(t, { [file]: content }), expected);
      });
    }

    it("prefers pnpm, then bun, then yarn, then npm when there are several, and warns", async (t) => {
      const npm = { "package-lock.json": "", "npm-shrinkwrap.json": "" };
      const all = { ...npm, "bun.lockb": "", "bun.lock": "", "yarn.lock": "", "pnpm-lock.yaml": "" };
      const four = await detect(t, all);
      assert.equal(four.name, "pnpm");
      const advice = "keep one, or name the manager as packageManager in package.json";
      const files = "pnpm-lock.yaml, bun.lock, yarn.lock, package-lock.json";
      assert.deepEqual(four.warnings, [`there are several lock files: ${files}; ${advice}`]);
      const two = await detect(t, { "package-lock.json": "", "yarn.lock": "" });
      assert.equal(two.name, "yarn");
      assert.deepEqual(two.warnings, [`there are several lock files: yarn.lock, package-lock.json; ${advice}`]);
      assert.deepEqual((await detect(t, { "package-lock.json": "", "npm-shrinkwrap.json": "" })).warnings, []);
    });

    it("ignores a directory with the name of a lock file", async (t) => {
      assert.equal((await detect(t, { "pnpm-lock.yaml/": "" })).name, "npm");
    });
  });

  it("chooses npm without evidence of another manager", async (t) => {
    const because = "nothing names another package manager";
    assert.deepEqual(await detect(t, {}), { ...plain, name: "npm", because });
  });

  describe("by a settings file", () => {
    it("detects yarn berry by .yarnrc.yml and pnpm by pnpm-workspace.yaml", async (t) => {
      const yarn = await detect(t, { ".yarnrc.yml": "" });
      assert.deepEqual([yarn.name, yarn.because], ["yarn berry", ".yarnrc.yml is there"]);
      assert.equal((await detect(t, { "pnpm-workspace.yaml": "" })).name, "pnpm");
    });

    it("prefers any lock file", async (t) => {
      const npm = await detect(t, { ".yarnrc.yml": "", "pnpm-workspace.yaml": "", "package-lock.json": "" });
      assert.deepEqual([npm.name, npm.warnings], ["npm", []]);
    });

    it("detects yarn berry by yarn.lock and .yarnrc.yml", async (t) => {
      assert.equal((await detect(t, { ".yarnrc.yml": "", "yarn.lock": "" })).name, "yarn berry");
    });
  });

  describe("by packageManager in package.json", () => {
    const cases: readonly (readonly [field: string, name: string, version?: string])[] = [
      ["npm@10.2.0", "npm", "10.2.0"],
      ["pnpm@9.1.0+sha512.abc", "pnpm", "9.1.0"],
      ["pnpm", "pnpm"],
      ["pnpm@9", "pnpm"],
      ["pnpm@^9.1.0", "pnpm"],
      ["pnpm@latest", "pnpm"],
      ["pnpm@https://example.com/pnpm-9.tgz", "pnpm"],
      ["bun@1.2.0", "bun", "1.2.0"],
      ["yarn@1.22.22", "yarn", "1.22.22"],
      ["yarn@4.1.0", "yarn berry", "4.1.0"],
      ["yarn@2.0.0-rc.1", "yarn berry", "2.0.0-rc.1"],
      ["yarn@2.0.0-rc.1+sha1.0", "yarn berry", "2.0.0-rc.1"],
      ["yarn@10.0.0", "yarn berry", "10.0.0"],
      ["yarn", "yarn"],
      ["yarn@https://example.com/yarn-4.tgz", "yarn"],
    ];
    for (const [field, name, namedVersion] of cases) {
      it(`detects ${name} by "${field}"`, async (t) => {
        const detected = await detect(t, { "package.json": JSON.stringify({ packageManager: field }) });
        const because = "packageManager in package.json names it";
        assert.deepEqual(detected, { ...plain, name, namedIn: "", namedVersion, because });
      });
    }

    it("wins over lock files, and only the lock file of that manager freezes the install", async (t) => {
      const devEngines = { packageManager: { name: "npm" } };
      const manifest = JSON.stringify({ packageManager: "yarn@1.22.22", devEngines });
      const other = await detect(t, { "package.json": manifest, "pnpm-lock.yaml": "", ".yarnrc.yml": "" });
      assert.deepEqual([other.name, other.lockFile, other.warnings], ["yarn", null, []]);
      const own = await detect(t, { "package.json": manifest, "pnpm-lock.yaml": "", "yarn.lock": BERRY_LOCK });
      assert.deepEqual([own.name, own.lockFile], ["yarn", "yarn.lock"]);
      assert.equal(own.because, "packageManager in package.json names it");
    });

    it("uses the files when the version does not show which yarn it is", async (t) => {
      const manifest = JSON.stringify({ packageManager: "yarn" });
      assert.equal((await detect(t, { "package.json": manifest, "yarn.lock": BERRY_LOCK })).name, "yarn berry");
      assert.equal((await detect(t, { "package.json": manifest, ".yarnrc.yml": "" })).name, "yarn berry");
    });

    const refused: readonly (readonly [field: unknown, warning: string])[] = [
      ["cargo@1.0.0", 'names "cargo", which is unknown'],
      ["constructor@1", 'names "constructor", which is unknown'],
      ["crate@2.0.0", 'names "crate", which is not supported yet'],
      ["rm -rf /\n", 'names "rm -rf /\\n", which is unknown'],
      [{ name: "npm" }, 'names "(object)", which is unknown'],
      [7, 'names "(number)", which is unknown'],
      ["", 'names "", which is unknown'],
      ["x".repeat(100), `names "${"x".repeat(64)}", which is unknown`],
    ];
    for (const [field, warning] of refused) {
      it(`warns about ${JSON.stringify(field).slice(0, 40)} and falls back`, async (t) => {
        const manifest = JSON.stringify({ packageManager: field });
        const detected = await detect(t, { "package.json": manifest, "yarn.lock": "" });
        assert.deepEqual([detected.name, detected.namedIn], ["yarn", undefined]);
        assert.deepEqual(detected.warnings, [`packageManager in package.json ${warning}; looking for other evidence`]);
      });
    }
  });

  describe("by devEngines.packageManager in package.json", () => {
    it("chooses the first known manager, and ignores its version range", async (t) => {
      const engines = [{ name: "vlt" }, { name: "yarn", version: "4.0.0" }, { name: "npm" }];
      const manifest = JSON.stringify({ devEngines: { packageManager: engines } });
      const detected = await detect(t, { "package.json": manifest, "package-lock.json": "" });
      const because = "devEngines in package.json names it";
      assert.deepEqual(detected, { ...plain, name: "yarn berry", namedIn: "", because });
    });

    it("warns about an unknown manager, unless onFail makes it optional", async (t) => {
      const warned = async (packageManager: unknown): Promise<readonly string[]> => {
        return (await detect(t, { "package.json": JSON.stringify({ devEngines: { packageManager } }) })).warnings;
      };
      const [name, onFail] = ["vlt", "warn"];
      const warning = 'devEngines in package.json names "vlt", which is unknown; looking for other evidence';
      for (const list of [{ name }, { name, onFail }, { name, onFail: "error" }, [{ name, onFail }, { name: "npm" }]]) {
        assert.deepEqual(await warned(list), [warning], JSON.stringify(list));
      }
      // In a list, all entries but the last are suggestions.
      for (const list of [
        { name, onFail: "ignore" },
        [{ name }, { name, onFail: "ignore" }],
        [{ name }, { name: "npm" }],
      ]) {
        assert.deepEqual(await warned(list), [], JSON.stringify(list));
      }
    });

    it("accepts a single entry, with any version", async (t) => {
      const cases = { "^1.22.0": "yarn", "4.x": "yarn berry", "*": "yarn" };
      for (const [version, name] of Object.entries(cases)) {
        const manifest = JSON.stringify({ devEngines: { packageManager: { name: "yarn", version } } });
        assert.equal((await detect(t, { "package.json": manifest })).name, name, version);
      }
    });

    it("ignores values of another form", async (t) => {
      const lists = [null, "pnpm", [null, { name: 7 }, {}]];
      for (const devEngines of [null, "pnpm", [], ...lists.map((packageManager) => ({ packageManager }))]) {
        const detected = await detect(t, { "package.json": JSON.stringify({ devEngines }) });
        assert.deepEqual([detected.name, detected.warnings], ["npm", []]);
      }
    });
  });

  it("warns about the lock files of unsupported managers, and chooses npm", async (t) => {
    const detected = await detect(t, { "crate.lock": "" });
    assert.equal(detected.name, "npm");
    assert.deepEqual(detected.warnings, ["crate.lock is there, but its package manager is not supported yet"]);
    assert.deepEqual((await detect(t, { "crate.lock": "", "yarn.lock": "" })).warnings, []);
  });

  describe("in a monorepo", () => {
    const app = "packages/app";
    const root = '{"workspaces":["packages/*"]}';

    it("installs in the root that claims the project, frozen by the lock file there", async (t) => {
      const detected = await detect(t, { "package.json": root, "package-lock.json": "" }, { app });
      const because = "../../package-lock.json is there";
      assert.deepEqual(detected, { ...plain, name: "npm", lockFile: "../../package-lock.json", because });
    });

    it("installs in the root even when nothing there names a manager", async (t) => {
      const detected = await detect(t, { "package.json": root }, { app });
      assert.deepEqual([detected.name, detected.installPath, detected.lockFile], ["npm", "", null]);
    });

    it("reads every form of workspace list", async (t) => {
      const lists: readonly Readonly<Record<string, string>>[] = [
        { "package.json": '{"workspaces":["tools","packages/app"]}' },
        { "package.json": '{"workspaces":{"packages":["./packages/*/"],"nohoist":[]}}' },
        { "package.json": '{"workspaces":["**"]}' },
        { "package.json": '{"workspaces":["{tools,packages}/{app,lib}"]}' },
        { "pnpm-workspace.yaml": "packages:\n  - packages/*\n" },
        { "pnpm-workspace.yaml": "packages:\r\n- 'packages/*'\r\n" },
        { "pnpm-workspace.yaml": 'catalog:\n  x: 1\n\npackages: # x\n  # y\n  - tools\n\n  - "packages/**" # z\n' },
        { "pnpm-workspace.yaml": "packages:\n  - packages/*\nonlyBuiltDependencies:\n  - '!**'\n" },
        { "pnpm-workspace.yaml": "packages:\n- packages/{app,lib}\n" },
        { "pnpm-workspace.yaml": "packages:\n  -   packages/{x,{app, lib}} \n" },
        { "pnpm-workspace.yaml": "packages:\n  - '{packages,tools}/*' # x\n" },
        { "pnpm-workspace.yaml": 'packages: ["tools", "packages/{app,lib}"]\n' },
        { "pnpm-workspace.yaml": 'packages: ["tools", packages/app]\n' },
        { "pnpm-workspace.yaml": "packages: [\n  'tools',\n  'packages/*',\n]\n" },
      ];
      for (const files of lists) {
        const detected = await detect(t, { ...files, "pnpm-lock.yaml": "" }, { app });
        assert.deepEqual([detected.name, detected.installPath], ["pnpm", ""], JSON.stringify(files));
      }
    });

    it("ignores the files of a parent that does not claim the project", async (t) => {
      const parents: readonly Readonly<Record<string, string>>[] = [
        {},
        { "package.json": '{"packageManager":"pnpm@9.0.0"}' },
        { "package.json": '{"workspaces":["tools/*"]}' },
        { "package.json": '{"workspaces":["packages/*","!packages/app"]}' },
        { "package.json": '{"workspaces":["!packages/app","packages/*"]}' },
        { "package.json": '{"workspaces":["packages/*","!packages/{app,lib}"]}' },
        { "pnpm-workspace.yaml": "packages:\n  - packages/*\n  - '!packages/{lib,app}'\n" },
        { "package.json": '{"workspaces":"packages/*"}' },
        { "package.json": '{"workspaces":[7,null]}' },
        { "package.json": '{"workspaces":["packages/*"' },
        { "pnpm-workspace.yaml": "packages:\n  - tools\nother:\n  - packages/*\n" },
        { "pnpm-workspace.yaml": "onlyBuiltDependencies:\n  - packages/*\n" },
        { "pnpm-workspace.yaml": "packages:\n  - 'packages/*'\n  - '!**/app'\n" },
        { "pnpm-workspace.yaml": "# packages:\n#  - packages/*\n" },
        { "pnpm-workspace.yaml/": "" },
      ];
      for (const files of parents) {
        const detected = await detect(t, { ...files, "pnpm-lock.yaml": "" }, { app });
        assert.deepEqual([detected.name, detected.installPath], ["npm", "/packages/app"], JSON.stringify(files));
      }
    });

    it("never looks above the allowed root", async (t) => {
      const detected = await detect(t, { "package.json": root, "pnpm-lock.yaml": "" }, { app, root: "packages" });
      assert.deepEqual([detected.name, detected.installPath], ["npm", "/packages/app"]);
    });

    it("uses the nearest root that claims the project", async (t) => {
      const files = {
        "package.json": '{"workspaces":["**"]}',
        "pnpm-lock.yaml": "",
        "packages/package.json": '{"workspaces":["app"]}',
        "packages/yarn.lock": "",
      };
      const detected = await detect(t, files, { app });
      assert.deepEqual([detected.name, detected.installPath], ["yarn", "/packages"]);
    });

    it("prefers the evidence of the project to that of the root", async (t) => {
      const locks = { "pnpm-lock.yaml": "", "packages/app/yarn.lock": "" };
      const own = await detect(t, { "package.json": root, ...locks }, { app });
      assert.deepEqual([own.name, own.installPath, own.lockFile], ["yarn", "/packages/app", "yarn.lock"]);
      const manifest = '{"packageManager":"npm@10.0.0"}';
      const files = { "package.json": root, "package-lock.json": "", "packages/app/package.json": manifest };
      const named = await detect(t, files, { app });
      assert.deepEqual([named.name, named.installPath, named.namedIn], ["npm", "", `/${app}`]);
      assert.deepEqual(
        [named.because, named.lockFile],
        ["packageManager in package.json names it", "../../package-lock.json"],
      );
    });

    it("reads packageManager and the kind of yarn in the root", async (t) => {
      const manifest = '{"workspaces":["packages/*"],"packageManager":"pnpm@9.0.0"}';
      const pnpm = await detect(t, { "package.json": manifest }, { app });
      assert.deepEqual([pnpm.because, pnpm.namedVersion], ["packageManager in ../../package.json names it", "9.0.0"]);
      const yarn = await detect(t, { "package.json": root, "yarn.lock": BERRY_LOCK }, { app });
      assert.deepEqual([yarn.name, yarn.installPath], ["yarn berry", ""]);
    });
  });
});
