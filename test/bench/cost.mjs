import { readFileSync } from "node:fs";

/** Clock ticks per second in `/proc`: 100 on every Linux that Node runs on. */
const TICKS = 100;

/**
 * Reads the CPU time and the memory that a server has used until now. It counts every thread, in user and kernel mode.
 *
 * @param {readonly number[] | undefined} pids - Its processes, read from `/proc` in steps of 10 ms; `undefined` for
 *   this one, read in microseconds.
 * @returns {{ cpu: number, rss: number, peak: number }} CPU in microseconds; memory in bytes.
 */
export function costOf(pids) {
  let cpu = 0;
  let rss = 0;
  let peak = 0;
  for (const pid of pids ?? ["self"]) {
    // After the name in parentheses, which may hold anything: utime and stime are fields 14 and 15 of proc(5).
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
    cpu += ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1e6;
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    rss += Number(/VmRSS:\s+(\d+)/.exec(status)[1]) * 1024;
    peak += Number(/VmHWM:\s+(\d+)/.exec(status)[1]) * 1024;
  }
  if (pids === undefined) {
    const { user, system } = process.cpuUsage();
    cpu = user + system;
  }
  return { cpu, rss, peak };
}
