import { MemoryLog } from "../../dist/channel/history/memory-log.js";
import type { MemoryLogOptions } from "../../dist/channel/history/memory-log.js";
import type { SharedLog } from "../../dist/channel/history/shared-log.js";
import type { SharedLogContractOptions } from "../../dist/contract/index.js";

/** Changes a log, perhaps into a broken one. */
export type Change = (log: MemoryLog) => Partial<SharedLog>;

/**
 * How the checks use logs in memory.
 *
 * @param change - Returns the members of a log that replace its own.
 */
export function memoryLogs(change: Change = () => ({}), timeout?: number): SharedLogContractOptions {
  const topics = new Map<string, MemoryLog>();
  const originals = new WeakMap<SharedLog, MemoryLog>();
  const open = async (topic: string, options: MemoryLogOptions): Promise<SharedLog> => {
    const log = topics.get(topic)?.fork() ?? new MemoryLog(options);
    if (!topics.has(topic)) topics.set(topic, log);
    const changed = withMembers(log, change(log));
    originals.set(changed, log);
    return changed;
  };
  return {
    open: (topic) => open(topic, { capacityBytes: 1_000_000 }),
    reopen: (topic) => open(topic, {}),
    openSmall: (topic) => open(topic, { capacity: 150 }),
    lose: async (topic) => topics.get(topic)?.reset(),
    interrupt: async (log) => {
      originals.get(log)?.interrupt();
      return () => originals.get(log)?.restore();
    },
    maxEventBytes: 1_000_000,
    timeout,
  };
}

/** Returns a view of an object in which some members are replaced. */
export function withMembers<Target extends object>(target: Target, members: Partial<Target>): Target {
  return new Proxy(target, {
    get: (_, name) => {
      const owner: object = Object.hasOwn(members, name) ? members : target;
      const value: unknown = Reflect.get(owner, name, owner);
      return typeof value === "function" ? (value as (...args: unknown[]) => unknown).bind(owner) : value;
    },
  });
}
