import { MAX_DELAY, checkInteger, checkValue, kinds } from "../../check-options.ts";
import { invalidOption } from "../../error.ts";
import { endInBackground, endProcesses, unique } from "./terminate.ts";
import { findByCookie, isCookie } from "./marker.ts";
import { exists } from "./identity.ts";
import { liveMembers } from "./proc-stat.ts";
import type { ProcessIdentity } from "./identity.ts";
import type { ProcessStat } from "./proc-stat.ts";
import type { FindProcesses } from "./terminate.ts";

/** How to find the processes of a build whose server was killed: see {@link endOrphans}. */
export interface OrphanSearch {
  /** The cookie that `BuildQueueOptions.onStart` received. */
  cookie: string;
  /** The last identity that `BuildQueueOptions.onSpawn` received. `null` or missing: only the cookie is used. */
  identity?: ProcessIdentity | null | undefined;
  /** The time that the processes get between SIGTERM and SIGKILL, in milliseconds. Default 5000. */
  grace?: number | undefined;
}

/** The result of {@link endOrphans}. */
export interface OrphanReport {
  /** The number of processes of the build that were still running. */
  readonly found: number;
  /** Whether all of them are gone now. */
  readonly areGone: boolean;
  /** Resolves with whether all of them are gone, for up to an hour of further attempts. Never rejects. */
  readonly gone: Promise<boolean>;
}

/**
 * Ends the processes that a build has left running when its server was killed: those that carry its cookie in their
 * environment, and those in the process group of the stored identity, as long as its leader is still the same process.
 * Another process with the same pid, in this boot or a later one, is not touched. Linux only; on other systems nothing
 * is found.
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the option.
 */
export async function endOrphans(search: OrphanSearch): Promise<OrphanReport> {
  const { cookie, identity } = checkValue("search", search, kinds.object);
  const grace = checkInteger("grace", search.grace ?? 5000, { min: 0, max: MAX_DELAY });
  if (!isCookie(cookie)) throw invalidOption("cookie", "it must be 32 hexadecimal digits");
  if (identity !== undefined && identity !== null && !isIdentity(identity)) {
    throw invalidOption("identity", "it must be an object with pid, startTime and bootId");
  }
  const find: FindProcesses = async (visit) => {
    for (const member of identity ? await membersOf(identity) : []) visit(member);
    await findByCookie(cookie, visit);
  };
  const seen: ProcessStat[] = [];
  await find((each) => void seen.push(each));
  const found = unique(seen);
  const areGone = found.length === 0 || (await endProcesses(find, { found, grace }));
  const gone = areGone ? Promise.resolve(true) : endInBackground(find);
  return { found: found.length, areGone, gone };
}

/** The members of a process group. Its number is reliable only as long as its leader exists. */
async function membersOf(leader: ProcessIdentity): Promise<readonly ProcessStat[]> {
  if (!exists(leader)) return [];
  const members: ProcessStat[] = [];
  for await (const member of liveMembers(leader.pid)) if (member.pid !== process.pid) members.push(member);
  return exists(leader) ? members : [];
}

function isIdentity(value: unknown): value is ProcessIdentity {
  const { pid, startTime, bootId } = Object(value) as Record<string, unknown>;
  return Number.isSafeInteger(pid) && Number.isSafeInteger(startTime) && typeof bootId === "string";
}
