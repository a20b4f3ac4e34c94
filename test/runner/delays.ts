import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";
import type { TestContext } from "node:test";

/**
 * Watches the promised delays of the code under test: returns the lengths of those that ran to their end, as they do.
 *
 * @param longest Delays that are longer take only that long. In milliseconds.
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
