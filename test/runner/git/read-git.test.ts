import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { describeGit } from "../../../dist/runner/git/git-state.js";
import { readGit } from "../../../dist/runner/git/read-git.js";
import { makeFolder } from "../../support/folders.js";
import type { TestContext } from "node:test";

const ENV = { PATH: process.env["PATH"] };
const PERSON = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgSign=false"];

/** Runs git, without the settings of this user. */
function git(cwd: string, ...args: readonly string[]): string {
  const env = { ...ENV, HOME: cwd, GIT_CONFIG_NOSYSTEM: "1" };
  return execFileSync("git", [...PERSON, ...args], { cwd, env, encoding: "utf8", stdio: "pipe" }).trim();
}

/** A repository with one commit of a file `app/a.txt`. */
async function repository(t: TestContext, ...options: readonly string[]): Promise<{ path: string; commit: string }> {
  const path = await makeFolder(t, { "app/a.txt": "a\n" });
  git(path, "init", "-q", "-b", "main", ...options);
  git(path, "add", "app");
  git(path, "commit", "-q", "-m", "Add a\n\nMore.");
  return { path, commit: git(path, "rev-parse", "HEAD") };
}

describe("readGit()", () => {
  it("reads branch, commit, subject and whether tracked files have changes, also below the top", async (t) => {
    const { path, commit } = await repository(t);
    const clean = { branch: "main", commit, subject: "Add a", isDirty: false };
    assert.deepEqual(await readGit(path, ENV), clean);
    await writeFile(join(path, "untracked.txt"), "");
    assert.deepEqual(await readGit(join(path, "app"), ENV), clean);
    await writeFile(join(path, "app/a.txt"), "b\n");
    assert.deepEqual(await readGit(join(path, "app"), ENV), { ...clean, isDirty: true });
    git(path, "add", "app");
    assert.deepEqual(await readGit(path, ENV), { ...clean, isDirty: true });
  });

  it("reads packed branches, names with slashes, and commits without a branch", async (t) => {
    const { path, commit } = await repository(t);
    git(path, "checkout", "-q", "-b", "feature/über");
    git(path, "pack-refs", "--all");
    git(path, "gc", "-q");
    assert.deepEqual(await readGit(path, ENV), { branch: "feature/über", commit, subject: "Add a", isDirty: false });
    git(path, "checkout", "-q", "--detach");
    assert.deepEqual(await readGit(path, ENV), { branch: null, commit, subject: "Add a", isDirty: false });
  });

  it("reads further working trees and submodules, whose .git is a file", async (t) => {
    const { path, commit } = await repository(t);
    const tree = join(await makeFolder(t), "tree");
    git(path, "worktree", "add", "-q", "-b", "other", tree);
    assert.deepEqual(await readGit(tree, ENV), { branch: "other", commit, subject: "Add a", isDirty: false });
    const outer = await repository(t);
    git(outer.path, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", path, "sub");
    assert.deepEqual(await readGit(join(outer.path, "sub"), ENV), {
      branch: "main",
      commit,
      subject: "Add a",
      isDirty: false,
    });
  });

  it("reads shallow clones, clones that share objects, and a .git that is a link", async (t) => {
    const { path } = await repository(t);
    git(path, "commit", "-q", "--allow-empty", "-m", "Second");
    const clean = { branch: "main", commit: git(path, "rev-parse", "HEAD"), subject: "Second", isDirty: false };
    const folder = await makeFolder(t);
    git(folder, "clone", "-q", "--depth=1", `file://${path}`, "shallow");
    git(folder, "clone", "-q", "--shared", path, "shared");
    await mkdir(join(folder, "linked/app"), { recursive: true });
    await writeFile(join(folder, "linked/app/a.txt"), "a\n");
    await symlink(join(path, ".git"), join(folder, "linked/.git"));
    for (const name of ["shallow", "shared", "linked"]) {
      assert.deepEqual(await readGit(join(folder, name), ENV), clean, name);
    }
  });

  it("reads a branch without commits, and repositories with SHA-256", async (t) => {
    const empty = await makeFolder(t);
    git(empty, "init", "-q", "-b", "main");
    assert.deepEqual(await readGit(empty, ENV), { branch: "main", commit: null, subject: null, isDirty: null });
    const { path, commit } = await repository(t, "--object-format=sha256");
    assert.equal(commit.length, 64);
    assert.deepEqual(await readGit(path, ENV), { branch: "main", commit, subject: "Add a", isDirty: false });
  });

  it("is null outside of a repository, and for a .git that is not a repository", async (t) => {
    const folder = await makeFolder(t, { "a/.git": "nothing", "b/.git/HEAD": "nothing", "c/.git/HEAD": "ref: ../x" });
    await mkdir(join(folder, "d"));
    await symlink(join(folder, "b/.git"), join(folder, "d/.git"));
    for (const name of ["a", "b", "c", "d"]) assert.equal(await readGit(join(folder, name), ENV), null, name);
  });

  it("reads branch and commit where git is not installed", async (t) => {
    const { path, commit } = await repository(t);
    const known = { branch: "main", commit, subject: null, isDirty: null };
    assert.deepEqual(await readGit(path, { PATH: "/nowhere" }), known);
  });

  it("gives up after the time limit, and when the build is stopped", async (t) => {
    const { path, commit } = await repository(t);
    const bin = await makeFolder(t, { git: "#!/bin/sh\nexec sleep 60\n" });
    await chmod(join(bin, "git"), 0o755);
    const known = { branch: "main", commit, subject: null, isDirty: null };
    const env = { PATH: `${bin}:${process.env["PATH"]}` };
    assert.deepEqual(await readGit(path, env, { answerTime: 300 }), known);
    assert.deepEqual(await readGit(path, env, { signal: AbortSignal.abort() }), known);
  });

  it("runs no program that the repository names, and changes nothing in it", async (t) => {
    const { path, commit } = await repository(t);
    const mark = join(path, "mark");
    const evil = join(path, "evil");
    await writeFile(evil, `#!/bin/sh\ntouch '${mark}'\ncat\n`);
    await chmod(evil, 0o755);
    const settings = {
      ...{ "core.fsmonitor": evil, "core.hooksPath": path, "core.pager": evil, "core.sshCommand": evil },
      ...{ "filter.evil.clean": evil, "filter.evil.smudge": evil, "filter.evil.process": evil },
      ...{ "diff.evil.textconv": evil, "diff.external": evil, "gpg.program": evil, "log.showSignature": "true" },
      ...{ "core.worktree": "/", "extensions.partialClone": "origin", "remote.origin.url": `ext::${evil}` },
      ...{ "alias.status": `!${evil}`, "core.alternateRefsCommand": evil, "pager.log": evil, "pager.status": evil },
    };
    for (const [name, value] of Object.entries(settings)) git(path, "config", name, value);
    for (const hook of ["post-index-change", "fsmonitor-watchman", "query-watchman"]) {
      await writeFile(join(path, hook), `#!/bin/sh\ntouch '${mark}'\n`, { mode: 0o755 });
      await writeFile(join(path, ".git/hooks", hook), `#!/bin/sh\ntouch '${mark}'\n`, { mode: 0o755 });
    }
    await writeFile(join(path, ".gitattributes"), "* filter=evil diff=evil\n");
    await writeFile(join(path, "app/a.txt"), "b\n");
    const index = execFileSync("sha1sum", [join(path, ".git/index")]).toString();
    const state = await readGit(path, { ...ENV, GIT_DIR: "/nowhere", GIT_TRACE: mark });
    assert.deepEqual(state, { branch: "main", commit, subject: "Add a", isDirty: true });
    assert.ok(!existsSync(mark));
    assert.equal(execFileSync("sha1sum", [join(path, ".git/index")]).toString(), index);
    // The settings are dangerous: git itself runs the program.
    git(path, "config", "--unset", "core.worktree");
    git(path, "config", "--unset", "core.fsmonitor");
    git(path, "config", "--unset", "filter.evil.process");
    execFileSync("git", ["--git-dir", join(path, ".git"), "--work-tree", path, "status", "-uno"], { cwd: path });
    assert.ok(existsSync(mark));
  });

  it("survives named pipes, missing objects and an index that is damaged", async (t) => {
    const { path, commit } = await repository(t);
    await rm(join(path, ".git/config"));
    execFileSync("mkfifo", [join(path, ".git/config")]);
    assert.equal((await readGit(path, ENV))?.subject, "Add a");
    await writeFile(join(path, ".git/index"), "damaged");
    assert.deepEqual(await readGit(path, ENV), { branch: "main", commit, subject: "Add a", isDirty: null });
    await rm(join(path, ".git/objects"), { recursive: true });
    const known = { branch: "main", commit, subject: null, isDirty: null };
    assert.deepEqual(await readGit(path, ENV), known);
    await rm(join(path, ".git/HEAD"));
    execFileSync("mkfifo", [join(path, ".git/HEAD")]);
    assert.equal(await readGit(path, ENV), null);
  });

  it("shows a hostile subject as short plain text", async (t) => {
    const { path } = await repository(t);
    git(path, "commit", "-q", "--allow-empty", "-m", `\u001b[31mred\u202e${"x".repeat(1000)}`);
    const subject = (await readGit(path, ENV))?.subject ?? "";
    assert.equal(subject.slice(0, 12), "red<U+202E>x");
    assert.equal(subject.length, 200);
  });
});

describe("describeGit()", () => {
  it("describes the state in one line", () => {
    const state = { branch: "main", commit: "1a2b3c4d5e6f", subject: "Fix the sum", isDirty: true };
    assert.equal(describeGit(state), "git: main, at 1a2b3c4d (Fix the sum), with uncommitted changes");
    assert.equal(describeGit({ ...state, branch: null, subject: null, isDirty: null }), "git: no branch, at 1a2b3c4d");
    assert.equal(describeGit({ ...state, commit: null, subject: null, isDirty: null }), "git: main, no commit yet");
  });
});
