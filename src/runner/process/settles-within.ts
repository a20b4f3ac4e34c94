import { setTimeout as delay } from "node:timers/promises";

/** Resolves with whether `promise` settles before the time is over and before `signal` aborts. */
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
