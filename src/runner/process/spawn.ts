import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { describeMissing, findProgram } from "../program/find-program.ts";
import { giveWay } from "./priority.ts";
import { windowsCall } from "../program/windows.ts";
import type { ChildProcess } from "node:child_process";
import type { StepCgroup } from "../cgroup/step-cgroup.ts";
import type { Environment } from "../program/find-program.ts";
import type { OutputStdio } from "../output/output-pipes.ts";
import type { Step } from "../planning/step.ts";

/** A command that runs, as the leader of its own process group. */
export type RunningChild = ChildProcess & { readonly pid: number };

/** The reason why a command cannot run in a directory, as a sentence; `undefined` when it can. */
export async function directoryProblem(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).isDirectory() ? undefined : `${path} is not a directory`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? `the directory ${path} does not exist` : message;
  }
}

/**
 * Starts a step's command: never through a shell, and `detached`, which makes it the leader of a new process group. Its
 * priority is lowered: see {@link giveWay}.
 *
 * @param cgroup - The cgroup that it runs in from its first instruction. Default: that of this process.
 * @returns The reason, as a sentence, when it cannot start.
 */
export async function startStep(
  step: Step,
  env: Environment,
  nice: number,
  stdio: OutputStdio,
  cgroup?: StepCgroup,
): Promise<RunningChild | string> {
  const { cwd } = step;
  const isWindows = process.platform === "win32";
  const call = isWindows ? await windowsCall(step, env) : step;
  if (typeof call === "string") return call;
  const { command, args } = call;
  try {
    const start = (): ChildProcess => {
      // On Windows, "detached" would open a console window.
      return spawn(command, args, { cwd, env, stdio, shell: false, detached: !isWindows, windowsHide: true });
    };
    const child = cgroup === undefined ? start() : cgroup.start(start);
    // Emitted when no process was started, and later when a signal fails, which the process group handles.
    child.on("error", () => undefined);
    if (hasStarted(child)) {
      giveWay(child.pid, nice);
      return child;
    }
    const [error] = (await once(child, "error")) as [Error];
    return await startProblem(command, env, error);
  } catch (error) {
    return await startProblem(command, env, error as Error);
  }
}

function hasStarted(child: ChildProcess): child is RunningChild {
  return child.pid !== undefined;
}

async function startProblem(command: string, env: Environment, error: NodeJS.ErrnoException): Promise<string> {
  if (error.code === "EACCES") return `${command} is not an executable file`;
  if (error.code !== "ENOENT") return error.message;
  const isName = !command.includes("/");
  if (isName && (await findProgram(command, env)) === undefined) return describeMissing(command);
  return `${command} does not exist, or the interpreter that its first line names does not`;
}
