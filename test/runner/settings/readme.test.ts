/** `--projects FILE`: the settings file that README.md shows, with real git and make, and a file with a mistake. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { findProgram } from "../../../dist/runner/program/find-program.js";
import { ROOT, parseBlocks } from "../../readme/blocks.js";
import { makeFolder } from "../../support/folders.js";
import { EventClient, ask, postJson } from "../../support/http.js";
import { Program } from "../../support/program.js";
import { texts } from "../../web/app.js";
import type { TestContext } from "node:test";
import type { BuildRecord } from "../../../dist/runner/record.js";

const run = promisify(execFile);

async function git(cwd: string, ...args: readonly string[]): Promise<void> {
  const identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"];
  await run("git", [...identity, ...args], { cwd, env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null" } });
}

const manifest = (word: string): string => JSON.stringify({ name: "shop", scripts: { build: `echo ${word}` } });

/** Builds a project, and returns its record and its lines. */
async function build(port: number, projectPath: string): Promise<{ end: BuildRecord; lines: readonly string[] }> {
  const reply = await postJson(port, "/api/project/build", { projectPath });
  const { id } = reply.json["build"] as BuildRecord;
  const events = await (await EventClient.open(port, `/api/builds/${id}/events`)).ended();
  return { end: JSON.parse(events.at(-1)?.data ?? "") as BuildRecord, lines: texts(events) };
}

/** The folders of the README's settings file: a clone that is behind its origin, and a project of make. */
async function makeProjects(t: TestContext): Promise<string> {
  const folder = await makeFolder(t, {
    "origin/package.json": manifest("old"),
    "projects/parser/Makefile": "out: ; @mkdir out && echo flags $$CFLAGS\nclean: ; rm -rf out\n",
  });
  const origin = join(folder, "origin");
  await git(origin, "init", "--quiet");
  await git(origin, "add", ".");
  await git(origin, "commit", "--quiet", "-m", "Old");
  await git(folder, "clone", "--quiet", "origin", "projects/shop");
  await writeFile(join(origin, "package.json"), manifest("new"));
  await git(origin, "commit", "--quiet", "-a", "-m", "New");
  return join(folder, "projects");
}

describe("--projects", () => {
  it("builds the folders of the settings file in README.md", async (t) => {
    for (const program of ["git", "make", "tar", "gzip"]) {
      if ((await findProgram(program, process.env)) === undefined) return t.skip(`${program} is not on PATH`);
    }
    const blocks = parseBlocks("README.md", readFileSync(new URL("README.md", ROOT), "utf8"));
    const { text } = blocks.find(({ language }) => language === "json") ?? assert.fail();
    assert.ok(text.trimEnd().split("\n").length <= 10);
    const root = await makeProjects(t);
    const file = join(root, "settings.json");
    await writeFile(file, text);
    const port = await new Program(t, ["--root", root, "--port", "0"], { TAILCAST_PROJECTS: file }).port();
    const projects = (await ask(port, "GET", "/api/projects")).json["projects"] as { name: string }[];
    assert.deepEqual(projects.map(({ name }) => name), ["The parser", "shop"]);

    const shop = await build(port, "shop");
    assert.equal(shop.end.status, "succeeded", shop.lines.join("\n"));
    assert.deepEqual(shop.end.steps.map(({ name }) => name), ["plan", "git", "plan again", "install", "build"]);
    // The script and the commit are those after the pull.
    assert.ok(shop.lines.includes("new"));
    assert.equal(shop.end.git?.subject, "New");

    const parser = await build(port, "parser");
    assert.equal(parser.end.status, "succeeded", parser.lines.join("\n"));
    assert.deepEqual(parser.end.steps.map(({ name }) => name), ["plan", "make", "make 2", "pack"]);
    assert.ok(parser.lines.includes("flags -O2"));
    assert.equal((await run("tar", ["tzf", join(root, "parser/parser.tgz")])).stdout, "out/\n");
  });

  it("ends the program with 2 and the place of a mistake", async (t) => {
    const root = await makeFolder(t, { "settings.json": '{\n  "projects": {\n    "gone": {}\n  }\n}\n' });
    const file = join(root, "settings.json");
    const program = new Program(t, ["--root", root, "--port", "0", "--projects", file]);
    assert.equal(await program.ended, 2);
    const reason = '"gone" is not a directory in or below a root of the server';
    assert.equal(program.stderr, `tailcast: Cannot use "projects": ${file}:3:5: ${reason}\n`);
  });
});
