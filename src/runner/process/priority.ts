import { readFileSync, writeFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/** How much sooner than this server the kernel ends a build when memory is short, of 1000. */
const OOM_SHIFT = 500;
const MAX_OOM_SCORE = 1000;

/**
 * Makes a process that was just started give way to this server, for the processor and, on Linux, for memory. What it
 * starts from then on inherits both. A command that starts another one within its first fraction of a millisecond is
 * faster than this, and that one keeps the server's own values. Failing is no reason not to build.
 *
 * @param nice From 0 to 19; never makes it more urgent than this server.
 */
export function giveWay(pid: number, nice: number): void {
  attempt(() => {
    const own = Number(readFileSync("/proc/self/oom_score_adj", "latin1"));
    // Where this server is protected, that is not for its builds.
    const score = Math.min(Math.max(own, 0) + OOM_SHIFT, MAX_OOM_SCORE);
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(score));
  });
  attempt(() => {
    if (nice > getPriority()) setPriority(pid, nice);
  });
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // It has ended already, or the system knows no such thing, or forbids it.
  }
}
