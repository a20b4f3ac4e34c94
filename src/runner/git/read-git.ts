import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { plainText } from "../../terminal/plain-text.ts";
import { NO_BUILD } from "../cgroup/cgroup-folder.ts";
import { runInCgroup } from "../cgroup/run-in-cgroup.ts";
import { runStep } from "../process/run-step.ts";
import { findRepository } from "./find-repository.ts";
import type { ProgramLimits } from "../cgroup/program-limits.ts";
import type { StepResult } from "../process/run-step.ts";
import type { Environment } from "../program/find-program.ts";
import type { Repository } from "./find-repository.ts";
import type { GitState } from "./git-state.ts";

/** How long git may run for all questions, in milliseconds. Comparing the files of a huge repository takes longer. */
const ANSWER_TIME = 5000;

const MAX_SUBJECT_LENGTH = 200;

/**
 * Reads the state of the repository of a project.
 *
 * The configuration of a repository can name programs that git runs: filters, hooks, monitors of the file system, and
 * others in later versions of git. So git never reads it: it works with an empty repository in a private folder, which
 * borrows the objects and the index of the project. It changes nothing, and loads nothing from a network.
 *
 * @param env - The environment whose `PATH` is searched for git.
 * @returns `null` when the project is in no repository. Never rejects.
 */
export async function readGit(
  projectPath: string,
  env: Environment,
  limits: Partial<ProgramLimits> = {},
): Promise<GitState | null> {
  const repository = await findRepository(projectPath);
  if (repository === undefined) return null;
  const { branch, commit } = repository;
  const known = { branch, commit, subject: null, isDirty: null };
  if (commit === null) return known;
  const folder = await mkdtemp(join(tmpdir(), "tailcast-git-")).catch(() => undefined);
  if (folder === undefined) return known;
  try {
    return { ...known, ...(await ask(repository, commit, folder, env, limits)) };
  } catch {
    return known;
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** @param folder - An empty folder, which becomes the repository. */
async function ask(
  { top, directory, common }: Repository,
  commit: string,
  folder: string,
  env: Environment,
  limits: Partial<ProgramLimits>,
): Promise<Pick<GitState, "subject" | "isDirty">> {
  const isSha256 = commit.length === 64;
  const format = isSha256 ? "repositoryformatversion = 1\n[extensions]\nobjectFormat = sha256\n" : "bare = false\n";
  await Promise.all([mkdir(join(folder, "refs")), mkdir(join(folder, "objects"))]);
  await writeFile(join(folder, "config"), `[core]\n${format}`);
  await writeFile(join(folder, "HEAD"), `${commit}\n`);
  const variables = {
    PATH: env["PATH"],
    HOME: folder,
    LC_ALL: "C",
    GIT_DIR: folder,
    GIT_WORK_TREE: top,
    GIT_INDEX_FILE: join(directory, "index"),
    GIT_OBJECT_DIRECTORY: join(common, "objects"),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: devNull,
    GIT_ATTR_NOSYSTEM: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: "none",
    GIT_TERMINAL_PROMPT: "0",
  };
  const timeout = AbortSignal.timeout(limits.answerTime ?? ANSWER_TIME);
  const signal = limits.signal === undefined ? timeout : AbortSignal.any([timeout, limits.signal]);
  const git = (...args: readonly string[]): Promise<string | undefined> => {
    return firstLine(["--no-pager", ...args], top, variables, { ...limits, signal });
  };
  const subject = await git("log", "--no-walk", "--no-show-signature", "--format=%s", commit, "--");
  const changed = await git("status", "--porcelain", "-uno", "--no-renames", "--ignore-submodules=all");
  return {
    subject: subject === undefined ? null : plainText(subject).slice(0, MAX_SUBJECT_LENGTH),
    isDirty: changed === undefined ? null : changed !== "",
  };
}

/** The first line that git prints, empty without one; `undefined` when git fails. Ends git after the first line. */
async function firstLine(
  args: readonly string[],
  cwd: string,
  env: Environment,
  { nice, folder, cookie, signal }: Partial<ProgramLimits> & { signal: AbortSignal },
): Promise<string | undefined> {
  const ending = new AbortController();
  let first: string | undefined;
  const result = await runInCgroup(folder, NO_BUILD, () => undefined, (cgroup): Promise<StepResult> => {
    return runStep({ name: "git", command: "git", args, cwd }, {
      signal: AbortSignal.any([signal, ending.signal]),
      killGrace: 0,
      nice,
      cgroup,
      cookie,
      output: "separate",
      env,
      onLines: (lines) => {
        first ??= lines.find(({ stream, isOpen }) => stream === "stdout" && isOpen !== true)?.text;
        if (first !== undefined) ending.abort();
      },
    });
  });
  return first ?? (result.type === "succeeded" ? "" : undefined);
}
