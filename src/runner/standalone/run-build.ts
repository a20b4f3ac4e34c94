import { basename } from "node:path";
import { checkNames, checkValue, kinds } from "../../check-options.ts";
import { BuildQueue } from "../build-queue.ts";
import { checkSource } from "../planning/check-plan.ts";
import { EventIterator } from "./event-iterator.ts";
import type { OptionNames } from "../../check-options.ts";
import type { BuildQueueOptions } from "../build-queue-options.ts";
import type { BuildEvent } from "../events.ts";
import type { Plan } from "../planning/plan.ts";
import type { PlanDraft } from "../planning/plan-draft.ts";
import type { Step } from "../planning/step.ts";
import type { BuildRecord } from "../record.ts";

/** The options of a {@link BuildQueue} that concern a single build. */
type SharedOptions = Pick<
  BuildQueueOptions,
  | "timeout" | "silence" | "nice" | "pids" | "cgroup" | "output" | "killGrace" | "env" | "mask" | "maskValues"
  | "logLimit"
>;

/** The options of {@link runBuild}. */
export interface RunBuildOptions extends SharedOptions {
  /** Cancels the build when it is aborted. */
  signal?: AbortSignal | undefined;
}

/** A build that {@link runBuild} has started. */
export interface RunningBuild extends AsyncIterable<BuildEvent> {
  /** Its current state. */
  readonly record: BuildRecord;
  /** Resolves with the final state when the build has ended. Never rejects. */
  readonly result: Promise<BuildRecord>;
}

const optionNames: OptionNames<RunBuildOptions> = {
  signal: true, timeout: true, silence: true, nice: true, pids: true, cgroup: true, output: true, killGrace: true,
  env: true, mask: true, maskValues: true, logLimit: true,
};

/**
 * Runs steps, one after the other until one fails, and returns the build: its events, and its result.
 *
 * ```js
 * const build = runBuild([{ name: "make", command: "make", args: ["--jobs=2"], cwd: "/srv/demo" }], { signal });
 * for await (const event of build) {
 *   if (event.type === "line") console.log(event.text);
 * }
 * const { status, message } = await build.result;
 * ```
 *
 * The build starts immediately. The command waits while the loop is busy: a slow loop costs time, but no memory. A
 * loop that ends early cancels the build. Without a loop, the events are discarded; a loop that starts in a later turn
 * of the event loop receives the events from then on.
 *
 * Use a `BuildQueue` for many builds: it limits how many run at a time.
 *
 * @param steps - The steps, or a plan of `planBuild`.
 * @throws {TailcastError} `INVALID_OPTION`, naming the option or the property.
 */
export function runBuild(steps: readonly Step[] | Plan | PlanDraft, options: RunBuildOptions = {}): RunningBuild {
  checkNames(options, optionNames);
  const { signal, ...shared } = options;
  if (signal !== undefined) checkValue("signal", signal, kinds.abortSignal);
  const source = isSteps(steps) ? planOf(steps) : steps;
  checkSource(source);
  // The caller may change and pass the same steps again before this build runs them.
  const plan = isSteps(steps) ? { ...source, steps: steps.map(copyOf) } : source;
  let settle: (record: BuildRecord) => void;
  const result = new Promise<BuildRecord>((resolve) => (settle = resolve));
  let id: string | undefined;
  const cancel = (): void => {
    if (id !== undefined && queue.get(id).finishedAt === null) queue.cancel(id);
  };
  const events = new EventIterator(cancel);
  const queue = new BuildQueue({
    ...shared,
    onEvent: (event) => {
      const consumed = events.push(event);
      if (event.type === "line") return consumed;
      if (event.type !== "end") return undefined;
      events.end();
      signal?.removeEventListener("abort", cancel);
      void queue.close().then(() => settle(event.build));
      return undefined;
    },
  });
  id = queue.add(plan).id;
  if (signal?.aborted) cancel();
  // A build without steps has ended already.
  else if (queue.get(id).finishedAt === null) signal?.addEventListener("abort", cancel, { once: true });
  const known = id;
  return {
    get record() {
      return queue.get(known);
    },
    result,
    [Symbol.asyncIterator]: () => events[Symbol.asyncIterator](),
  };
}

/** `Array.isArray` does not narrow the type of a readonly array. */
function isSteps(steps: readonly Step[] | Plan | PlanDraft): steps is readonly Step[] {
  return Array.isArray(steps);
}

function copyOf(step: Step): Step {
  return { ...step, args: [...step.args], ...(step.env === undefined ? {} : { env: { ...step.env } }) };
}

/** The plan of steps that no planner has made. The steps are not checked yet. */
function planOf(steps: readonly Step[]): Plan {
  const cwd: unknown = steps[0]?.cwd;
  const folder = typeof cwd === "string" ? cwd : process.cwd();
  return { projectPath: folder, projectName: basename(folder), packageManager: null, reason: "", warnings: [], steps };
}
