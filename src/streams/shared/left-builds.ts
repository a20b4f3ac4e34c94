import { endOrphans } from "../../runner/process/orphans.ts";
import type { BuildStore } from "../../runner/store/build-store.ts";

/** The time between SIGTERM and SIGKILL for the processes of a killed builder, in milliseconds. */
const ORPHAN_GRACE = 2000;

/**
 * Ends the processes on this machine that builds of an earlier builder have left running, and removes these builds from
 * the folder. Another builder marks these builds as lost.
 *
 * @param onError - Called for each build whose files cannot be read.
 */
export async function endLeftBuilds(store: BuildStore, onError: (error: unknown) => void): Promise<void> {
  const stored = await store.load((problem) => onError(new Error(problem)));
  const ended = Array.from(stored, async ([id, build]) => {
    const { cookie = null, identity } = build ?? {};
    if (cookie !== null) await endOrphans({ cookie, identity, grace: ORPHAN_GRACE });
    await store.remove(id);
  });
  await Promise.all(ended);
}
