import { setTimeout as delay } from "node:timers/promises";

/** How long anything may take before a wait fails, in milliseconds: the machine and the registry may be slow. */
export const PATIENCE = 120_000;

/** Resolves once `test` holds, for states without an event. Fails with the message of `describe`. */
export async function until(test, describe = () => `this never held: ${test}`) {
  const limit = AbortSignal.timeout(PATIENCE);
  while (!(await test())) {
    if (limit.aborted) throw new Error(describe());
    await delay(10);
  }
}
