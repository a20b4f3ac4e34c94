import { describeLoss, lostRecord } from "../runner/lost-build.ts";
import { endOrphans } from "../runner/process/orphans.ts";
import { openFolder } from "../runner/project/project.ts";
import { FileHistory } from "../channel/history/file-history.ts";
import { readStoredLog } from "./stored-log.ts";
import type { BuildQueue } from "../runner/build-queue.ts";
import type { BuildStore, StoredBuild } from "../runner/store/build-store.ts";
import type { BuildRecord } from "../runner/record.ts";
import type { StreamRegistry } from "./stream-registry.ts";

/** How long processes of a server that was killed get between SIGTERM and SIGKILL, in milliseconds. */
const ORPHAN_GRACE = 2000;

/** What takes over the builds of an earlier server. */
export interface Recovery {
  readonly store: BuildStore;
  readonly streams: StreamRegistry;
  readonly queue: BuildQueue;
  /** Only projects in or below these directories may be built. */
  readonly roots: readonly string[];
  /** Told of what cannot be taken over. */
  readonly onProblem: (problem: string) => void;
}

/** What is taken over of one build. */
interface Remains extends Pick<StoredBuild, "record" | "plan"> {
  /** How many lines of it were given out. */
  readonly lineCount?: number;
}

/**
 * Takes over what an earlier server has left, however it ended. Builds that had ended are known again. Those that waited
 * wait again. Those that ran are `lost`: what is left of their processes is ended, and their log says so and ends.
 */
export async function recoverBuilds(recovery: Recovery): Promise<void> {
  const { store, queue, onProblem } = recovery;
  // All at once: each may have to wait for processes.
  const taken = Array.from(await store.load(onProblem), ([id, stored]) => {
    return takeOver(recovery, id, stored).catch((error: unknown) => {
      report(recovery, id, error);
      return undefined;
    });
  });
  for (const build of await Promise.all(taken)) {
    if (build !== undefined) await queue.restore(build.record, build.plan ?? undefined, build.lineCount);
  }
  queue.start();
}

async function takeOver(recovery: Recovery, id: string, stored: StoredBuild | undefined): Promise<Remains | undefined> {
  if (stored !== undefined && stored.record.finishedAt !== null) return { record: stored.record, plan: null };
  // First: whatever else goes wrong, they must not go on.
  const said = await endProcesses(stored);
  try {
    return await readLog(recovery, id, stored, said);
  } catch (error) {
    if (stored === undefined) throw error;
    report(recovery, id, error);
    const record = lostRecord(stored.record, describeLoss(stored.record), new Date().toISOString());
    return settle(recovery, record);
  }
}

/** @param said - What is to be said of its processes. */
async function readLog(
  recovery: Recovery,
  id: string,
  stored: StoredBuild | undefined,
  said: readonly string[],
): Promise<Remains | undefined> {
  const { store, streams, roots } = recovery;
  const history = await FileHistory.open(store.logPath(id), id);
  const log = await readStoredLog(history).catch(async (error: unknown) => {
    await history.close();
    throw error;
  });
  // The log is written first, so it knows at least as much.
  const record = log.record ?? stored?.record;
  if (record === undefined || record.finishedAt !== null) {
    await history.close();
    if (record !== undefined) return settle(recovery, record);
    // Its server was killed before anybody was told of it.
    await store.remove(id);
    return undefined;
  }
  streams.resume(id, history);
  const isWaiting = stored !== undefined && stored.plan !== null && stored.cookie === null;
  const obstacle = isWaiting ? await whyNotBuilt(record, roots) : describeLoss(record);
  // It may have begun to run, and given out lines, but no command was started.
  if (isWaiting && obstacle === undefined) return { ...stored, lineCount: log.lineCount };
  const time = new Date().toISOString();
  const end = lostRecord(record, obstacle ?? "", time);
  let number = log.lineCount;
  try {
    for (const text of [...said, String(end.message)]) {
      await streams.publish({ type: "line", buildId: id, number: ++number, step: null, stream: "system", text, time });
    }
    await streams.publish({ type: "end", build: end });
  } catch (error) {
    report(recovery, id, error);
  }
  return settle(recovery, end);
}

/** Stores how a build has ended. When that cannot be, the next process finds out again. */
async function settle(recovery: Recovery, record: BuildRecord): Promise<Remains> {
  await recovery.store.save(record.id, { record, plan: null }).catch((error) => report(recovery, record.id, error));
  return { record, plan: null };
}

function report({ onProblem }: Recovery, id: string, error: unknown): void {
  onProblem(`cannot take over the build ${id}: ${error instanceof Error ? error.message : String(error)}`);
}

/** Ends what the build has left running, and says so. */
async function endProcesses(stored: StoredBuild | undefined): Promise<string[]> {
  if (stored === undefined || stored.cookie === null) return [];
  const { cookie, identity } = stored;
  const { found, areGone } = await endOrphans({ cookie, identity, grace: ORPHAN_GRACE });
  if (found === 0) return [];
  const processes = found === 1 ? "a process" : `${found} processes`;
  return [`${processes} of this build were still running and ${areGone ? "were ended" : "could not all be ended"}`];
}

/** Why a build that waits cannot be built any more. */
async function whyNotBuilt({ projectPath }: BuildRecord, roots: readonly string[]): Promise<string | undefined> {
  try {
    await openFolder(projectPath, roots);
    return undefined;
  } catch (error) {
    return `lost: the server ended while the build was waiting, and now it ${(error as Error).message.replace(/^C/, "c")}`;
  }
}
