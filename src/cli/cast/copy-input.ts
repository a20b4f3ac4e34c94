import { constants } from "node:os";
import { Output } from "../../output.ts";
import { StepOutput } from "../../runner/output/step-output.ts";
import { Copy } from "./copy.ts";
import type { StepResult, StepRunOptions } from "../../runner/process/run-step.ts";
import type { CastRun } from "./cast-run.ts";

/** How long the input may continue after a signal, in milliseconds. */
const REST_TIME = 1000;

/** Copies stdin to stdout. */
export function copyInput(env: Readonly<Record<string, string | undefined>>): CastRun {
  const interruption = new AbortController();
  let exitCode = 0;
  let stop: () => void = () => undefined;
  const output = new Output(process.stdout, env, () => {
    exitCode = 128 + constants.signals.SIGPIPE;
    stop();
  });
  const onSignal = (signal: NodeJS.Signals): void => {
    if (interruption.signal.aborted) stop();
    // The program in front of the pipe receives SIGINT as well, and its last lines arrive now.
    else setTimeout(() => stop(), REST_TIME).unref();
    exitCode = 128 + constants.signals[signal];
    interruption.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    interrupted: interruption.signal,
    get exitCode() {
      return exitCode;
    },
    run: async ({ onLines, mask, onRead }: StepRunOptions): Promise<StepResult> => {
      const copy = new Copy(process.stdin, output);
      stop = () => copy.stop();
      await new StepOutput([{ stream: "stdout", reader: copy.reader }], onLines, mask, onRead).ended;
      if (exitCode === 0) return { type: "succeeded" };
      return { type: "failed", exitCode };
    },
    end: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
