import { realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { readManifest } from "../project/manifest.ts";
import { plainText } from "../../terminal/plain-text.ts";
import { runStep } from "../process/run-step.ts";
import type { Environment } from "../program/find-program.ts";

/** How long a program may take to tell its version, in milliseconds. Package managers take a quarter to one second. */
const ANSWER_TIME = 3000;

/** Those that are being asked now, so that many who want to know at once start one process. */
const questions = new Map<string, Promise<string | undefined>>();

/** How far above a program its package is looked for: it lies in `bin`, or in `dist/bin`. */
const MAX_LEVELS = 3;

/**
 * Reads the version of a program that was installed as an npm package of the same name, as npm itself is: that takes a
 * millisecond, and starts nothing.
 *
 * @param program A path.
 * @returns `undefined` when it came in another way.
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
 * Asks a program for its version, with `--version`. In which directory matters: some programs pick the version that a
 * project names. A shim of corepack must not download that for an answer; pnpm does, as it would for the build.
 *
 * @param program A path. @param cwd Where it is asked.
 * @returns E.g. `10.2.0`; `undefined` when it gives no answer in time that is a version. It never rejects.
 */
export function askVersion(program: string, cwd: string, env: Environment): Promise<string | undefined> {
  const key = JSON.stringify([program, cwd]);
  const asked = questions.get(key) ?? ask(program, cwd, env).finally(() => questions.delete(key));
  questions.set(key, asked);
  return asked;
}

async function ask(program: string, cwd: string, env: Environment): Promise<string | undefined> {
  const step = { name: "version", command: program, args: ["--version"], cwd };
  let version: string | undefined;
  const outcome = await runStep(step, {
    signal: AbortSignal.timeout(ANSWER_TIME),
    killGrace: 0,
    // The answer stands on stdout; notes of the program do not.
    output: "separate",
    drain: 1000,
    env: { ...env, COREPACK_ENABLE_NETWORK: "0" },
    onLines: (lines) => {
      for (const { stream, text } of lines) if (stream === "stdout") version ??= VERSION.exec(plainText(text))?.[1];
    },
  });
  return outcome.type === "succeeded" ? version : undefined;
}

/** A whole line, which may have colours around it, as everything is told to print them. */
const VERSION = /^v?(\d+\.\d+\.\d+[\w.+-]{0,64})\s*$/;
