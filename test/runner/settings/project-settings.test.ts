import assert from "node:assert/strict";
import { chmod, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ProjectSettings } from "../../../dist/runner/settings/project-settings.js";
import { makeFolder } from "../../support/folders.js";
import type { TestContext } from "node:test";

interface Setup {
  readonly root: string;
  readonly file: string;
  readonly reports: (string | undefined)[];
  readonly write: (text: string) => Promise<void>;
  readonly open: () => Promise<ProjectSettings>;
}

async function setUp(t: TestContext): Promise<Setup> {
  const manifest = '{"name": "the-shop"}';
  const folder = await makeFolder(t, { "root/shop/package.json": manifest, "root/my tool/": "", "out/": "" });
  const [root, file] = [join(folder, "root"), join(folder, "projects.json")];
  const reports: (string | undefined)[] = [];
  return {
    root,
    file,
    reports,
    write: async (text) => {
      // As editors do it: the file is replaced.
      await writeFile(`${file}.new`, text, { mode: 0o644 });
      await rename(`${file}.new`, file);
    },
    open: () => ProjectSettings.open(file, [root], (problem) => reports.push(problem)),
  };
}

const text = (projects: unknown): string => JSON.stringify({ projects }, undefined, 2);

describe("ProjectSettings", () => {
  it("has the steps, the variables, the time limit and the name of each folder", async (t) => {
    const { root, file, write, open } = await setUp(t);
    const steps = [
      "git pull --ff-only", "install", { name: "lint", command: ["npx", "my lint", "*"] }, { shell: "a && b" },
      { command: "./run 'it now'" }, "build",
    ];
    const [shop, tool] = [join(root, "shop"), join(root, "my tool")];
    await write(text({ "root/shop": { name: "Shop", steps, env: { MODE: "fast" }, timeout: 90 }, [tool]: {} }));
    const settings = await open();
    const common = { file, problem: undefined };
    assert.deepEqual(await settings.find(shop), {
      ...common,
      folder: "root/shop",
      name: "Shop",
      steps: [
        { name: "git", command: "git", args: ["pull", "--ff-only"] },
        "install",
        { name: "lint", command: "npx", args: ["my lint", "*"] },
        { name: "shell", command: "/bin/sh", args: ["-c", "a && b"] },
        { name: "run", command: "./run", args: ["it now"] },
        "build",
      ],
      env: { MODE: "fast" },
      timeout: 90_000,
      node: undefined,
      place: { path: shop, root },
    });
    assert.deepEqual((await settings.find(tool))?.steps, ["install", "build"]);
    assert.equal(await settings.find(root), undefined);
    assert.deepEqual(await settings.addTo([{ path: shop, name: "the-shop" }, { path: root, name: "r" }]), [
      { path: root, name: "r" },
      { path: tool, name: "my tool" },
      { path: shop, name: "Shop" },
    ]);
  });

  it("takes the name of package.json without one of its own", async (t) => {
    const { root, write, open } = await setUp(t);
    await write(text({ "root/shop": { steps: ["make"] } }));
    assert.deepEqual(await (await open()).addTo([]), [{ path: join(root, "shop"), name: "the-shop" }]);
  });

  it("names the file, the line, the column and the property of a mistake", async (t) => {
    const { file, write, open } = await setUp(t);
    const shop = (line: string): string => `{\n  "projects": {\n    "root/shop": {\n      ${line}\n    }\n  }\n}\n`;
    const at = 'projects["root/shop"]';
    const cases: readonly (readonly [text: string, place: string, reason: string])[] = [
      ['{\n  "projects": {,\n', "2:16", "it must have the name of a property, in quotation marks here, not ,"],
      ["[]", "1:1", "the file must be an object, not an array"],
      ["{}", "1:1", "projects must be an object, not undefined"],
      ['{"projects": {},\n "x": 1}', "2:2", "there is no property x; known are: projects"],
      [shop('"step": []'), "4:7", `there is no property ${at}.step; known are: name, steps, env, timeout, node`],
      [shop('"steps": []'), "4:7", `${at}.steps must be a list with at least one step, not an array`],
      [shop('"steps": ["make",\n 7]'), "5:2", `${at}.steps[1] must be a string, or a list of words, not a number`],
      [shop('"steps": ["a && b"]'), "4:17",
        `${at}.steps[0] cannot be run: no shell reads it, so "&&" has no meaning; ` +
        'use {"shell": "..."} or several steps'],
      [shop('"steps": ["build", "build"]'), "4:26", `${at}.steps must not have "build" twice`],
      [shop('"steps": [{"name": "x"}]'), "4:17", `${at}.steps[0] must have either "command" or "shell"`],
      [shop('"steps": [{"command": "a", "shell": "b"}]'), "4:17",
        `${at}.steps[0] must have either "command" or "shell"`],
      [shop('"steps": [{"command": []}]'), "4:18",
        `${at}.steps[0].command must be a string, or a list of words, not an array`],
      [shop('"steps": [{"shell": " "}]'), "4:18", `${at}.steps[0].shell must be a non-empty string, not a string`],
      [shop('"name": ""'), "4:7", `${at}.name must be a non-empty string, not ""`],
      [shop('"env": {"A": 1}'), "4:15", `${at}.env.A must be a string, not a number`],
      [shop('"env": {"TAILCAST_X": ""}'), "4:15",
        `${at}.env must not set TAILCAST_X: such names belong to this server`],
      [shop('"timeout": 1.5'), "4:7",
        `${at}.timeout must be a number of seconds from 0 to 2147483, without a fraction`],
      [shop('"node": 20'), "4:7", `${at}.node must be a non-empty string, not a number`],
      [shop('"node": "newest"'), "4:7",
        `${at}.node must be a version such as "20" or "lts/*", or the path of a folder`],
      [shop('"node": "./root"'), "4:7", '"./root" is not an installation of Node.js: it has no file bin/node'],
      ['{"projects": {\n"out": {}}}', "2:1", '"out" is not a directory in or below a root of the server'],
      ['{"projects": {"root/gone": {}}}', "1:15", '"root/gone" is not a directory in or below a root of the server'],
      ['{"projects": {"root/shop": {},\n "root/../root/shop/": {}}}', "2:2", '"root/shop" is the same folder'],
    ];
    for (const [content, place, reason] of cases) {
      await write(content);
      const message = `Cannot use "projects": ${file}:${place}: ${reason}`;
      await assert.rejects(open, { code: "INVALID_OPTION", message });
    }
  });

  it("refuses a file that others may change, that is no file, or that is too large", async (t) => {
    const { file, write, open } = await setUp(t);
    const refuses = (reason: RegExp): Promise<void> => {
      return assert.rejects(open, ({ code, message }: Error & { code: string }) => {
        assert.ok(message.startsWith(`Cannot use "projects": ${file}: `), message);
        assert.match(message, reason);
        return code === "INVALID_OPTION";
      });
    };
    await refuses(/ENOENT/);
    await write(text({}));
    for (const mode of [0o664, 0o646, 0o622]) {
      await chmod(file, mode);
      await refuses(/other users may change it; restrict it with "chmod go-w"$/);
    }
    await rm(file);
    await mkdir(file);
    await refuses(/it is not a regular file$/);
    await rm(file, { recursive: true });
    await write(" ".repeat(256 * 1024 + 1));
    await refuses(/it must not be larger than 262144 bytes$/);
  });

  it("does not follow a link out of the roots", async (t) => {
    const { root, write, open } = await setUp(t);
    await symlink("../out", join(root, "link"));
    await write(text({ "root/link": {} }));
    await assert.rejects(open, /"root\/link" is not a directory in or below a root/);
  });

  it("is read again when it has changed, and keeps the last version while the new one is wrong", async (t) => {
    const { root, file, reports, write, open } = await setUp(t);
    const shop = join(root, "shop");
    await write(text({ "root/shop": { timeout: 1 } }));
    const settings = await open();
    assert.equal((await settings.find(shop))?.timeout, 1000);
    assert.deepEqual(reports, []);
    await write(text({ "root/shop": { timeout: 2 } }));
    assert.equal((await settings.find(shop))?.timeout, 2000);
    assert.deepEqual(reports.splice(0), [undefined]);
    await write("{");
    const problem =
      `Cannot use "projects": ${file}:1:2: it must have the name of a property, in quotation marks here, ` +
      "not the end of the file";
    const [one, two] = await Promise.all([settings.find(shop), settings.find(shop)]);
    assert.deepEqual([one?.timeout, one?.problem, two?.timeout], [2000, problem, 2000]);
    assert.equal((await settings.addTo([])).length, 1);
    assert.deepEqual(reports.splice(0), [problem]);
    await rm(file);
    assert.match((await settings.find(shop))?.problem ?? "", /ENOENT/);
    assert.equal(reports.splice(0).length, 1);
    await write(text({}));
    assert.equal(await settings.find(shop), undefined);
    assert.deepEqual(reports, [undefined]);
  });

  it("accepts a folder as soon as it exists, without another change of the file", async (t) => {
    const { root, write, open } = await setUp(t);
    await write(text({ "root/shop": {} }));
    const settings = await open();
    await write(text({ "root/later": {} }));
    assert.match((await settings.find(join(root, "shop")))?.problem ?? "", /"root\/later" is not a directory/);
    await mkdir(join(root, "later"));
    assert.notEqual(await settings.find(join(root, "later")), undefined);
  });
});
