import { performance } from "node:perf_hooks";

/** How long streams may send before other work of the process gets a turn, in milliseconds. */
const SLICE = 10;

/** When the current slice of all streams began: they share it, since each turn of the event loop lasts for all. */
let startedAt = performance.now();
let nextTurn: Promise<void> | undefined;

/**
 * The next turn of the event loop if streams have sent for a whole slice, otherwise `undefined`. A source and a client
 * that are both fast make a loop of promises alone, which would block timers and all other requests.
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
