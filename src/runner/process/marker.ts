import { randomBytes } from "node:crypto";
import { readFile, readdir, stat } from "node:fs/promises";
import { hasEnded, readProcessStat } from "./proc-stat.ts";
import { settlesWithin } from "./waiting.ts";
import type { ProcessStat } from "./proc-stat.ts";

/** The environment variable that marks every process of a build. Its value is the build's cookie. */
export const COOKIE_VARIABLE = "TAILCAST_BUILD";

/**
 * How long reading the environment of one process may take, in milliseconds. It never ends if that process hangs in the
 * kernel.
 */
const READ_TIMEOUT = 500;

/** The pids whose environment is being read. A read that never ends blocks a thread, so each pid has only one. */
const reads = new Set<string>();

/** Makes a new cookie: 32 hexadecimal digits that cannot be guessed and that no other process has by chance. */
export function createCookie(): string {
  return randomBytes(16).toString("hex");
}

/** Whether a value has the form of a cookie. Check stored cookies: an empty one could match processes of others. */
export function isCookie(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{32}$/.test(value);
}

/**
 * Finds the processes that carry a cookie, wherever they are: children inherit it, and neither another session nor the
 * end of the parent removes it. Only processes of this user, never this one. It does not find programs that were
 * started with another environment, or that overwrite their own, as some servers do to show a title. Linux only; on
 * other systems it finds nothing.
 *
 * @param visit - Called for each process as soon as it is found.
 */
export async function findByCookie(cookie: string, visit: (found: ProcessStat) => void): Promise<void> {
  const mark = `${COOKIE_VARIABLE}=${cookie}`;
  // One at a time: thousands of simultaneous reads would use up the file descriptors of a server.
  for (const name of await readdir("/proc").catch(() => [])) {
    const pid = Number(name);
    if (!Number.isSafeInteger(pid) || pid === process.pid) continue;
    const environment = await readEnvironment(name);
    if (!environment.split("\0").includes(mark) || !(await isOwn(name))) continue;
    const seen = readProcessStat(pid);
    if (seen !== undefined && !hasEnded(seen)) visit(seen);
  }
}

/** The environment of a process; empty when it has ended, belongs to another user, or hangs. */
async function readEnvironment(pid: string): Promise<string> {
  if (reads.has(pid)) return "";
  reads.add(pid);
  let environment = "";
  const read = readFile(`/proc/${pid}/environ`, "latin1").then(
    (text) => (environment = text),
    () => undefined,
  );
  await settlesWithin(
    read.finally(() => reads.delete(pid)),
    READ_TIMEOUT,
  );
  return environment;
}

/** Whether a process belongs to this user. Root can read every environment, and a process can change its user. */
async function isOwn(pid: string): Promise<boolean> {
  return (await stat(`/proc/${pid}`).catch(() => undefined))?.uid === process.geteuid?.();
}
