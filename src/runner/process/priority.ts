import { readFileSync, writeFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { attempt } from "../attempt.ts";

/** The difference of the OOM scores of a build and this server, of 1000: the kernel ends builds first. */
const OOM_SHIFT = 500;
const MAX_OOM_SCORE = 1000;

/**
 * Lowers the priority of a process that was just started below that of this server, for the processor and, on Linux,
 * for memory. Processes that it starts inherit both, except those that it starts within the first fraction of a
 * millisecond: they keep the values of the server. Failures are ignored, since the build can run without this.
 *
 * @param nice - From 0 to 19. The process never gets a higher priority than this server.
 */
export function giveWay(pid: number, nice: number): void {
  attempt(() => {
    const own = Number(readFileSync("/proc/self/oom_score_adj", "latin1"));
    // A negative score protects this server. It does not protect its builds.
    const score = Math.min(Math.max(own, 0) + OOM_SHIFT, MAX_OOM_SCORE);
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(score));
  });
  attempt(() => {
    if (nice > getPriority()) setPriority(pid, nice);
  });
}
