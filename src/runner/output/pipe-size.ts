import { spawn } from "node:child_process";
import { once } from "node:events";
import { findProgram } from "../program/find-program.ts";
import type { Environment } from "../program/find-program.ts";

/** The time limit of a program that changes a pipe, in milliseconds. Each takes two. */
const PROGRAM_TIMEOUT = 5000;

/** The command of `fcntl` that changes the size of a pipe (Linux, `fcntl.h`). */
const F_SETPIPE_SZ = 1031;

const PIPE_BYTES = 1024 * 1024;

/** The first descriptor behind stdin, stdout and stderr. */
const FIRST_DESCRIPTOR = 3;

/** Enlarges the descriptors from 3 to the last argument. */
const PERL = `for (3 .. $ARGV[0]) { open(H, ">&=", $_) and fcntl(H, ${F_SETPIPE_SZ}, ${PIPE_BYTES}) or exit 1 }`;

/** The same in Python. */
const PYTHON = `import fcntl, sys
for fd in range(3, int(sys.argv[1]) + 1): fcntl.fcntl(fd, ${F_SETPIPE_SZ}, ${PIPE_BYTES})`;

type Descriptors = readonly number[];

/** Programs that can enlarge the pipes that they inherit, and their arguments. The fastest is first. */
const PROGRAMS: readonly (readonly [name: string, argumentsFor: (descriptors: Descriptors) => string[]])[] = [
  ["pipesz", (descriptors) => ["--check", "--set", `${PIPE_BYTES}`, ...descriptors.flatMap((fd) => ["--fd", `${fd}`])]],
  ["perl", (descriptors) => ["-e", PERL, String(descriptors.at(-1))]],
  ["python3", (descriptors) => ["-Ic", PYTHON, String(descriptors.at(-1))]],
];

/**
 * Lets each pipe hold 1 MiB on Linux instead of 64 KiB. The kernel allows this size to every user. So a program of
 * Node.js that prints thousands of lines in its first milliseconds loses no line, even if this process gets no
 * processor time meanwhile. Node.js has no `fcntl`, so another program calls it. Without such a program, the pipes keep
 * their size.
 *
 * @param writers - A descriptor of each pipe.
 */
export async function enlargePipes(writers: readonly number[]): Promise<void> {
  if (process.platform !== "linux") return;
  const stdio = ["ignore", "ignore", "ignore", ...writers] as const;
  const env = { PATH: process.env["PATH"] };
  const inherited = writers.map((_, index) => FIRST_DESCRIPTOR + index);
  for (const [name, argumentsFor] of PROGRAMS) {
    const program = await findProgram(name, process.env);
    if (program === undefined) continue;
    try {
      const child = spawn(program, argumentsFor(inherited), { stdio: [...stdio], env, timeout: PROGRAM_TIMEOUT });
      const [exitCode] = await once(child, "exit");
      if (exitCode === 0) return;
    } catch {
      // It could not start.
    }
  }
}

/**
 * The warning, as a sentence, that no program can enlarge pipes; `undefined` when one can, and on other systems than
 * Linux.
 */
export async function pipeSizeWarning(env: Environment = process.env): Promise<string | undefined> {
  if (process.platform !== "linux") return undefined;
  const names = PROGRAMS.map(([name]) => name);
  for (const name of names) if ((await findProgram(name, env)) !== undefined) return undefined;
  const missing = `${names.slice(0, -1).join(", ")} and ${names.at(-1)} are not on PATH`;
  return `${missing}: on a busy machine, a build can lose the last lines of a program that prints much and exits`;
}
