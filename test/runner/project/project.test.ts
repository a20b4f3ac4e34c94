import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, rm, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import { openProject } from "../../../dist/runner/project/project.js";
import { makeFolder } from "../../support/folders.js";

const NOWHERE = "Cannot open the project: there is no such directory under an allowed root; check the path";

describe("openProject()", () => {
  it("opens an absolute path, and one relative to the first root where it exists", async (t) => {
    const folder = await makeFolder(t, { "one/": "", "two/app/package.json": '{"name":"demo"}' });
    const roots = [join(folder, "missing"), join(folder, "one"), join(folder, "two")];
    const root = join(folder, "two");
    const expected = { path: join(root, "app"), root, name: "demo", manifest: { name: "demo" } };
    for (const path of [join(folder, "two/app"), join(folder, "two/app/"), "app", "./app", "../two/app"]) {
      assert.deepEqual(await openProject(path, roots), expected, path);
    }
  });

  it("opens a root itself, also \"/\"", async (t) => {
    const folder = await makeFolder(t, { "package.json": "{}" });
    assert.equal((await openProject(".", [folder])).path, folder);
    assert.equal((await openProject(folder, ["/"])).root, "/");
  });

  it("resolves symbolic links on both sides before it compares", async (t) => {
    const folder = await makeFolder(t, { "real/app/package.json": "{}", "outside/package.json": "{}" });
    await symlink(join(folder, "real"), join(folder, "link"));
    await symlink(join(folder, "outside"), join(folder, "real/escape"));
    const project = await openProject("app", [join(folder, "link")]);
    assert.deepEqual([project.path, project.root], [join(folder, "real/app"), join(folder, "real")]);
    assert.equal((await openProject(join(folder, "link/app"), [join(folder, "real")])).path, join(folder, "real/app"));
    const escape = openProject("escape", [join(folder, "real")]);
    await assert.rejects(escape, { code: "PROJECT_NOT_FOUND", message: NOWHERE });
  });

  it("throws the same error for outside, missing and not a directory", async (t) => {
    const folder = await makeFolder(t, { "app/file": "", "app2/package.json": "{}", "package.json": "{}" });
    const roots = [join(folder, "app")];
    for (const path of ["..", "../app2", join(folder, "app2"), "missing", "file", "file/below", "/", "/etc/passwd"]) {
      await assert.rejects(openProject(path, roots), { code: "PROJECT_NOT_FOUND", message: NOWHERE }, path);
    }
    await assert.rejects(openProject("app", []), { code: "PROJECT_NOT_FOUND", message: NOWHERE });
  });

  it("refuses paths that are empty, too long, or hold NUL", async (t) => {
    const folder = await makeFolder(t, { "package.json": "{}" });
    const cases = { "": /is empty/, " \t\n": /is empty/, "a\0b": /NUL/, [`./${"x".repeat(4095)}`]: /longer than 4096/ };
    for (const [path, message] of Object.entries(cases)) {
      await assert.rejects(openProject(path, [folder]), { code: "PROJECT_NOT_FOUND", message });
    }
  });

  it("uses the directory's name when package.json has no usable one", async (t) => {
    for (const name of [undefined, "", 7, "x".repeat(215), "\x1b[2J\n"]) {
      const folder = await makeFolder(t, { "package.json": JSON.stringify({ name }) });
      assert.equal((await openProject(folder, [folder])).name, basename(folder));
    }
  });

  it("names the hidden characters of a name, and drops its control functions", async (t) => {
    const hidden = await makeFolder(t, { "package.json": JSON.stringify({ name: "a\u202eb\x1b]0;title\x07\nc" }) });
    assert.equal((await openProject(hidden, [hidden])).name, "a<U+202E>bc");
  });

  it("reads package.json with a byte order mark", async (t) => {
    const folder = await makeFolder(t, { "package.json": '\ufeff{"name":"é"}' });
    assert.equal((await openProject(folder, [folder])).name, "é");
  });

  it("throws when package.json does not exist", async (t) => {
    const folder = await makeFolder(t);
    await assert.rejects(openProject(folder, [folder]), { code: "NO_MANIFEST", message: /has no package\.json/ });
  });

  it("describes the problem of an invalid package.json, with the parser's error", async (t) => {
    const cases: readonly (readonly [content: string, message: RegExp])[] = [
      ['{"name": }', /^Cannot read package\.json: Unexpected token/],
      ["", /Unexpected end of JSON input/],
      ["[]", /it must hold a JSON object/],
      ["null", /it must hold a JSON object/],
      ['"text"', /it must hold a JSON object/],
      [`{"x":"${"x".repeat(1024 * 1024)}"}`, /must not be larger than 1048576 bytes/],
    ];
    for (const [content, message] of cases) {
      const folder = await makeFolder(t, { "package.json": content });
      await assert.rejects(openProject(folder, [folder]), { code: "INVALID_MANIFEST", message });
    }
  });

  it("accepts a package.json of exactly 1 MiB", async (t) => {
    const folder = await makeFolder(t, { "package.json": "{}".padEnd(1024 * 1024) });
    assert.deepEqual((await openProject(folder, [folder])).manifest, {});
  });

  it("refuses a package.json that is not a regular file", async (t) => {
    const folder = await makeFolder(t, { "directory/package.json/": "", "pipe/": "" });
    execFileSync("mkfifo", [join(folder, "pipe/package.json")]);
    for (const path of ["directory", "pipe"]) {
      const message = "Cannot read package.json: it must be a regular file";
      await assert.rejects(openProject(path, [folder]), { code: "INVALID_MANIFEST", message }, path);
    }
  });

  it("follows a link to a package.json below the root, and refuses one that leads out of it", async (t) => {
    const folder = await makeFolder(t, { secret: "root:x:0:0", "root/real.json": '{"name":"real"}', "root/link/": "" });
    const file = join(folder, "root/link/package.json");
    const open = async (target: string): Promise<string> => {
      await rm(file, { force: true });
      await symlink(target, file);
      return (await openProject("link", [join(folder, "root")])).name;
    };
    assert.equal(await open("../real.json"), "real");
    const message = "Cannot read package.json: it is a symbolic link that leads out of the allowed root";
    await assert.rejects(open("../../secret"), { code: "INVALID_MANIFEST", message });
    await assert.rejects(open("../missing"), { code: "NO_MANIFEST" });
  });

  it("throws when package.json cannot be read", async (t) => {
    const folder = await makeFolder(t);
    // The path of the directory is just short enough, and the path of the file is too long. This fails for root too.
    let path = folder;
    while (path.length < 4085) path = join(path, "x".repeat(Math.min(200, 4089 - path.length)));
    await mkdir(path, { recursive: true });
    await assert.rejects(openProject(path, [folder]), { code: "INVALID_MANIFEST", message: /ENAMETOOLONG/ });
  });
});
