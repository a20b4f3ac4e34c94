import { sendJson, sendReply } from "../../http/reply.ts";
import { collectMetrics } from "../metrics.ts";
import { METRICS_TYPE, encodeMetrics } from "../prometheus.ts";
import type { ClientLimit } from "../../channel/clients/client-limit.ts";
import type { Handler } from "../../http/router.ts";
import type { BuildQueue } from "../../runner/build-queue.ts";
import type { StreamRegistry } from "../../streams/stream-registry.ts";
import type { Outcomes } from "../metrics.ts";

/** The objects that the metrics are read from. */
export interface MonitoringServices {
  readonly queue: BuildQueue;
  readonly streams: StreamRegistry;
  readonly outcomes: Outcomes;
  readonly logReaders: ClientLimit;
}

/** Handlers for monitors: whether the server is alive, and its metrics. */
export function monitoringHandlers(services: MonitoringServices): Readonly<Record<"health" | "metrics", Handler>> {
  const { queue, streams, outcomes, logReaders } = services;
  return {
    health: ({ response }) => sendJson(response, 200, { status: "ok" }),
    metrics: ({ response }) => {
      const sources = { builds: queue.list(), streams: streams.numbers, logReaders: logReaders.count };
      const body = encodeMetrics(collectMetrics(outcomes, sources));
      const length = String(Buffer.byteLength(body));
      const headers = { "Content-Type": METRICS_TYPE, "Content-Length": length, "Cache-Control": "no-store" };
      sendReply(response, { status: 200, headers, body });
    },
  };
}
