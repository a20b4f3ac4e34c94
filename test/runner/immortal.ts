import type { TestContext } from "node:test";

/**
 * Makes this process unable to end others: its signals do nothing, and a minute seems to pass after each SIGKILL. Call
 * the returned function to let signals work again.
 */
export function makeOthersImmortal(t: TestContext): () => void {
  const now = performance.now.bind(performance);
  let later = 0;
  t.mock.method(performance, "now", () => now() + later);
  const original = process.kill.bind(process);
  let isEffective = false;
  t.mock.method(process, "kill", (pid: number, signal: NodeJS.Signals) => {
    if (isEffective || signal === (0 as never)) return original(pid, signal);
    if (signal === "SIGKILL") later += 60_000;
    return true;
  });
  return () => {
    isEffective = true;
  };
}
