/** The metrics of a busy server, and the alerts of src/web/README.md, as promtool of Prometheus reads them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import { describe, it } from "node:test";
import { BuildServer } from "./support/build-server.mjs";
import { gatedProgram, makeFolder, projectFiles } from "./support/folder.mjs";
import { until } from "./support/until.mjs";

/** Runs promtool; fails when it finds a fault, or has advice. */
function assertAccepted(args, input) {
  const { status, stdout, stderr, error } = spawnSync("promtool", args, { input, encoding: "utf8" });
  assert.ok(error === undefined, "there is no promtool: install Debian's package prometheus");
  assert.equal(status, 0, stdout + stderr);
  return stdout + stderr;
}

async function scrape(url) {
  const response = await fetch(`${url}/metrics`);
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  return response.text();
}

/** The values of a scrape, by name and labels. */
function valuesOf(text) {
  const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(samples.map((line) => [line.replace(/ \S+$/, ""), Number(line.replace(/^.* /, ""))]));
}

/** Opens a reply that lasts, from this address of the machine. */
async function follow(t, url, localAddress) {
  const request = get(url, { agent: false, localAddress, headers: { Accept: "text/event-stream" } });
  request.on("error", () => {});
  t.after(() => request.destroy());
  const [response] = await once(request, "response");
  response.on("error", () => {}).resume();
  return request;
}

const HOSTILE_NAME = 'evil"} 1\ntailcast_builds_running 99\\';

describe("the metrics of a busy server", () => {
  it("are accepted by promtool without advice, and say what has happened", async (t) => {
    const root = await makeFolder(t, {
      ...projectFiles("one", gatedProgram()),
      ...projectFiles("two", gatedProgram()),
      "three/package.json": JSON.stringify({ name: HOSTILE_NAME, private: true, scripts: { build: "exit 3" } }),
    });
    const server = await BuildServer.start(t, {
      args: ["--root", root, "--concurrency", "2", "--queue-limit", "0", "--max-requests-per-address", "4"],
    });
    const { url } = server;
    const failed = await server.build(join(root, "three"));
    await server.log(failed.id);
    const one = await server.build(join(root, "one"));
    const two = await server.build(join(root, "two"));
    const full = await fetch(`${url}/api/project/build`, {
      method: "POST",
      body: new URLSearchParams({ projectPath: join(root, "three") }),
    });
    assert.equal(full.status, 503);
    for (const path of ["/nowhere", "/api/builds/x", "/api/builds/y"]) {
      assert.equal((await fetch(url + path)).status, 404);
    }
    const others = "127.0.0.2";
    const paths = ["/api/log/push", "/api/log/push", `/api/builds/${one.id}/events`, `/api/builds/${two.id}/log`];
    const streams = await Promise.all(paths.map((path) => follow(t, url + path, others)));
    const refused = await follow(t, `${url}/api/log/push`, others);
    await once(refused, "close");

    const text = await scrape(url);
    assert.equal(assertAccepted(["check", "metrics"], text), "");
    assert.ok(!text.includes("evil"), "the name of a project is in the metrics");
    const values = valuesOf(text);
    const expected = {
      tailcast_builds_running: 2,
      tailcast_builds_queued: 0,
      'tailcast_builds_total{status="failed"}': 1,
      'tailcast_builds_total{status="succeeded"}': 0,
      'tailcast_build_duration_seconds_count{status="failed"}': 1,
      tailcast_build_queue_wait_seconds_count: 3,
      'tailcast_clients{stream="feed"}': 2,
      'tailcast_clients{stream="build"}': 1,
      'tailcast_clients{stream="log"}': 1,
      'tailcast_requests_refused_total{reason="queue-full"}': 1,
      'tailcast_requests_refused_total{reason="not-found"}': 1,
      'tailcast_requests_refused_total{reason="build-not-found"}': 2,
      'tailcast_requests_refused_total{reason="too-many-requests"}': 1,
      'tailcast_requests_total{route="/api/project/build",method="POST",status="202"}': 3,
      'tailcast_requests_total{route="/api/project/build",method="POST",status="503"}': 1,
      'tailcast_requests_total{route="/api/builds/:id",method="GET",status="404"}': 2,
      'tailcast_requests_total{route="/api/builds/:id/log",method="GET",status="200"}': 1,
      'tailcast_requests_total{route="/api/log/push",method="GET",status="200"}': 1,
      tailcast_requests_under_way: 5,
    };
    const found = Object.fromEntries(Object.keys(expected).map((name) => [name, values.get(name)]));
    assert.deepEqual(found, expected);
    const kinds = ["stream", "log", "other"].map((kind) => values.get(`tailcast_sent_bytes_total{kind="${kind}"}`));
    assert.ok(kinds.every((bytes) => bytes > 100), `sent ${kinds.join(", ")} bytes`);
    assert.ok(values.get("process_open_fds") > 10 && values.get("process_open_fds") < values.get("process_max_fds"));
    // Four streams, and the connections that fetch keeps alive.
    assert.ok(values.get('nodejs_active_resources{type="TCPSocketWrap"}') >= 5);

    for (const request of streams) request.destroy();
    await Promise.all(["one", "two"].map((name) => writeFile(join(root, name, "open"), "")));
    await until(async () => valuesOf(await scrape(url)).get('tailcast_builds_total{status="succeeded"}') === 2);
    const after = await scrape(url);
    assert.equal(assertAccepted(["check", "metrics"], after), "");
    const last = valuesOf(after);
    assert.equal(last.get("tailcast_requests_under_way"), 1);
    assert.equal(last.get('tailcast_requests_total{route="/api/log/push",method="GET",status="200"}'), 3);
    const counters = [...values].filter(([name]) => /_(?:total|bucket|count)\b/.test(name));
    assert.deepEqual(counters.filter(([name, value]) => last.get(name) < value), []);
  });
});

describe("the alerts of src/web/README.md", () => {
  const readme = readFileSync(new URL("../../src/web/README.md", import.meta.url), "utf8");
  const rules = /```yaml\n(groups:[\s\S]*?)```/.exec(readme)?.[1] ?? "";

  it("are rules that Prometheus accepts", async (t) => {
    const file = join(await makeFolder(t, { "rules.yaml": rules }), "rules.yaml");
    const found = Number(/(\d+) rules found/.exec(assertAccepted(["check", "rules", file]))?.[1]);
    assert.equal(found, rules.match(/alert:/g)?.length);
  });

  it("name metrics that exist", () => {
    const rows = readme.matchAll(/^\| `(\w+)` \| (?:counter|gauge|histogram) \|/gm);
    const metrics = new Set(Array.from(rows, ([, name]) => name));
    const named = Array.from(rules.matchAll(/\b(?:tailcast|process|nodejs)_\w+/g), ([name]) => name);
    assert.ok(named.length > 0);
    assert.deepEqual(named.filter((name) => !metrics.has(name.replace(/_bucket$/, ""))), []);
  });
});
