import assert from "node:assert/strict";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, it } from "node:test";
import { chooseNode } from "../../../dist/runner/node/choose-node.js";
import { versionManagers } from "../../../dist/runner/node/installed-nodes.js";
import { openProject } from "../../../dist/runner/project/project.js";
import { makeFolder } from "../../support/folders.js";
import { makeNode } from "./fake-node.js";
import type { TestContext } from "node:test";
import type { ChosenNode } from "../../../dist/runner/node/choose-node.js";

const REMEDY = "install it with a version manager, or name its folder with --node-path";
const OTHER = "24.1.0";

interface SceneOptions {
  /** The version of the Node.js on `PATH`; empty: it has no Node.js. */
  readonly own?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodePath?: readonly string[];
}

/** A home directory, and a project in it. */
class NodeScene {
  readonly home: string;

  constructor(home: string) {
    this.home = home;
  }

  static async create(t: TestContext, files: Readonly<Record<string, string>>): Promise<NodeScene> {
    return new NodeScene(await makeFolder(t, { "app/package.json": "{}", ...files }));
  }

  /** Chooses the Node.js of the project. In the result, `~` stands for the home directory. */
  async choose({ own = OTHER, env = {}, nodePath = [] }: SceneOptions = {}): Promise<ChosenNode> {
    if (own !== "") await makeNode(join(this.home, "own"), own);
    const project = await openProject("app", [this.home]);
    const path = [join(this.home, "own/bin"), "/bin-of-nobody"].join(delimiter);
    const chosen = await chooseNode({
      project,
      places: [project],
      cwd: project.path,
      env: { PATH: path, HOME: this.home, ...env },
      nodePath: nodePath.map((folder) => join(this.home, folder)),
      limits: { nice: 0, folder: undefined, signal: new AbortController().signal, cookie: "test" },
    });
    return JSON.parse(JSON.stringify(chosen).replaceAll(this.home, "~")) as ChosenNode;
  }

  async install(folder: string, version: string, fake: Parameters<typeof makeNode>[2] = {}): Promise<void> {
    await makeNode(join(this.home, folder), version, fake);
  }
}

describe("chooseNode()", { skip: process.platform === "win32" }, () => {
  it("uses the Node.js on PATH when the project wants none, or that", async (t) => {
    const free = await NodeScene.create(t, {});
    await free.install(".nvm/versions/node/v99.0.0", "99.0.0");
    assert.deepEqual(await free.choose(), { version: OTHER, reason: "", warnings: [] });
    const scene = await NodeScene.create(t, { "app/.nvmrc": "24" });
    await scene.install(".nvm/versions/node/v24.9.0", "24.9.0");
    assert.deepEqual(await scene.choose(), { version: OTHER, reason: ".nvmrc wants Node.js 24", warnings: [] });
  });

  const installations: readonly (readonly [manager: string, folder: string, env: Record<string, string>])[] = [
    ["nvm", ".nvm/versions/node/v20.1.0", {}],
    ["nvm", "tools/versions/node/v20.1.0", { NVM_DIR: "~/tools" }],
    ["nvm", "config/nvm/versions/node/v20.1.0", { XDG_CONFIG_HOME: "~/config" }],
    ["fnm", ".local/share/fnm/node-versions/v20.1.0/installation", {}],
    ["fnm", "data/fnm/node-versions/v20.1.0/installation", { XDG_DATA_HOME: "~/data" }],
    ["fnm", "tools/node-versions/v20.1.0/installation", { FNM_DIR: "~/tools" }],
    ["Volta", ".volta/tools/image/node/20.1.0", {}],
    ["Volta", "tools/tools/image/node/20.1.0", { VOLTA_HOME: "~/tools" }],
    ["mise", ".local/share/mise/installs/node/20.1.0", {}],
    ["mise", "tools/installs/node/20.1.0", { MISE_DATA_DIR: "~/tools" }],
    ["asdf", ".asdf/installs/nodejs/20.1.0", {}],
    ["asdf", "tools/installs/nodejs/20.1.0", { ASDF_DATA_DIR: "~/tools" }],
    ["nodenv", ".nodenv/versions/20.1.0", {}],
    ["n", "tools/n/versions/node/20.1.0", { N_PREFIX: "~/tools" }],
  ];

  it("is tested with every version manager", () => {
    const tested = installations.map(([manager]) => manager);
    assert.deepEqual(versionManagers.map(({ name }) => name).filter((name) => !tested.includes(name)), []);
  });

  for (const [manager, folder, variables] of installations) {
    it(`finds the Node.js of ${manager} in ${folder}`, async (t) => {
      const scene = await NodeScene.create(t, { "app/.nvmrc": "20" });
      await scene.install(folder, "20.1.0");
      const env = Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [name, value.replace("~", scene.home)]),
      );
      const reason = `.nvmrc wants Node.js 20, which is that of ${manager}`;
      assert.deepEqual(await scene.choose({ env }), {
        ...{ version: "20.1.0", folder: `~/${folder}/bin`, reason, warnings: [] },
      });
    });
  }

  it("uses the newest one that every file accepts", async (t) => {
    const scene = await NodeScene.create(t, { "app/.nvmrc": "20", "app/package.json": '{"engines":{"node":"<20.9"}}' });
    for (const version of ["20.8.0", "20.10.0", "20.2.0", "18.0.0"]) {
      await scene.install(`.nvm/versions/node/v${version}`, version);
    }
    assert.equal((await scene.choose()).version, "20.8.0");
  });

  it("uses one that only the first file accepts, with a warning, when no version suits all", async (t) => {
    const scene = await NodeScene.create(t, { "app/.nvmrc": "20", "app/package.json": '{"engines":{"node":">=24"}}' });
    await scene.install(".nvm/versions/node/v20.8.0", "20.8.0");
    const { version, warnings } = await scene.choose();
    const warning = "engines.node in package.json wants Node.js >=24, but Node.js 20.8.0 runs, as .nvmrc wants";
    assert.deepEqual([version, warnings], ["20.8.0", [warning]]);
  });

  it("warns when no installed one is wanted", async (t) => {
    const scene = await NodeScene.create(t, { "app/.nvmrc": "lts/iron" });
    const first = await scene.choose();
    const wish = ".nvmrc wants Node.js lts/iron, but Node.js 24.1.0 runs";
    const none = `${wish}: no other version was found; ${REMEDY}`;
    assert.deepEqual(first, { version: OTHER, reason: "", warnings: [none] });
    await scene.install(".nvm/versions/node/v22.1.0", "22.1.0", { lts: "Jod" });
    await scene.install(".volta/tools/image/node/18.0.0", "18.0.0");
    const others = `${wish}: only others are installed, 22.1.0 (nvm), 18.0.0 (Volta); ${REMEDY}`;
    assert.deepEqual((await scene.choose()).warnings, [others]);
  });

  it("knows the lines with long-term support from the header", async (t) => {
    const scene = await NodeScene.create(t, { "app/.nvmrc": "lts/*" });
    await scene.install(".nvm/versions/node/v23.1.0", "23.1.0", { header: "23.1.0" });
    await scene.install(".nvm/versions/node/v22.1.0", "22.1.0", { lts: "Jod" });
    await scene.install(".nvm/versions/node/v20.1.0", "20.1.0", { lts: "Iron" });
    assert.equal((await scene.choose()).version, "22.1.0");
  });

  it("knows that this process has long-term support", { skip: process.release.lts === undefined }, async (t) => {
    const scene = await NodeScene.create(t, { "app/.nvmrc": `lts/${process.release.lts?.toLowerCase()}` });
    const { version, warnings } = await scene.choose({ own: process.versions.node });
    assert.deepEqual([version, warnings], [process.versions.node, []]);
  });

  it("uses given folders: an installation, or several, with any names", async (t) => {
    const scene = await NodeScene.create(t, { "app/.nvmrc": "20", "all/note.txt": "" });
    await scene.install("one", "20.1.0");
    await scene.install("all/node-v20.2.0-linux-x64", "20.2.0");
    await scene.install("all/mine", "20.3.0");
    const version = async (...nodePath: string[]): Promise<unknown> => (await scene.choose({ nodePath })).version;
    assert.deepEqual(await version("one"), "20.1.0");
    assert.deepEqual(await version("one", "all"), "20.3.0");
    const { folder, reason } = await scene.choose({ nodePath: ["all"] });
    assert.deepEqual([folder, reason], ["~/all/mine/bin", ".nvmrc wants Node.js 20, which is that of --node-path"]);
  });

  it("does not use a program that is not the version of its folder", async (t) => {
    const scene = await NodeScene.create(t, { "app/.nvmrc": "20" });
    await scene.install(".nvm/versions/node/v20.9.0", "20.9.0", { prints: "v20.8.0" });
    await scene.install(".nvm/versions/node/v20.8.0", "20.8.0", { prints: "nothing" });
    await scene.install(".nvm/versions/node/v20.7.0", "20.7.0", { header: "18.0.0" });
    await scene.install(".nvm/versions/node/v20.1.0", "20.1.0");
    const { version, warnings } = await scene.choose();
    assert.deepEqual([version, ...warnings], [
      "20.1.0",
      "the Node.js in ~/.nvm/versions/node/v20.9.0/bin is not used: it is another version than its folder says",
      "the Node.js in ~/.nvm/versions/node/v20.8.0/bin is not used: it printed no version",
    ]);
  });

  it("does not run a program that other users could have put in its place", async (t) => {
    const scene = await NodeScene.create(t, { "app/.nvmrc": "20" });
    for (const [version, path] of [["20.3.0", "bin/node"], ["20.2.0", "bin"], ["20.1.0", "."]] as const) {
      const folder = `.nvm/versions/node/v${version}`;
      await scene.install(folder, version);
      await chmod(join(scene.home, folder, path), 0o777);
    }
    const { version, warnings } = await scene.choose();
    assert.equal(version, OTHER);
    const paths = ["v20.3.0/bin/node", "v20.2.0/bin", "v20.1.0"];
    assert.deepEqual(warnings.slice(0, 3), paths.map((path) => {
      const folder = `~/.nvm/versions/node/${path.slice(0, 7)}/bin`;
      return `the Node.js in ${folder} is not used: other users may write to ~/.nvm/versions/node/${path}`;
    }));
  });

  it("follows a link to the program, and checks the folder that it leads to", async (t) => {
    const scene = await NodeScene.create(t, { "app/.nvmrc": "20" });
    await scene.install("real", "20.1.0");
    await mkdir(join(scene.home, ".nvm/versions/node/v20.1.0/bin"), { recursive: true });
    await symlink(join(scene.home, "real/bin/node"), join(scene.home, ".nvm/versions/node/v20.1.0/bin/node"));
    assert.equal((await scene.choose()).version, "20.1.0");
    await chmod(join(scene.home, "real"), 0o777);
    assert.equal((await scene.choose()).version, OTHER);
  });

  it("tries a limited number of programs", async (t) => {
    const scene = await NodeScene.create(t, { "app/.nvmrc": "20" });
    for (let minor = 0; minor < 9; minor++) {
      await scene.install(`.nvm/versions/node/v20.${minor}.0`, `20.${minor}.0`, { prints: "" });
    }
    const { warnings } = await scene.choose();
    assert.deepEqual([warnings.length, warnings.at(-1)?.includes("but Node.js 24.1.0 runs")], [6, true]);
  });

  it("uses the Node.js of the server when none is on PATH", async (t) => {
    const scene = await NodeScene.create(t, {});
    const { version, folder, reason, warnings } = await scene.choose({ own: "" });
    const { node } = process.versions;
    assert.deepEqual([version, folder, warnings], [node, join(process.execPath, ".."), []]);
    assert.equal(reason, "node is not on PATH, so that of the server runs");
  });

  it("says that the version is unknown when the program prints none", async (t) => {
    const scene = await NodeScene.create(t, {});
    const warnings = ["node printed no version, so the version of Node.js that runs is unknown"];
    assert.deepEqual(await scene.choose({ own: "x" }), { reason: "", warnings });
  });
});
