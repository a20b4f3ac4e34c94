import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EventLoopMonitor } from "../../../dist/web/monitoring/event-loop-monitor.js";
import type { TestContext } from "node:test";
import type { LogEntry } from "../../../dist/web/monitoring/log-entry.js";

const MINUTE = 60_000;

/** A monitor that has measured for a while, and its entries. */
async function watch(t: TestContext): Promise<{ monitor: EventLoopMonitor; entries: LogEntry[] }> {
  const entries: LogEntry[] = [];
  const monitor = new EventLoopMonitor((entry) => void entries.push(entry));
  t.after(() => monitor.close());
  await sleep(100);
  return { monitor, entries };
}

/** Blocks the event loop, then lets the monitor measure. */
async function block(milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  await sleep(50);
}

describe("EventLoopMonitor", () => {
  it("measures how long callbacks wait, in seconds and without its own period", async (t) => {
    let { monitor } = await watch(t);
    // Other programs may occupy the processors for a while. The period is 20 ms at any load.
    for (let attempt = 1; attempt < 100 && monitor.delay.p50 >= 0.015; attempt++) ({ monitor } = await watch(t));
    const { p50 } = monitor.delay;
    assert.ok(p50 >= 0 && p50 < 0.015, `p50 is ${p50}`);
    await block(150);
    const { max, p99 } = monitor.delay;
    assert.ok(max > 0.1, `max is ${max}`);
    assert.ok(p99 <= max);
  });

  it("warns of a delay above 200 ms once a minute, and reports it until the next minute is over", async (t) => {
    const { monitor, entries } = await watch(t);
    const start = performance.now();
    await block(320);
    monitor.check(start);
    monitor.check(start + 1000);
    const levels = entries.map(({ level, event }) => `${level} ${event}`);
    assert.deepEqual(levels, ["warn event loop delayed"]);
    assert.ok(Number(entries[0]?.fields["ms"]) > 250);

    monitor.check(start + MINUTE + 1000);
    await sleep(100);
    assert.ok(monitor.delay.max > 0.25, "the last window counts");
    await block(320);
    monitor.check(start + MINUTE + 2000);
    assert.equal(entries.length, 2);
    monitor.check(start + 2 * MINUTE + 2000);
    monitor.check(start + 3 * MINUTE + 3000);
    assert.equal(entries.length, 2);
    assert.ok(monitor.delay.max < 0.25, "it has forgotten what is older");
  });

  it("does not warn of a short delay", async (t) => {
    const { monitor, entries } = await watch(t);
    await block(60);
    monitor.check();
    assert.deepEqual(entries, []);
  });
});
