import assert from "node:assert/strict";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { findWanted } from "../../../dist/runner/node/find-wanted.js";
import { openProject } from "../../../dist/runner/project/project.js";
import { makeFolder } from "../../support/folders.js";
import type { TestContext } from "node:test";
import type { WantedSearch } from "../../../dist/runner/node/find-wanted.js";

/** The versions that a project names, one line each (`.nvmrc: 20`), and the warnings. */
async function find(t: TestContext, files: Readonly<Record<string, string>>, app = "."): Promise<string[]> {
  const root = await makeFolder(t, { "package.json": "{}", [join(app, "package.json")]: "{}", ...files });
  return search(root, app);
}

async function search(root: string, app = "."): Promise<string[]> {
  const project = await openProject(app, [root]);
  const places = app === "." ? [project] : [project, await openProject(".", [root])];
  return show(await findWanted(project, places));
}

function show({ named, warnings }: WantedSearch): string[] {
  return [...named.map(({ source, text }) => `${source}: ${text}`), ...warnings];
}

describe("findWanted()", () => {
  const cases: readonly (readonly [file: string, content: string, text: string])[] = [
    [".nvmrc", "20", "20"],
    [".nvmrc", "\uFEFFv20.1.0\r\n", "v20.1.0"],
    [".nvmrc", "# the version\r\n\r\n  lts/iron # old\r\n", "lts/iron"],
    [".nvmrc", "default=18\nlts/*\n", "lts/*"],
    [".nvmrc", ">=20 <23", ">=20 <23"],
    [".node-version", "20.1\r", "20.1"],
    [".node-version", "lts-jod\n", "lts-jod"],
    [".tool-versions", "python 3.12\nnodejs 20.1.0 18.2.0 # both\r\nruby 3", "20.1.0 || 18.2.0"],
    [".tool-versions", "node\tlatest:22", "latest:22"],
    [".tool-versions", "nodejs ref:main 20.1.0 path:~/node system", "20.1.0 || system"],
    ["mise.toml", '[env]\nnode = "1"\n[tools]\npython = "3"\nnode = "22" # new\n', "22"],
    ["mise.toml", "[tools]\r\n\"core:node\" = '20'\r\n", "20"],
    [".mise.toml", '[tools]\nnodejs = [ # several\n  "22", \'20.1\',\n]\n', "22 || 20.1"],
    [".mise.toml", '[tools]\nnode = { postinstall = "x", version = "lts" }\n', "lts"],
    [".mise.toml", '[tools.node]\npostinstall = "x"\nversion = "24"\n', "24"],
    [".mise.toml", 'tools.node = "24"\n', "24"],
    ["mise.local.toml", '[tools]\nnode = "24"\n', "24"],
    [".config/mise/config.toml", '[tools]\nnode = "24"\n', "24"],
    [".mise.toml", '[tasks.a]\nrun = """\n[tools]\nnode = "1"\n"""\n[tools]\nnode = 24\n', "24"],
  ];
  for (const [file, content, text] of cases) {
    it(`reads ${JSON.stringify(content)} in ${file}`, async (t) => {
      assert.deepEqual(await find(t, { [file]: content }), [`${file}: ${text}`]);
    });
  }

  it("finds nothing in files that name no version", async (t) => {
    const files = {
      ...{ ".nvmrc": "\n# none\n", ".node-version": "", ".tool-versions": "ruby 3\n" },
      "mise.toml": "[tools]\ngo = '1'\n",
      "mise": "a file",
      "package.json": JSON.stringify({ volta: { yarn: "1.0.0" }, devEngines: { runtime: "node" }, engines: ["node"] }),
    };
    assert.deepEqual(await find(t, files), []);
  });

  it("searches version files up to the top of the repository, and not above it", async (t) => {
    const files = {
      ...{ ".nvmrc": "18", "clone/.git": "gitdir: elsewhere", "clone/.node-version": "20", "clone/web/.nvmrc": "22" },
      "clone/web/app/package.json": '{"engines":{"node":">=24"}}',
      "clone/package.json": '{"engines":{"node":"1"}}',
    };
    const root = await makeFolder(t, files);
    const project = await openProject("clone/web/app", [root]);
    const found = ["../.nvmrc: 22", "../../.node-version: 20", "engines.node in package.json: >=24"];
    assert.deepEqual(show(await findWanted(project, [project])), found);
    // Nothing above an allowed root is read.
    const inside = await openProject("app", [join(root, "clone/web")]);
    assert.deepEqual(show(await findWanted(inside, [inside])), [found[0], found[2]]);
  });

  it("reads each kind of field in package.json", async (t) => {
    const runtime = [
      { name: "bun", version: "1" },
      { name: "node", version: "20" },
      { name: "node", version: "^22" },
      { name: "node", version: "1", onFail: "ignore" },
    ];
    const manifest = { volta: { node: "20.1.0" }, devEngines: { runtime }, engines: { node: ">=20" } };
    assert.deepEqual(await find(t, { "package.json": JSON.stringify(manifest) }), [
      ...["volta.node in package.json: 20.1.0", "devEngines.runtime in package.json: 20 || ^22"],
      "engines.node in package.json: >=20",
    ]);
    const one = { devEngines: { runtime: { name: "node", version: ">=22", onFail: "warn" } } };
    const found = await find(t, { "package.json": JSON.stringify(one) });
    assert.deepEqual(found, ["devEngines.runtime in package.json: >=22"]);
  });

  it("follows volta.extends below the root, and not forever", async (t) => {
    const files = {
      "package.json": '{"volta":{"node":"20.1.0"}}',
      "app/package.json": '{"volta":{"extends":"../package.json"}}',
    };
    const root = await makeFolder(t, files);
    assert.equal((await search(root, "app"))[0], "volta.node in package.json: 20.1.0");
    const link = '{"volta":{"extends":"./package.json"}}';
    const limit = "its volta.extends must not lead through more than 8 files";
    assert.deepEqual(await find(t, { "package.json": link }), [`volta in package.json does not count: ${limit}`]);
    const outside = await makeFolder(t, { "package.json": '{"volta":{"node":"1.0.0"}}' });
    const leaving = JSON.stringify({ volta: { extends: join(outside, "package.json") } });
    const [warning = ""] = await find(t, { "package.json": leaving });
    assert.match(warning, /^volta in package\.json does not count: .*outside|leads out of the allowed root/);
  });

  it("puts files before ranges, and the project before the root of its monorepo", async (t) => {
    const files = {
      "package.json": '{"engines":{"node":">=16"}}',
      "app/package.json": '{"engines":{"node":">=18"}}',
      ".nvmrc": "20",
      "app/.tool-versions": "nodejs 22.1.0",
      "app/.node-version": "22",
    };
    assert.deepEqual(await find(t, files, "app"), [
      ...[".node-version: 22", ".tool-versions: 22.1.0", "../.nvmrc: 20"],
      ...["engines.node in package.json: >=18", "engines.node in ../package.json: >=16"],
    ]);
  });

  it("names the files that do not count", async (t) => {
    const root = await makeFolder(t, {
      ...{ "package.json": '{"engines":{"node":"new"}}', ".nvmrc": "lts/-1", "real": "20", "mise.toml/": "" },
      ".tool-versions": "#".repeat(64 * 1024 + 1),
    });
    const outside = await makeFolder(t, { secret: "21" });
    await symlink(join(outside, "secret"), join(root, ".node-version"));
    await symlink("real", join(root, ".mise.toml"));
    await writeFile(join(root, "real"), "[tools]\nnode='20'");
    assert.deepEqual(await search(root), [
      ".mise.toml: 20",
      '.nvmrc does not count: "lts/-1" is not a known version of Node.js',
      ".node-version does not count: it is a symbolic link that leads out of the allowed root",
      ".tool-versions does not count: it must not be larger than 65536 bytes",
      "mise.toml does not count: it must be a regular file",
      'engines.node in package.json does not count: "new" is not a known version of Node.js',
    ]);
  });

  it("shows a text in one line, and ignores an empty one", async (t) => {
    const wanted = (node: string): Promise<string[]> => {
      return find(t, { "package.json": JSON.stringify({ engines: { node } }) });
    };
    assert.deepEqual(await wanted(" >=20\n\t<23 "), ["engines.node in package.json: >=20 <23"]);
    assert.deepEqual(await wanted(" "), []);
  });

  it("shows a hostile text shortened, and without control characters", async (t) => {
    const [warning = ""] = await find(t, { ".nvmrc": `\u001B[31m\u202E${"a".repeat(1000)}` });
    assert.equal(warning, `.nvmrc does not count: "<U+202E>${"a".repeat(56)}" is not a known version of Node.js`);
  });

  it("needs little time for hostile files", async (t) => {
    const lines = ["[tools]\n", "node = [", "tools.node = {", "[", "a.", "node=\n", '"""', "#", "nodejs ", "\r"];
    for (const line of lines) {
      const content = line.repeat(Math.floor((64 * 1024) / line.length));
      const start = performance.now();
      await find(t, { ".nvmrc": content, ".tool-versions": content, "mise.toml": content });
      assert.ok(performance.now() - start < 3000, JSON.stringify(line));
    }
  });
});
