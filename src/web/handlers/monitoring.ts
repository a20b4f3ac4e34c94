import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { sendJson, sendReply } from "../../http/reply.ts";
import { metrics } from "../monitoring/metrics.ts";
import { METRICS_TYPE, encodeMetrics } from "../monitoring/prometheus.ts";
import type { ClientLimit } from "../../channel/clients/client-limit.ts";
import type { Handler } from "../../http/router.ts";
import type { BuildStreams } from "../../streams/build-streams.ts";
import type { Monitors } from "../monitoring/monitors.ts";

/** The objects that provide the metrics. */
export interface MonitoringServices {
  readonly streams: BuildStreams;
  readonly monitors: Monitors;
  readonly logReaders: ClientLimit;
}

/** Handlers for monitors: whether the server can work, and its metrics. */
export function monitoringHandlers(services: MonitoringServices): Readonly<Record<"health" | "metrics", Handler>> {
  return {
    health: ({ response }) => {
      // Without a free file descriptor, this fails as starting a build would, and the reply is `OUT_OF_FILES`.
      closeSync(openSync(devNull, "r"));
      sendJson(response, 200, { status: "ok" });
    },
    metrics: ({ response }) => {
      const { streams, monitors, logReaders } = services;
      const sources = { ...monitors, streams: streams.numbers, logReaders: logReaders.count };
      const body = encodeMetrics(metrics, sources);
      const length = String(Buffer.byteLength(body));
      const headers = { "Content-Type": METRICS_TYPE, "Content-Length": length, "Cache-Control": "no-store" };
      sendReply(response, { status: 200, headers, body });
    },
  };
}
