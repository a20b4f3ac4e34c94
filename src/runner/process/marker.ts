import { randomBytes } from "node:crypto";
import { readFile, readdir, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { hasEnded, readProcessStat } from "./proc-stat.ts";
import type { ProcessStat } from "./proc-stat.ts";

/** The environment variable that marks every process of a build. Its value is the build's cookie. */
export const COOKIE_VARIABLE = "TAILCAST_BUILD";

/**
 * How long the search may take, in milliseconds. It takes about 0.2 ms for each process; but to read the environment of
 * one that hangs in the kernel can block for ever.
 */
const SEARCH_TIMEOUT = 5000;

/** Makes a new cookie: 32 hexadecimal digits that nobody can guess, and so nobody else carries by chance. */
export function createCookie(): string {
  return randomBytes(16).toString("hex");
}

/** Whether a text has the form of a cookie. To be asked of what was stored: an empty one could fit a stranger. */
export function isCookie(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{32}$/.test(value);
}

/**
 * Finds the processes that carry a cookie, wherever they went: children inherit it, and neither a session of their own
 * nor the end of their parents takes it away. Only processes of this user, and never this one. What it cannot see are
 * programs that were started with another environment, or write over their own, as some servers do to show a title.
 * Linux only; elsewhere it finds nothing.
 */
export async function findByCookie(cookie: string): Promise<readonly ProcessStat[]> {
  const found: ProcessStat[] = [];
  const over = new AbortController();
  const timeout = delay(SEARCH_TIMEOUT, undefined, { signal: over.signal }).catch(() => undefined);
  await Promise.race([search(`${COOKIE_VARIABLE}=${cookie}`, found, over.signal), timeout]);
  over.abort();
  return [...found];
}

/** One after the other: it is in no hurry, and must not take all file descriptors of a server for thousands. */
async function search(mark: string, found: ProcessStat[], over: AbortSignal): Promise<void> {
  for (const name of await readdir("/proc").catch(() => [])) {
    if (over.aborted) return;
    const pid = Number(name);
    if (!Number.isSafeInteger(pid) || pid === process.pid) continue;
    // These fail for processes that end meanwhile, and for other users'.
    const environment = await readFile(`/proc/${name}/environ`, "latin1").catch(() => "");
    if (!environment.split("\0").includes(mark) || !(await isOwn(name))) continue;
    const seen = readProcessStat(pid);
    if (seen !== undefined && !hasEnded(seen)) found.push(seen);
  }
}

/** Root may read everybody's environment, and an own process may have become somebody else's. */
async function isOwn(pid: string): Promise<boolean> {
  return (await stat(`/proc/${pid}`).catch(() => undefined))?.uid === process.geteuid?.();
}
