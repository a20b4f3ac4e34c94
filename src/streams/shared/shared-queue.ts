import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { TailcastError } from "../../error.ts";
import { createBuildId } from "../../runner/build-id.ts";
import { estimateDuration } from "../../runner/estimate.ts";
import { PLAN_STEP, isDraft } from "../../runner/planning/plan-draft.ts";
import { pendingStep, queuedRecord } from "../../runner/record.ts";
import { describeLoss, lostRecord } from "../../runner/store/lost-build.ts";
import { endOf, readEndedBuild, readSharedBuild } from "./stored-build.ts";
import type { SharedLog } from "../../channel/history/shared-log.ts";
import type { PlanRequest } from "../../runner/planning/build-planner.ts";
import type { Plan } from "../../runner/planning/plan.ts";
import type { PlanDraft } from "../../runner/planning/plan-draft.ts";
import type { BuildRecord } from "../../runner/record.ts";
import type { BuildJob, BuildJobs } from "./build-jobs.ts";
import type { BuildPublisher } from "./build-publisher.ts";
import type { BuildStates } from "./build-states.ts";
import type { LogStore } from "./log-store.ts";

/** How long the queue may have the job of a build after its end, in milliseconds, and the time between two checks. */
const MAX_RELEASE = 1000;
const RELEASE_CHECK = 20;

/** The parts of a {@link SharedQueue}. */
export interface SharedQueueParts {
  readonly logs: LogStore;
  readonly jobs: BuildJobs;
  readonly states: BuildStates;
  readonly publisher: BuildPublisher;
  /** The log with the requests to cancel builds. */
  readonly cancellations: SharedLog;
  readonly queueLimit: number;
}

/** The queue of builds that builders in other processes run. */
export class SharedQueue {
  readonly #parts: SharedQueueParts;
  /** The builds that had no job at the last call of {@link endAbandoned}. */
  #withoutJob: ReadonlySet<string> = new Set();

  constructor(parts: SharedQueueParts) {
    this.#parts = parts;
  }

  /** Accepts a build: resolves when the logs and the queue of jobs have it. */
  async add(plan: Plan | PlanDraft, request: PlanRequest): Promise<BuildRecord> {
    const { states, queueLimit } = this.#parts;
    for (const { id, projectPath, finishedAt } of states.list()) {
      const isTwin = finishedAt === null && projectPath === plan.projectPath;
      if (isTwin && !(await this.#hasEnded(id))) throw alreadyBuilding(plan, id);
    }
    const builds = states.list();
    const waiting = builds.filter(({ status }) => status === "queued").length;
    if (waiting >= queueLimit) {
      throw refusal("QUEUE_FULL", `the queue is full (${waiting} builds); try again later`);
    }
    const build = queuedRecord(plan, {
      id: createBuildId(),
      steps: isDraft(plan) ? [pendingStep(PLAN_STEP, "")] : plan.steps.map(({ name }) => pendingStep(name, "")),
      estimatedDuration: estimateDuration(plan, builds),
      queuedAt: new Date().toISOString(),
    });
    await this.#publish(build);
    const job = { build, request: { ...request, projectPath: plan.projectPath } };
    const accepted = await this.#enqueue(job).catch(async (error: unknown) => {
      await this.#end(build, "lost", "lost: the build could not be queued").catch(() => undefined);
      throw error;
    });
    if (accepted === build.id) return build;
    await this.#end(build, "cancelled", "cancelled: the queue of jobs has another build of the project");
    if (await this.#hasEnded(accepted)) {
      const reason = `the builder of ${plan.projectName} has not released its last build; try again later`;
      throw refusal("ALREADY_BUILDING", reason, accepted);
    }
    throw alreadyBuilding(plan, accepted);
  }

  /** Resolves at once: `add` resolves only when the build is stored. */
  async stored(): Promise<void> {}

  /** Resolves with the state of a build. */
  async get(id: string): Promise<BuildRecord> {
    return this.#parts.states.get(id);
  }

  list(): BuildRecord[] {
    return this.#parts.states.list();
  }

  /** Cancels a build. If no builder has taken it, it has ended when this resolves. */
  async cancel(id: string): Promise<BuildRecord> {
    const { jobs, cancellations } = this.#parts;
    const build = await this.get(id);
    if (build.finishedAt !== null) {
      throw new TailcastError("BUILD_ENDED", `Cannot cancel the build: it has already ended (${build.status})`);
    }
    if (build.status === "queued" && (await jobs.remove(id))) {
      return this.#end(build, "cancelled", "cancelled before it started");
    }
    await cancellations.publish({ event: "cancel", data: id });
    return this.get(id);
  }

  async inputs(id: string): Promise<PlanRequest> {
    const { projectPath, script, install, color, variables: names } = await this.get(id);
    const variables = names.length === 0 ? undefined : (await this.#parts.jobs.find(id))?.request.variables;
    if (names.length > 0 && variables === undefined) {
      const reason = `the values of its variables (${names.join(", ")}) are not stored; start a new build with them`;
      throw new TailcastError("MISSING_VARIABLES", `Cannot repeat the build: ${reason}`);
    }
    const inputs = { script: script ?? undefined, install: install ?? undefined, color: color ?? undefined };
    return { projectPath, ...inputs, variables };
  }

  /**
   * Ends builds that have no job, now and at the last call, for example because a process ended between two steps of
   * accepting a build.
   */
  async endAbandoned(): Promise<void> {
    const { jobs, states } = this.#parts;
    const withoutJob = new Set<string>();
    for (const { id, finishedAt } of states.list()) {
      if (finishedAt === null && (await jobs.find(id)) === undefined) withoutJob.add(id);
    }
    const abandoned = [...withoutJob].filter((id) => this.#withoutJob.has(id));
    this.#withoutJob = withoutJob;
    for (const id of abandoned) {
      const build = await states.find(id);
      if (build !== undefined) await this.#endAbandoned(build);
    }
  }

  async #endAbandoned(build: BuildRecord): Promise<void> {
    const { logs, publisher } = this.#parts;
    const { record = build } = await readSharedBuild(logs, build.id);
    if (record.finishedAt !== null) await publisher.repeatEnd(record);
    else await this.#end(record, "lost", describeLoss(record));
  }

  /**
   * Adds a job. For a moment after the end of a build, the queue still has the job of that build, although a client may
   * have seen the end. The job is then added again.
   */
  async #enqueue(job: BuildJob): Promise<string> {
    const start = performance.now();
    for (;;) {
      const accepted = await this.#parts.jobs.add(job);
      if (accepted === job.build.id || performance.now() - start > MAX_RELEASE) return accepted;
      if (!(await this.#hasEnded(accepted))) return accepted;
      await sleep(RELEASE_CHECK);
    }
  }

  /** Whether a build has ended. Reads the build's own log, since the states in this process may be older. */
  async #hasEnded(id: string): Promise<boolean> {
    const { logs, states } = this.#parts;
    const known = await states.find(id);
    if (known !== undefined && known.finishedAt !== null) return true;
    const build = await readEndedBuild(logs, id);
    if (build !== undefined) states.note({ type: "end", build });
    return build !== undefined;
  }

  async #publish(build: BuildRecord): Promise<void> {
    const { publisher, states } = this.#parts;
    try {
      await publisher.publish({ type: "build", build });
    } finally {
      // The builder continues the log.
      await publisher.release(build.id);
    }
    states.note({ type: "build", build });
  }

  /** Ends a build that no builder runs. */
  async #end(build: BuildRecord, status: "lost" | "cancelled", message: string): Promise<BuildRecord> {
    const { logs, publisher, states } = this.#parts;
    const { lineCount } = await readSharedBuild(logs, build.id);
    const record = { ...lostRecord(build, message, new Date().toISOString()), status };
    for (const event of endOf(record, lineCount)) await publisher.publish(event);
    states.note({ type: "end", build: record });
    return record;
  }
}

function alreadyBuilding({ projectName }: Pick<Plan, "projectName">, buildId: string): TailcastError {
  const reason = `${projectName} is already being built; follow or cancel that build`;
  return refusal("ALREADY_BUILDING", reason, buildId);
}

function refusal(code: "ALREADY_BUILDING" | "QUEUE_FULL", reason: string, buildId?: string): TailcastError {
  return new TailcastError(code, `Cannot accept the build: ${reason}`, buildId === undefined ? {} : { buildId });
}
