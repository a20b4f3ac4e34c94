import { MAX_DELAY, checkInteger, checkValue, kinds } from "../../check-options.ts";
import { TailcastError } from "../../error.ts";
import { endProcesses, unique } from "./terminate.ts";
import { findByCookie, isCookie } from "./marker.ts";
import { exists } from "./identity.ts";
import { liveMembers } from "./proc-stat.ts";
import type { ProcessIdentity } from "./identity.ts";
import type { ProcessStat } from "./proc-stat.ts";

/** What is known of a build whose server died: see {@link endOrphans}. */
export interface OrphanSearch {
  /** What `BuildQueueOptions.onStart` gave. */
  cookie: string;
  /** What `BuildQueueOptions.onSpawn` gave at last. `null` or missing: only the cookie counts. */
  identity?: ProcessIdentity | null | undefined;
  /** How long the processes get between SIGTERM and SIGKILL, in milliseconds. Default 5000. */
  grace?: number | undefined;
}

/** What {@link endOrphans} has found. */
export interface OrphanReport {
  /** How many processes of the build were still running. */
  readonly found: number;
  /** Whether all of them are gone now. */
  readonly areGone: boolean;
}

/**
 * Ends what a build has left running when its server was killed. These processes count as the build's: those that carry
 * its cookie in their environment, and those in the process group of the stored identity, as long as its leader is still
 * the same process. Whoever merely has the same pid, in this boot or after another, is left alone. Linux only; elsewhere
 * nothing is found.
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the option.
 */
export async function endOrphans(search: OrphanSearch): Promise<OrphanReport> {
  const { cookie, identity } = checkValue("search", search, kinds.object);
  const grace = checkInteger("grace", search.grace ?? 5000, { min: 0, max: MAX_DELAY });
  if (!isCookie(cookie)) throw invalid("cookie", "32 hexadecimal digits");
  if (identity !== undefined && identity !== null && !isIdentity(identity)) {
    throw invalid("identity", "an object with pid, startTime and bootId");
  }
  const find = async (): Promise<readonly ProcessStat[]> => {
    const members = identity ? await membersOf(identity) : [];
    const carriers = await findByCookie(cookie);
    return unique([...members, ...carriers]);
  };
  const found = await find();
  return { found: found.length, areGone: await endProcesses(found, find, grace) };
}

/** A group's number is certain only as long as its leader exists: then it can be no other's. */
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

function invalid(name: string, wanted: string): TailcastError {
  return new TailcastError("INVALID_OPTION", `Cannot use the option "${name}": it must be ${wanted}`);
}
