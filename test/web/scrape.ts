import assert from "node:assert/strict";
import { ask } from "../support/http.js";

/** A metric of a scrape. */
export interface ScrapedMetric {
  readonly type: string;
  readonly help: string;
  /** The names of its labels, without `le`. */
  readonly labels: Set<string>;
}

/** The metrics of a server at one time. */
export interface Scrape {
  readonly metrics: ReadonlyMap<string, ScrapedMetric>;
  /** The values, by name and labels as the text has them. */
  readonly values: ReadonlyMap<string, number>;
}

const SAMPLE = /^([a-z][a-z0-9_]*)(\{(?:[a-z]+="[\w/:*+. -]+",?)+\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;

/** Reads the metrics of a server, and checks the form of every line. */
export async function scrape(port: number, headers: Record<string, string> = {}): Promise<Scrape> {
  const { status, headers: head, text } = await ask(port, "GET", "/metrics", { headers });
  assert.equal(status, 200);
  assert.equal(head["content-type"], "text/plain; version=0.0.4; charset=utf-8");
  assert.ok(text.endsWith("\n"));
  const metrics = new Map<string, ScrapedMetric>();
  const values = new Map<string, number>();
  let current = "";
  let help = "";
  for (const line of text.trimEnd().split("\n")) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") {
      help = rest;
    } else if (kind === "TYPE") {
      assert.ok(!metrics.has(name), `${name} is there twice`);
      metrics.set(name, { type: rest, help, labels: new Set() });
      current = name;
    } else {
      const [, sample = "", labels = "", value] = SAMPLE.exec(line) ?? assert.fail(`not a sample: ${line}`);
      const metric = metrics.get(current);
      const base = metric?.type === "histogram" ? sample.replace(/_(?:bucket|sum|count)$/, "") : sample;
      assert.equal(base, current, line);
      assert.ok(!values.has(sample + labels), `${line} is there twice`);
      values.set(sample + labels, Number(value));
      for (const [, label = ""] of labels.matchAll(/([a-z]+)="/g)) if (label !== "le") metric?.labels.add(label);
    }
  }
  return { metrics, values };
}
