import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";
import type { TestContext } from "node:test";

/**
 * Records the promise-based delays of the code under test. The returned list grows with each delay that has elapsed.
 *
 * @param longest - The maximum length of a delay in milliseconds: longer ones are shortened to it.
 */
export function watchDelays(t: TestContext, longest = Infinity): readonly number[] {
  const original = timers.setTimeout;
  const elapsed: number[] = [];
  const replacement: typeof original = async (milliseconds, value, options) => {
    const result = await original(Math.min(milliseconds ?? 1, longest), value, options);
    elapsed.push(milliseconds ?? 1);
    return result;
  };
  t.mock.method(timers, "setTimeout", replacement);
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  return elapsed;
}
