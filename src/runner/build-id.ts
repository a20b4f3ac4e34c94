import { randomInt } from "node:crypto";

const TIME_LENGTH = 9;
const RANDOM_LENGTH = 7;

/** The time of the newest id. Two ids of the same millisecond must differ, and sort in the order of their making. */
let lastTime = 0;

/**
 * Makes the id of a new build: 16 characters out of `0-9a-z`, safe in file names and URLs. The first 9 are the
 * time in base-36 milliseconds, so that ids sort by age; the last 7 are random, so that the time of a build does not
 * reveal its id.
 */
export function createBuildId(): string {
  lastTime = Math.max(Date.now(), lastTime + 1);
  const time = lastTime.toString(36).padStart(TIME_LENGTH, "0");
  const random = randomInt(36 ** RANDOM_LENGTH)
    .toString(36)
    .padStart(RANDOM_LENGTH, "0");
  return time + random;
}

/**
 * Makes new ids sort after the ids of an earlier process, even when the clock was set back since then. Ids in the
 * second half of the range are ignored: no clock made them.
 */
export function continueBuildIds(ids: Iterable<string>): void {
  const limit = 36 ** TIME_LENGTH / 2;
  for (const id of ids) {
    const time = parseInt(id.slice(0, TIME_LENGTH), 36);
    if (time < limit) lastTime = Math.max(lastTime, time);
  }
}

/** Whether `text` has the form of a build's id. Check every id from outside before it becomes part of a file name. */
export function isBuildId(text: string): boolean {
  return /^[0-9a-z]{16}$/.test(text);
}
