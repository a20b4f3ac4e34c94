import { realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { NO_BUILD } from "../cgroup/cgroup-folder.ts";
import { runInCgroup } from "../cgroup/run-in-cgroup.ts";
import { readManifest } from "../project/manifest.ts";
import { formatDuration } from "../../terminal/duration.ts";
import { plainText } from "../../terminal/plain-text.ts";
import { runStep } from "../process/run-step.ts";
import type { ProgramLimits } from "../cgroup/program-limits.ts";
import type { StepCgroup } from "../cgroup/step-cgroup.ts";
import type { StepResult } from "../process/run-step.ts";
import type { Environment } from "../program/find-program.ts";

/**
 * How long a program may take to print its version, in milliseconds. Package managers take a quarter to one second, and
 * ten times as long on a busy machine.
 */
const ANSWER_TIME = 20_000;

/** The answer of a program: its version, or the reason why it is unknown, without the program's name. */
export type VersionAnswer = { readonly version: string } | { readonly problem: string };

/** How many directories above a program its package is searched: programs lie in `bin`, or in `dist/bin`. */
const MAX_LEVELS = 3;

/**
 * Reads the version of a program that was installed as an npm package of the same name, such as npm itself. That takes
 * a millisecond, and starts no process.
 *
 * @param program - The path of the program.
 * @returns `undefined` when it was installed in another way.
 */
export async function installedVersion(program: string, name: string): Promise<string | undefined> {
  let directory = await realpath(program).catch(() => program);
  for (let level = 0; level < MAX_LEVELS; level++) {
    directory = dirname(directory);
    const manifest = await readManifest(directory).catch(() => undefined);
    if (manifest?.["name"] === name) return VERSION.exec(String(manifest["version"]))?.[1];
  }
  return undefined;
}

/**
 * Runs a program with `--version`. The directory matters: some programs switch to the version that a project names. A
 * shim of corepack must not download that version only to print it; pnpm does, as it would for the build.
 *
 * The program has 20 s; then it is killed with everything that it started. It can run code of the project, as `yarn`
 * does with `yarnPath`, so the limits of builds apply to it.
 *
 * @param program - The path of the program.
 * @param cwd - The directory in which it runs.
 * @param limits - The limits of the build, and the time for the answer. Default: no limits, 20 s.
 * @returns Never rejects.
 */
export async function askVersion(
  program: string,
  cwd: string,
  env: Environment,
  { nice, folder, signal, cookie, answerTime = ANSWER_TIME }: Partial<ProgramLimits> = {},
): Promise<VersionAnswer> {
  const step = { name: "version", command: program, args: ["--version"], cwd };
  let version: string | undefined;
  const timeout = AbortSignal.timeout(answerTime);
  const run = (cgroup: StepCgroup | undefined): Promise<StepResult> => runStep(step, {
    signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    killGrace: 0,
    nice,
    cgroup,
    cookie,
    // The version is printed to stdout; notices are not.
    output: "separate",
    drain: 1000,
    env: { ...env, COREPACK_ENABLE_NETWORK: "0" },
    onLines: (lines) => {
      for (const { stream, text } of lines) if (stream === "stdout") version ??= VERSION.exec(plainText(text))?.[1];
    },
  });
  const outcome = await runInCgroup(folder, NO_BUILD, () => undefined, run);
  if (outcome.type === "succeeded" && version !== undefined) return { version };
  const isLate = timeout.aborted && outcome.type === "aborted";
  return { problem: isLate ? `did not print its version within ${formatDuration(answerTime)}` : "printed no version" };
}

/** A whole line of plain text: `FORCE_COLOR` makes some programs print the version in colour. */
const VERSION = /^v?(\d+\.\d+\.\d+[\w.+-]{0,64})\s*$/;
