import { buildStatuses } from "../runner/record.ts";
import type { BuildEvent } from "../runner/events.ts";
import type { BuildRecord, BuildStatus } from "../runner/record.ts";
import type { Metric, Sample } from "./prometheus.ts";
import type { StreamNumbers } from "../streams/stream-totals.ts";

/** The current values that the metrics are made of. */
export interface MetricSources {
  readonly builds: readonly BuildRecord[];
  /** By the kind of stream. */
  readonly streams: Readonly<Record<string, StreamNumbers>>;
  /** How many clients follow a log as text. */
  readonly logReaders: number;
}

/** Counts how builds end, since the start of the process. */
export class Outcomes {
  readonly counts: Map<BuildStatus, number> = new Map(
    buildStatuses.filter((status) => status !== "queued" && status !== "running").map((status) => [status, 0]),
  );

  /** Counts the end of a build. */
  note(event: BuildEvent): void {
    if (event.type !== "end") return;
    const { status } = event.build;
    this.counts.set(status, (this.counts.get(status) ?? 0) + 1);
  }
}

/** The numbers that a monitor watches: builds, streams and the process. */
export function collectMetrics({ counts }: Outcomes, { builds, streams, logReaders }: MetricSources): Metric[] {
  const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => {
    return { name, type: "gauge", help, samples };
  };
  const counter = (name: string, help: string, samples: readonly Sample[]): Metric => {
    return { name, type: "counter", help, samples };
  };
  const inState = (state: BuildStatus): readonly Sample[] => {
    return [[{}, builds.filter(({ status }) => status === state).length]];
  };
  const each = (read: (numbers: StreamNumbers) => number): Sample[] => {
    return Object.entries(streams).map(([stream, numbers]) => [{ stream }, read(numbers)]);
  };
  const eachBy = (label: string, read: (numbers: StreamNumbers) => Readonly<Record<string, number>>): Sample[] => {
    return Object.entries(streams).flatMap(([stream, numbers]) => {
      return Object.entries(read(numbers)).map(([name, value]): Sample => [{ stream, [label]: name }, value]);
    });
  };
  const { user, system } = process.cpuUsage();
  const endings = Array.from(counts, ([status, count]): Sample => [{ status }, count]);
  // Clients of a log as text are clients of the build's channel.
  const clients = each((numbers) => numbers.clients).map(([labels, count]): Sample => {
    return [labels, labels["stream"] === "build" ? count - logReaders : count];
  });
  clients.push([{ stream: "log" }, logReaders]);
  return [
    counter("tailcast_builds_total", "Builds that have ended, by outcome.", endings),
    gauge("tailcast_builds_running", "Running builds.", inState("running")),
    gauge("tailcast_builds_queued", "Queued builds.", inState("queued")),
    gauge("tailcast_clients", "Clients that follow a stream, or a log as text.", clients),
    counter(
      "tailcast_connections_total",
      "Clients accepted, by how they started.",
      eachBy("outcome", (n) => n.accepted),
    ),
    counter(
      "tailcast_connections_refused_total",
      "Clients refused because a stream was full.",
      each((n) => n.refused),
    ),
    counter(
      "tailcast_connections_closed_total",
      "Connections ended, by reason.",
      eachBy("reason", (n) => n.closed),
    ),
    counter(
      "tailcast_events_published_total",
      "Events published.",
      each((n) => n.published),
    ),
    counter(
      "tailcast_events_delivered_total",
      "Events delivered, once for each client.",
      each((n) => n.delivered),
    ),
    counter(
      "tailcast_gaps_total",
      "Gaps sent to clients that reconnected too late or lagged too far.",
      each((n) => n.gaps),
    ),
    gauge("process_resident_memory_bytes", "Resident memory of this process.", [[{}, process.memoryUsage.rss()]]),
    counter("process_cpu_seconds_total", "Processor time of this process.", [[{}, (user + system) / 1e6]]),
    gauge("process_start_time_seconds", "When this process started, as Unix time.", [[{}, startTime()]]),
  ];
}

function startTime(): number {
  return Math.round(Date.now() - process.uptime() * 1000) / 1000;
}
