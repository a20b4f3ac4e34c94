/**
 * A number, the labels that distinguish it from other samples of its metric, and the suffix of a histogram's series.
 */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number, suffix?: string];

/**
 * One metric of a process, and the function that reads it. A `counter` only increases, and its name ends in `_total`; a
 * `gauge` is a current value; a `histogram` counts values in buckets. The name contains the base unit of the values,
 * e.g. `_seconds`.
 */
export interface Metric<Sources> {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** The current value, or one for each combination of labels. */
  readonly read: (sources: Sources) => number | readonly Sample[];
}

/** The `Content-Type` of {@link encodeMetrics}. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Writes metrics in the text format of Prometheus, version 0.0.4 (prometheus.io, "Exposition formats"). */
export function encodeMetrics<Sources>(metrics: readonly Metric<Sources>[], sources: Sources): string {
  return metrics.map((metric) => encodeMetric(metric, sources)).join("");
}

function encodeMetric<Sources>({ name, type, help, read }: Metric<Sources>, sources: Sources): string {
  const value = read(sources);
  const samples: readonly Sample[] = typeof value === "number" ? [[{}, value]] : value;
  const lines = samples.map(([labels, number, suffix = ""]) => `${name}${suffix}${encodeLabels(labels)} ${number}\n`);
  return `# HELP ${name} ${escapeLine(help)}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function encodeLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLine(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLine(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
