/** One number, and the labels that distinguish it from others of its metric. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** One metric of a process. A `counter` only grows, and its name ends in `_total`; a `gauge` is momentary. */
export interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** The `Content-Type` of {@link encodeMetrics}. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Writes metrics in the text format of Prometheus, version 0.0.4 (prometheus.io, "Exposition formats"). */
export function encodeMetrics(metrics: readonly Metric[]): string {
  return metrics.map(encodeMetric).join("");
}

function encodeMetric({ name, type, help, samples }: Metric): string {
  const lines = samples.map(([labels, value]) => `${name}${encodeLabels(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function encodeLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escape(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
