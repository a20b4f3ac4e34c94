import { BuildQueue } from "../../dist/runner/build-queue.js";
import type { TestContext } from "node:test";
import type { BuildQueueOptions } from "../../dist/runner/build-queue-options.js";
import type { BuildLineEvent } from "../../dist/runner/events.js";
import type { Step } from "../../dist/runner/planning/step.js";
import type { BuildRecord } from "../../dist/runner/record.js";

/** A step that runs a shell script. */
export function shellStep(script: string, change: Partial<Step> = {}): Step {
  return { name: "build", command: "/bin/sh", args: ["-c", script], cwd: process.cwd(), ...change };
}

/** Runs one build to its end. By default its environment has only `PATH`. */
export async function runBuild(
  t: TestContext,
  steps: readonly Step[],
  options: Partial<BuildQueueOptions> = {},
): Promise<{ lines: BuildLineEvent[]; end: BuildRecord; queue: BuildQueue }> {
  const lines: BuildLineEvent[] = [];
  const { promise, resolve } = withResolvers<BuildRecord>();
  const queue = new BuildQueue({
    env: { PATH: process.env["PATH"] },
    ...options,
    onEvent: (event) => {
      if (event.type === "line") lines.push(event);
      else if (event.type === "end") resolve(event.build);
      return options.onEvent?.(event);
    },
  });
  t.after(() => queue.close());
  const projectPath = "/projects/one";
  queue.add({ projectPath, projectName: "one", packageManager: null, reason: "because", warnings: [], steps });
  return { lines, end: await promise, queue };
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}
