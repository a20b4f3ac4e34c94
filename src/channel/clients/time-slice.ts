import { performance } from "node:perf_hooks";

/** The time for which streams may send before other work of the process can run, in milliseconds. */
const SLICE = 10;

/** The start of the current slice. All streams share it, because they share the turn of the event loop. */
let startedAt = performance.now();
let nextTurn: Promise<void> | undefined;

/**
 * Returns a promise for the next turn of the event loop if streams have sent for a whole slice, otherwise `undefined`.
 * With a fast source and a fast client, sending is a loop of promises, which would block timers and all other requests.
 */
export function pauseAfterSlice(): Promise<void> | undefined {
  if (nextTurn !== undefined || performance.now() - startedAt < SLICE) return nextTurn;
  nextTurn = new Promise((resolve) => {
    setImmediate(() => {
      nextTurn = undefined;
      startedAt = performance.now();
      resolve();
    });
  });
  return nextTurn;
}
