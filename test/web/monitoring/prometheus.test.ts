import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Histogram } from "../../../dist/web/monitoring/histogram.js";
import { encodeMetrics } from "../../../dist/web/monitoring/prometheus.js";
import type { Metric } from "../../../dist/web/monitoring/prometheus.js";

describe("encodeMetrics()", () => {
  it("writes the text format of Prometheus, whatever labels and help contain", () => {
    const metrics: readonly Metric<number>[] = [
      { name: "up", type: "gauge", help: "Whether it runs.", read: (source) => source },
      {
        name: "ends_total",
        type: "counter",
        help: 'Ends of "C:\\".\nAll.',
        read: () => [
          [{ reason: "left", stream: "feed" }, 7],
          [{ reason: 'a "b"\\c\nd' }, 0.5],
        ],
      },
      { name: "none", type: "gauge", help: "Nothing.", read: () => [] },
    ];
    assert.equal(
      encodeMetrics(metrics, 1),
      [
        "# HELP up Whether it runs.",
        "# TYPE up gauge",
        "up 1",
        '# HELP ends_total Ends of "C:\\\\".\\nAll.',
        "# TYPE ends_total counter",
        'ends_total{reason="left",stream="feed"} 7',
        'ends_total{reason="a \\"b\\"\\\\c\\nd"} 0.5',
        "# HELP none Nothing.",
        "# TYPE none gauge",
        "",
      ].join("\n"),
    );
  });
});

describe("Histogram", () => {
  it("counts a value in every bucket whose bound it does not exceed, and beyond the last in +Inf alone", () => {
    const histogram = new Histogram();
    for (const seconds of [0, 0.1, 0.2, 5, 4000]) histogram.add(seconds);
    const read = (): ReturnType<Histogram["samples"]> => histogram.samples({ status: "failed" });
    const lines = encodeMetrics([{ name: "a_seconds", type: "histogram", help: "A.", read }], undefined).split("\n");
    assert.deepEqual(lines.slice(2, 7), [
      'a_seconds_bucket{status="failed",le="0.1"} 2',
      'a_seconds_bucket{status="failed",le="0.5"} 3',
      'a_seconds_bucket{status="failed",le="1"} 3',
      'a_seconds_bucket{status="failed",le="5"} 4',
      'a_seconds_bucket{status="failed",le="10"} 4',
    ]);
    assert.deepEqual(lines.slice(-5), [
      'a_seconds_bucket{status="failed",le="3600"} 4',
      'a_seconds_bucket{status="failed",le="+Inf"} 5',
      'a_seconds_sum{status="failed"} 4005.3',
      'a_seconds_count{status="failed"} 5',
      "",
    ]);
  });
});
