import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeMetrics } from "../../dist/web/prometheus.js";

describe("encodeMetrics()", () => {
  it("writes the text format of Prometheus", () => {
    const text = encodeMetrics([
      { name: "up", type: "gauge", help: "Whether it runs.", samples: [[{}, 1]] },
      {
        name: "ends_total",
        type: "counter",
        help: "Ends.",
        samples: [
          [{ reason: "left", stream: "feed" }, 7],
          [{ reason: 'a "b"\\c\nd' }, 0.5],
        ],
      },
      { name: "none", type: "gauge", help: "Nothing.", samples: [] },
    ]);
    assert.equal(
      text,
      [
        "# HELP up Whether it runs.",
        "# TYPE up gauge",
        "up 1",
        "# HELP ends_total Ends.",
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
