import { readFileSync, readdirSync, statSync } from "node:fs";
import { getHeapStatistics } from "node:v8";
import type { EventLoopMonitor } from "./event-loop-monitor.ts";
import type { Metric, Sample } from "./prometheus.ts";

/** The sources of the metrics of the process. */
export interface ProcessSources {
  readonly eventLoop: EventLoopMonitor;
}

/** The folder of the open file descriptors. Only Linux has it. */
const DESCRIPTORS = "/proc/self/fd";

/** The limit is read once: it does not change, and reading it needs a free descriptor. */
const maxDescriptors = unlessItFails(readMaxDescriptors);

/** The metrics of the process, with the same names as in the Prometheus client libraries. */
export const processMetrics: readonly Metric<ProcessSources>[] = [
  {
    name: "process_cpu_seconds_total",
    type: "counter",
    help: "Processor time of this process, without its builds.",
    read: processorTime,
  },
  {
    name: "process_resident_memory_bytes",
    type: "gauge",
    help: "Resident memory of this process; missing while no file descriptor is free.",
    // On Linux, Node reads it from a file.
    read: () => unlessItFails(() => process.memoryUsage.rss()),
  },
  {
    name: "process_start_time_seconds",
    type: "gauge",
    help: "When this process started, as Unix time.",
    read: () => Math.round(Date.now() - process.uptime() * 1000) / 1000,
  },
  {
    name: "process_open_fds",
    type: "gauge",
    help: "Open file descriptors of this process; on Linux.",
    read: () => unlessItFails(openDescriptors),
  },
  {
    name: "process_max_fds",
    type: "gauge",
    help: "The limit of open file descriptors of this process; on Linux.",
    read: () => maxDescriptors,
  },
  {
    name: "nodejs_active_resources",
    type: "gauge",
    help: "Open handles and requests that keep the event loop alive, by type.",
    read: activeResources,
  },
  {
    name: "nodejs_heap_size_total_bytes",
    type: "gauge",
    help: "Size of the JavaScript heap.",
    read: () => getHeapStatistics().total_heap_size,
  },
  {
    name: "nodejs_heap_size_used_bytes",
    type: "gauge",
    help: "Used part of the JavaScript heap.",
    read: () => getHeapStatistics().used_heap_size,
  },
  {
    name: "nodejs_external_memory_bytes",
    type: "gauge",
    help: "Memory of buffers outside of the JavaScript heap.",
    read: () => getHeapStatistics().external_memory,
  },
  {
    name: "nodejs_eventloop_lag_seconds",
    type: "gauge",
    help: "Mean delay of the event loop in the last one to two minutes.",
    read: ({ eventLoop }) => eventLoop.delay.mean,
  },
  {
    name: "nodejs_eventloop_lag_p50_seconds",
    type: "gauge",
    help: "Median delay of the event loop in the last one to two minutes.",
    read: ({ eventLoop }) => eventLoop.delay.p50,
  },
  {
    name: "nodejs_eventloop_lag_p90_seconds",
    type: "gauge",
    help: "90th percentile of the delay of the event loop in the last one to two minutes.",
    read: ({ eventLoop }) => eventLoop.delay.p90,
  },
  {
    name: "nodejs_eventloop_lag_p99_seconds",
    type: "gauge",
    help: "99th percentile of the delay of the event loop in the last one to two minutes.",
    read: ({ eventLoop }) => eventLoop.delay.p99,
  },
  {
    name: "nodejs_eventloop_lag_max_seconds",
    type: "gauge",
    help: "Longest delay of the event loop in the last one to two minutes.",
    read: ({ eventLoop }) => eventLoop.delay.max,
  },
];

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/**
 * Reads a value. Returns no sample when this fails: some systems do not have the value, and some values need a free
 * descriptor.
 */
function unlessItFails(read: () => number): readonly Sample[] {
  try {
    const value = read();
    return Number.isNaN(value) ? [] : [[{}, value]];
  } catch {
    return [];
  }
}

/**
 * Returns the number of open descriptors. Since Linux 6.2 it is the size of the folder, which can be read without a
 * descriptor.
 */
function openDescriptors(): number {
  // The list includes the descriptor that reads the folder.
  return statSync(DESCRIPTORS).size || readdirSync(DESCRIPTORS).length - 1;
}

function readMaxDescriptors(): number {
  return Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]);
}

function activeResources(): readonly Sample[] {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  return Array.from(counts, ([type, count]): Sample => [{ type }, count]);
}
