import { processMetrics } from "./process-metrics.ts";
import { version } from "./version.ts";
import type { StreamNumbers } from "../../streams/stream-totals.ts";
import type { BuildMonitor } from "./build-monitor.ts";
import type { ProcessSources } from "./process-metrics.ts";
import type { Metric, Sample } from "./prometheus.ts";
import type { RequestMonitor } from "./request-monitor.ts";

/** The sources of the metrics. */
export interface MetricSources extends ProcessSources {
  readonly builds: BuildMonitor;
  readonly requests: RequestMonitor;
  /** The statistics by the kind of stream. */
  readonly streams: Readonly<Record<string, StreamNumbers>>;
  /** The number of clients that follow a log as text. */
  readonly logReaders: number;
}

const VERSIONS = { version: version(), node: process.version };

/** Every metric. `src/web/README.md` documents the same table. */
export const metrics: readonly Metric<MetricSources>[] = [
  {
    name: "tailcast_build_info",
    type: "gauge",
    help: "Always 1; its labels are the versions of this program and of Node.",
    read: () => [[VERSIONS, 1]],
  },
  {
    name: "tailcast_builds_total",
    type: "counter",
    help: "Builds that have ended, by their final status.",
    read: ({ builds }) => Array.from(builds.outcomes, ([status, count]) => [{ status }, count]),
  },
  {
    name: "tailcast_builds_running",
    type: "gauge",
    help: "Running builds.",
    read: ({ builds }) => builds.running,
  },
  {
    name: "tailcast_builds_queued",
    type: "gauge",
    help: "Queued builds.",
    read: ({ builds }) => builds.queued,
  },
  {
    name: "tailcast_build_queue_wait_seconds",
    type: "histogram",
    help: "How long the builds that have started were queued.",
    read: ({ builds }) => builds.waits.samples(),
  },
  {
    name: "tailcast_build_duration_seconds",
    type: "histogram",
    help: "How long the builds that have ended ran, by their final status; without lost builds.",
    read: ({ builds }) => Array.from(builds.durations, ([status, times]) => times.samples({ status })).flat(),
  },
  {
    name: "tailcast_requests_total",
    type: "counter",
    help: "Requests that are over, by route, method and status; none: the client left before the reply.",
    read: ({ requests }) => requests.tally.requests,
  },
  {
    name: "tailcast_requests_under_way",
    type: "gauge",
    help: "Requests under way, open streams and this scrape included.",
    read: ({ requests }) => requests.underWay,
  },
  {
    name: "tailcast_requests_refused_total",
    type: "counter",
    help: "Requests that were refused, by the code of the error; refused event streams, which are answered 200, too.",
    read: ({ requests }) => requests.tally.refusals,
  },
  {
    name: "tailcast_sent_bytes_total",
    type: "counter",
    help: "Bytes written to connections, heads included, by kind of reply; before TLS.",
    read: ({ requests }) => Object.entries(requests.sentBytes).map(([kind, bytes]) => [{ kind }, bytes]),
  },
  {
    name: "tailcast_clients",
    type: "gauge",
    help: "Clients that follow a stream, or a log as text.",
    read: readClients,
  },
  {
    name: "tailcast_clients_blocked",
    type: "gauge",
    help: "Clients that have not read the bytes that wait for them; clients of logs count with build.",
    read: each((numbers) => numbers.blocked),
  },
  {
    name: "tailcast_client_lag_events",
    type: "gauge",
    help: "The number of events that the slowest client has not been sent yet.",
    read: each((numbers) => numbers.lag),
  },
  {
    name: "tailcast_connections_total",
    type: "counter",
    help: "Clients accepted, by how they started.",
    read: eachBy("outcome", (numbers) => numbers.accepted),
  },
  {
    name: "tailcast_connections_closed_total",
    type: "counter",
    help: "Connections of clients that have ended, by reason.",
    read: eachBy("reason", (numbers) => numbers.closed),
  },
  {
    name: "tailcast_events_published_total",
    type: "counter",
    help: "Events published.",
    read: each((numbers) => numbers.published),
  },
  {
    name: "tailcast_events_delivered_total",
    type: "counter",
    help: "Events delivered, once for each client.",
    read: each((numbers) => numbers.delivered),
  },
  {
    name: "tailcast_gaps_total",
    type: "counter",
    help: "Gaps sent to clients that reconnected too late or lagged too far.",
    read: each((numbers) => numbers.gaps),
  },
  {
    name: "tailcast_history_failures_total",
    type: "counter",
    help: "Failures to store or to read the events of a stream.",
    read: each((numbers) => numbers.historyFailures),
  },
  ...processMetrics,
];

/** Returns one value for each kind of stream. */
function each(read: (numbers: StreamNumbers) => number): (sources: MetricSources) => Sample[] {
  return ({ streams }) => Object.entries(streams).map(([stream, numbers]) => [{ stream }, read(numbers)]);
}

/** Returns several values for each kind of stream, with a label that distinguishes them. */
function eachBy(
  label: string,
  read: (numbers: StreamNumbers) => Readonly<Record<string, number>>,
): (sources: MetricSources) => Sample[] {
  return ({ streams }) => {
    return Object.entries(streams).flatMap(([stream, numbers]) => {
      return Object.entries(read(numbers)).map(([name, value]): Sample => [{ stream, [label]: name }, value]);
    });
  };
}

/** Clients that read a log as text are included: they are clients of the build's channel. */
function readClients({ streams, logReaders }: MetricSources): Sample[] {
  const clients = Object.entries(streams).map(([stream, numbers]): Sample => {
    return [{ stream }, stream === "build" ? numbers.clients - logReaders : numbers.clients];
  });
  return [...clients, [{ stream: "log" }, logReaders]];
}
