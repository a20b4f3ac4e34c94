import { setTimeout as delay } from "node:timers/promises";

/** The time between two looks at processes that should end, in milliseconds. */
const POLL_INTERVAL = 50;

/** Resolves with whether `promise` settles within `milliseconds` and before `signal` aborts. */
export async function settlesWithin(
  promise: Promise<unknown>,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const pause = new AbortController();
  const giveUp = signal === undefined ? pause.signal : AbortSignal.any([pause.signal, signal]);
  const timeout = delay(milliseconds, false, { signal: giveUp }).catch(() => false);
  const isSettled = await Promise.race([promise.then(() => true), timeout]);
  pause.abort();
  return isSettled;
}

/** Polls until `check` is true. Resolves with whether that happens within `milliseconds` and before `signal` aborts. */
export async function holdsWithin(
  check: () => boolean | Promise<boolean>,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  while (!(await check())) {
    if (signal?.aborted || performance.now() >= deadline) return false;
    // An abort ends the pause early; the loop then sees it.
    await delay(POLL_INTERVAL, undefined, { signal }).catch(() => undefined);
  }
  return true;
}
