import { spawn } from "node:child_process";
import { once } from "node:events";
import { fstatSync } from "node:fs";
import { constants } from "node:os";
import { isatty } from "node:tty";
import { Output } from "../../output.ts";
import { printMessage } from "../../print.ts";
import { OutputPipes } from "../../runner/output/output-pipes.ts";
import { StepOutput } from "../../runner/output/step-output.ts";
import { settlesWithin } from "../../runner/process/waiting.ts";
import { Copy } from "./copy.ts";
import { forwardSignals } from "./forward-signals.ts";
import type { ChildProcess } from "node:child_process";
import type { StepResult, StepRunOptions } from "../../runner/process/run-step.ts";
import type { CastRun } from "./cast-run.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The exit codes of shells for a command that cannot be executed, or does not exist. */
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

/** Reading stops when the processes that the command has left running are silent for this time, in milliseconds. */
const DRAIN = 1000;

/** Runs a command with the terminal of this process, and copies its output to stdout and stderr. */
export function runCommand(program: string, args: readonly string[], env: Environment): CastRun {
  let child: ChildProcess | undefined;
  let exitCode = 0;
  let pending: NodeJS.Signals | undefined;
  const signals = forwardSignals((signal, isOfTerminal) => {
    if (child === undefined) pending = signal;
    // The terminal has sent it to the command as well.
    else if (!isOfTerminal) child.kill(signal);
  });

  const run = async (options: StepRunOptions): Promise<StepResult> => {
    // One pipe keeps the order of writing. It needs the same target for stdout and stderr.
    const pipes = await OutputPipes.open(isSameFile(1, 2) ? "merged" : "separate");
    const [, ...outputs] = pipes.stdio;
    const started = spawn(program, args, { stdio: ["inherit", ...outputs], env: commandEnvironment(env) });
    child = started;
    // A signal that arrived before the command was started.
    if (pending !== undefined) started.kill(pending);
    const ended = once(started, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
    if (started.pid === undefined) {
      const reason = await ended.then(String, (error: NodeJS.ErrnoException) => {
        exitCode = error.code === "ENOENT" ? NOT_FOUND : NOT_EXECUTABLE;
        return error.code === "ENOENT" ? "there is no such program on PATH" : error.message;
      });
      pipes.close();
      printMessage(`Cannot run ${program}: ${reason}`);
      return { type: "not-started", reason };
    }
    const copies = pipes.sources(started).map(({ stream, reader }) => {
      const target = stream === "stdout" ? process.stdout : process.stderr;
      const copy: Copy = new Copy(reader, new Output(target, env, () => copy.stop()));
      return { stream, reader: copy.reader, copy };
    });
    const output = new StepOutput(copies, options.onLines, options.mask, options.onRead);
    const [code, signal] = await ended;
    exitCode = code ?? 128 + constants.signals[signal ?? "SIGKILL"];
    await drain(output, copies.map(({ copy }) => copy));
    if (code === 0) return { type: "succeeded" };
    return code === null ? { type: "killed", signal: String(signal) } : { type: "failed", exitCode: code };
  };
  return {
    run,
    get exitCode() {
      return exitCode;
    },
    interrupted: signals.interrupted,
    end: signals.end,
  };
}

/** Reads the rest of the output. Processes that the command has left running may hold it open. */
async function drain(output: StepOutput, copies: readonly Copy[]): Promise<void> {
  let read = -1;
  while (read !== output.bytesRead || copies.some(({ isBlocked }) => isBlocked)) {
    read = output.bytesRead;
    if (await settlesWithin(output.ended, DRAIN)) return;
  }
  for (const copy of copies) copy.stop();
  await output.ended;
}

/** The environment of the command: with colours and the width of the terminal, which a pipe does not have. */
function commandEnvironment(env: Environment): NodeJS.ProcessEnv {
  const hasChosen = ["NO_COLOR", "FORCE_COLOR"].some((name) => (env[name] ?? "") !== "");
  const { isTTY, columns } = process.stdout;
  if (!isTTY || hasChosen || env["TERM"] === "dumb") return env;
  const width = columns > 0 ? { COLUMNS: String(columns) } : {};
  return { ...width, ...env, FORCE_COLOR: "1", CLICOLOR_FORCE: "1" };
}

/** Whether two descriptors are the same terminal, file or pipe. */
function isSameFile(one: number, other: number): boolean {
  try {
    const [first, second] = [fstatSync(one), fstatSync(other)];
    return first.dev === second.dev && first.ino === second.ino && (first.rdev === second.rdev || isatty(one));
  } catch {
    return false;
  }
}
