import { continueBuildIds } from "../runner/build-id.ts";
import { describeLoss, describeLossInQueue, lostRecord } from "../runner/store/lost-build.ts";
import { endOrphans } from "../runner/process/orphans.ts";
import { FileHistory } from "../channel/history/file-history.ts";
import { readStoredLog } from "./stored-log.ts";
import type { BuildQueue } from "../runner/build-queue.ts";
import type { BuildPlanner } from "../runner/planning/build-planner.ts";
import type { Plan } from "../runner/planning/plan.ts";
import type { PlanDraft } from "../runner/planning/plan-draft.ts";
import type { BuildStore, StoredBuild } from "../runner/store/build-store.ts";
import type { BuildRecord } from "../runner/record.ts";
import type { StreamRegistry } from "./stream-registry.ts";

/** The time between SIGTERM and SIGKILL for the processes of a killed server, in milliseconds. */
const ORPHAN_GRACE = 2000;

/** The objects that recovery needs. */
export interface Recovery {
  readonly store: BuildStore;
  readonly streams: StreamRegistry;
  readonly queue: BuildQueue;
  /** Plans a queued build again, with the same checks as for a request. */
  readonly plan: BuildPlanner;
  /** Called with a sentence about each build that cannot be taken over. */
  readonly onProblem: (problem: string) => void;
  /** Called with each build that is lost. */
  readonly onLost: (build: BuildRecord) => void;
}

/** The recovered state of one build: its end, or a build that is still queued. */
interface Remains {
  readonly record: BuildRecord;
  /** Present for a build that is still queued. */
  readonly plan?: Plan | PlanDraft;
  /** The number of emitted lines. */
  readonly lineCount?: number;
}

/**
 * Takes over the builds of an earlier server, after a clean end or a kill. Ended builds are restored. Queued builds are
 * planned and queued again. Running builds become `lost`: their processes are terminated, and their logs end with a
 * line about this.
 */
export async function recoverBuilds(recovery: Recovery): Promise<void> {
  const { store, streams, queue, onProblem } = recovery;
  continueBuildIds(await store.ids());
  // Builds are recovered in parallel, because each may have to wait for processes.
  const recovered = Array.from(await store.load(onProblem), ([id, stored]) => {
    return recoverBuild(recovery, id, stored).catch((error: unknown) => {
      report(recovery, id, error);
      return undefined;
    });
  });
  for (const remains of await Promise.all(recovered)) {
    if (remains !== undefined) await queue.restore(remains.record, remains.plan, remains.lineCount);
  }
  streams.endRecovery();
  queue.start();
}

async function recoverBuild(
  recovery: Recovery,
  id: string,
  stored: StoredBuild | undefined,
): Promise<Remains | undefined> {
  // End the processes first: they must not continue, even if another step fails. A finished build has a cookie only if
  // some of its processes were still running.
  const { notes, gone } = await endRemaining(stored);
  const remains = await recoverRecord(recovery, id, stored, notes);
  // Do this only after the end is stored: a queued build without a cookie would run again.
  if (remains?.record.finishedAt != null) void forgetProcesses(recovery, id, gone);
  return remains;
}

async function recoverRecord(
  recovery: Recovery,
  id: string,
  stored: StoredBuild | undefined,
  notes: readonly string[],
): Promise<Remains | undefined> {
  if (stored !== undefined && stored.record.finishedAt !== null) return { record: stored.record };
  try {
    return await recoverLog(recovery, id, stored, notes);
  } catch (error) {
    if (stored === undefined) throw error;
    report(recovery, id, error);
    const record = lostRecord(stored.record, describeLoss(stored.record), new Date().toISOString());
    return saveEnd(recovery, record);
  }
}

/** @param notes - Sentences about its processes, for the log. */
async function recoverLog(
  recovery: Recovery,
  id: string,
  stored: StoredBuild | undefined,
  notes: readonly string[],
): Promise<Remains | undefined> {
  const { store, streams } = recovery;
  const history = await FileHistory.open(store.logPath(id), id);
  const log = await readStoredLog(history).catch(async (error: unknown) => {
    await history.close();
    throw error;
  });
  // The log is written first, so it is at least as new as the state.
  const record = log.record ?? stored?.record;
  if (record === undefined || record.finishedAt !== null) {
    await history.close();
    if (record !== undefined) return saveEnd(recovery, record);
    // The server was killed before any client could receive this build.
    await store.remove(id);
    return undefined;
  }
  streams.resume(id, history, log.index);
  // The log may already contain the start of the build, but no command starts before a cookie is stored.
  const isQueued = stored?.record.status === "queued" && stored.cookie === null;
  const planOrLoss = isQueued ? await planAgain(recovery, stored.record) : describeLoss(record);
  if (typeof planOrLoss !== "string") {
    return { record: stored?.record ?? record, plan: planOrLoss, lineCount: log.lineCount };
  }
  const end = lostRecord(record, planOrLoss, new Date().toISOString());
  await publishEnd(recovery, end, log.lineCount, [...notes, planOrLoss]);
  return saveEnd(recovery, end);
}

/** Drafts a queued build like a new request. Returns a sentence with the reason if it cannot be built. */
async function planAgain({ plan }: Recovery, record: BuildRecord): Promise<Plan | PlanDraft | string> {
  const { projectPath, script, install, variables, color } = record;
  if (variables.length > 0) {
    return describeLossInQueue(new Error(`the values of its variables are not stored: ${variables.join(", ")}`));
  }
  const inputs = { script: script ?? undefined, install: install ?? undefined, color: color ?? undefined };
  try {
    return await plan({ projectPath, ...inputs });
  } catch (error) {
    return describeLossInQueue(error);
  }
}

/** Publishes the last lines and the end of a build. */
async function publishEnd(
  recovery: Recovery,
  build: BuildRecord,
  lineCount: number,
  texts: readonly string[],
): Promise<void> {
  const { streams } = recovery;
  const time = String(build.finishedAt);
  const common = { type: "line", buildId: build.id, step: null, stream: "system", time } as const;
  try {
    for (const [index, text] of texts.entries()) {
      await streams.publish({ ...common, number: lineCount + 1 + index, text });
    }
    await streams.publish({ type: "end", build });
  } catch (error) {
    report(recovery, build.id, error);
  }
}

/** Stores the end of a build. If that fails, the next process recovers the build again. */
async function saveEnd(recovery: Recovery, record: BuildRecord): Promise<Remains> {
  if (record.status === "lost") recovery.onLost(record);
  await recovery.store.save(record.id, { record }).catch((error) => report(recovery, record.id, error));
  return { record };
}

function report({ onProblem }: Recovery, id: string, error: unknown): void {
  onProblem(`cannot take over the build ${id}: ${error instanceof Error ? error.message : String(error)}`);
}

/**
 * Ends the remaining processes of a build. Returns sentences about them for the log, and the promise `gone` for their
 * end, which is `undefined` if the build had no processes.
 */
async function endRemaining(stored: StoredBuild | undefined): Promise<{ notes: string[]; gone?: Promise<boolean> }> {
  if (stored === undefined || stored.cookie === null) return { notes: [] };
  const { cookie, identity } = stored;
  const { found, areGone, gone } = await endOrphans({ cookie, identity, grace: ORPHAN_GRACE });
  if (found === 0) return { notes: [], gone };
  const processes = found === 1 ? "a process" : `${found} processes`;
  const result = areGone ? "were ended" : "could not all be ended";
  return { notes: [`${processes} of this build were still running and ${result}`], gone };
}

/** Removes the stored cookie of a build after all its processes have ended. Until then, the next server may need it. */
async function forgetProcesses({ store }: Recovery, id: string, gone: Promise<boolean> | undefined): Promise<void> {
  // If the write fails, the next server finds no processes, which is harmless.
  if ((await gone) === true) await store.save(id, { cookie: null, identity: null }).catch(() => undefined);
}
