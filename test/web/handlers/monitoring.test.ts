import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventClient, RawClient, ask } from "../../support/http.js";
import { build, buildIn, start } from "../app.js";

describe("BuildApp: metrics", () => {
  /** The metrics: every sample by its name and labels. */
  const scrape = async (port: number): Promise<Map<string, number>> => {
    const answer = await ask(port, "GET", "/metrics");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    const lines = answer.text.trimEnd().split("\n");
    for (const line of lines) {
      const form = /^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{(?:[a-z]+="[a-z-]+",?)+\})? \d+(?:\.\d+)?)$/;
      assert.match(line, form);
    }
    const samples = lines.filter((line) => !line.startsWith("#")).map((line) => line.split(" "));
    return new Map(samples.map(([name, value]) => [name ?? "", Number(value)]));
  };

  it("count builds and clients, also of builds that are forgotten", async (t) => {
    const { port, stage } = await start(t, { concurrency: 1, keep: 1 });
    const before = await scrape(port);
    for (const status of ["succeeded", "failed", "cancelled", "timed-out", "lost"]) {
      assert.equal(before.get(`tailcast_builds_total{status="${status}"}`), 0);
    }
    assert.ok((before.get("process_resident_memory_bytes") ?? 0) > 10_000_000);
    assert.ok((before.get("process_cpu_seconds_total") ?? 0) > 0);
    const started = before.get("process_start_time_seconds") ?? 0;
    assert.ok(started <= Date.now() / 1000 && started > Date.now() / 1000 - process.uptime() - 60);

    const first = buildIn(await build(port, "project"));
    const second = buildIn(await build(port, "other"));
    const feed = await EventClient.open(port, "/api/log/push");
    const follower = await EventClient.open(port, `/api/builds/${first.id}/events`);
    const log = new RawClient(port).get(`/api/builds/${first.id}/log`, [], "1.0");
    await log.until("npm");
    const during = await scrape(port);
    const count = (samples: Map<string, number>, ...names: string[]): unknown => names.map((name) => samples.get(name));
    const state = ["tailcast_builds_running", "tailcast_builds_queued"];
    const clients = ["feed", "build", "log"].map((stream) => `tailcast_clients{stream="${stream}"}`);
    assert.deepEqual(count(during, ...state, ...clients), [1, 1, 1, 1, 1]);

    (await stage.actor("build")).tell({ action: "exit", code: 1 });
    await follower.ended();
    await log.closed();
    await EventClient.open(port, `/api/builds/${first.id}/events`, { "Last-Event-ID": `${first.id}-999999` }).then(
      (client) => client.ended(),
    );
    const last = await EventClient.open(port, `/api/builds/${second.id}/events`);
    (await stage.actor("other")).tell({ action: "exit", code: 0 });
    await last.ended();
    assert.equal((await ask(port, "GET", `/api/builds/${first.id}`)).status, 404, "it is forgotten");
    const after = await scrape(port);
    assert.deepEqual(count(after, ...state, ...clients), [0, 0, 1, 0, 0]);
    const endings = ["failed", "succeeded", "cancelled"].map((status) => `tailcast_builds_total{status="${status}"}`);
    assert.deepEqual(count(after, ...endings), [1, 1, 0]);
    const ofBuilds = (name: string, label = ""): string => `tailcast_${name}{stream="build"${label}}`;
    assert.deepEqual(
      count(
        after,
        ofBuilds("connections_total", ',outcome="fresh"'),
        ofBuilds("connections_total", ',outcome="gap"'),
        ofBuilds("connections_closed_total", ',reason="ended"'),
        ofBuilds("gaps_total"),
        ofBuilds("connections_refused_total"),
      ),
      [3, 1, 4, 1, 0],
    );
    const published = after.get(ofBuilds("events_published_total")) ?? 0;
    assert.ok(published >= follower.events.length + last.events.length);
    assert.ok((after.get(ofBuilds("events_delivered_total")) ?? 0) > published);
    assert.ok((after.get('tailcast_events_delivered_total{stream="feed"}') ?? 0) >= feed.events.length);
    const fallen = [...after].filter(([name, value]) => /_total\b/.test(name) && value < (during.get(name) ?? 0));
    assert.deepEqual(fallen, []);
    feed.close();
  });

  it("ask for the token, too", async (t) => {
    const { port } = await start(t, { token: "s3cret" });
    assert.equal((await ask(port, "GET", "/metrics")).status, 401);
    const answer = await ask(port, "HEAD", "/metrics", { headers: { Authorization: "Bearer s3cret" } });
    assert.deepEqual([answer.status, answer.text], [200, ""]);
  });
});
