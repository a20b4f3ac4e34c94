import { randomBytes } from "node:crypto";
import { readFile, readdir, stat } from "node:fs/promises";
import { hasEnded, readProcessStat } from "./proc-stat.ts";
import { settlesWithin } from "./waiting.ts";
import type { ProcessStat } from "./proc-stat.ts";

/** The environment variable that marks every process of a build. Its value is the build's cookie. */
export const COOKIE_VARIABLE = "TAILCAST_BUILD";

/** How long reading the environment of one process may take, in milliseconds; if it hangs in the kernel, that never ends. */
const READ_TIMEOUT = 500;

/** The pids whose environment is being read. A read that never ends blocks a thread, so there is only one of each. */
const reads = new Set<string>();

/** Makes a new cookie: 32 hexadecimal digits that cannot be guessed and that no other process has by chance. */
export function createCookie(): string {
  return randomBytes(16).toString("hex");
}

/** Whether a value has the form of a cookie. Check stored ones: an empty one could match the process of a stranger. */
export function isCookie(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{32}$/.test(value);
}

/**
 * Finds the processes that carry a cookie, wherever they are: children inherit it, and neither another session nor the
 * end of the parent removes it. Only processes of this user, never this one. It cannot see programs that were started
 * with another environment, or that overwrite their own, as some servers do to show a title. Linux only; elsewhere it
 * finds nothing.
 *
 * @param visit - Called for each process as soon as it is found.
 */
export async function findByCookie(cookie: string, visit: (found: ProcessStat) => void): Promise<void> {
  const mark = `${COOKIE_VARIABLE}=${cookie}`;
  // One after the other: thousands at once would take all file descriptors of a server.
  for (const name of await readdir("/proc").catch(() => [])) {
    const pid = Number(name);
    if (!Number.isSafeInteger(pid) || pid === process.pid) continue;
    const environment = await readEnvironment(name);
    if (!environment.split("\0").includes(mark) || !(await isOwn(name))) continue;
    const seen = readProcessStat(pid);
    if (seen !== undefined && !hasEnded(seen)) visit(seen);
  }
}

/** Empty for processes that have ended, that belong to other users, or that hang. */
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

/** Root can read every environment, and a process of this user may have become another user's. */
async function isOwn(pid: string): Promise<boolean> {
  return (await stat(`/proc/${pid}`).catch(() => undefined))?.uid === process.geteuid?.();
}
