import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventClient, RawClient, ask } from "../../support/http.js";
import { build, buildIn, codeIn, start } from "../app.js";
import { scrape } from "../scrape.js";

describe("BuildApp: metrics", () => {
  it("count builds and clients, also of builds that are forgotten", async (t) => {
    const { port, stage } = await start(t, { concurrency: 1, keep: 1 });
    const before = (await scrape(port)).values;
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
    const during = (await scrape(port)).values;
    const count = (samples: ReadonlyMap<string, number>, ...names: string[]): unknown => {
      return names.map((name) => samples.get(name));
    };
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
    const after = (await scrape(port)).values;
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
      ),
      [3, 1, 4, 1],
    );
    const measured = ["failed", "succeeded", "cancelled"].map((status) => {
      return `tailcast_build_duration_seconds_count{status="${status}"}`;
    });
    assert.deepEqual(count(after, ...measured, "tailcast_build_queue_wait_seconds_count"), [1, 1, 0, 2]);
    // The second build waited for the first one.
    const waited = after.get("tailcast_build_queue_wait_seconds_sum") ?? 0;
    const ran = after.get('tailcast_build_duration_seconds_sum{status="failed"}') ?? 0;
    assert.ok(waited > 0 && ran > 0 && Math.abs(waited - ran) < 2, `waited ${waited} s for ${ran} s`);
    const published = after.get(ofBuilds("events_published_total")) ?? 0;
    assert.ok(published >= follower.events.length + last.events.length);
    assert.ok((after.get(ofBuilds("events_delivered_total")) ?? 0) > published);
    assert.ok((after.get('tailcast_events_delivered_total{stream="feed"}') ?? 0) >= feed.events.length);
    const fallen = [...after].filter(([name, value]) => /_total\b/.test(name) && value < (during.get(name) ?? 0));
    assert.deepEqual(fallen, []);
    feed.close();
  });

  it("count requests by route, method and status, whatever paths and methods clients invent", async (t) => {
    let onLeave = (): void => undefined;
    const leftBefore = new Promise<void>((resolve) => (onLeave = resolve));
    const { port } = await start(t, { onLog: ({ fields }) => void (fields["status"] === null && onLeave()) });
    for (const path of ["/nowhere", '/"},x{y="', "/api/builds/0123456789abcdef", "/api/builds/%0A%22"]) {
      await ask(port, "GET", path);
    }
    await ask(port, "PROPFIND", "/api/builds");
    await ask(port, "HEAD", "/healthz");
    const head = ["Host: localhost", "Content-Type: application/json", "Content-Length: 9", "Expect: 100-continue"];
    const leaver = new RawClient(port).send("POST /api/project/build HTTP/1.1", ...head);
    await leaver.until("100 Continue");
    leaver.socket.destroy();
    await leftBefore;
    const { values } = await scrape(port);
    const requests = [...values].filter(([name]) => name.startsWith("tailcast_requests_total"));
    assert.deepEqual(Object.fromEntries(requests), {
      'tailcast_requests_total{route="other",method="GET",status="404"}': 2,
      'tailcast_requests_total{route="/api/builds/:id",method="GET",status="404"}': 2,
      'tailcast_requests_total{route="/api/builds",method="other",status="405"}': 1,
      'tailcast_requests_total{route="/healthz",method="HEAD",status="200"}': 1,
      'tailcast_requests_total{route="/api/project/build",method="POST",status="none"}': 1,
    });
    assert.equal(values.get("tailcast_requests_under_way"), 1);
  });

  it("count each refusal by its reason, as the warnings in the log do", async (t) => {
    const warnings: string[] = [];
    const { port, stage } = await start(t, {
      concurrency: 1,
      queueLimit: 0,
      maxClientsPerAddress: 1,
      maxRequestsPerAddress: 3,
      token: "s3cret",
      trustProxy: 1,
      onLog: ({ level, event, fields }) => {
        // A busy machine delays the event loop, which is another warning.
        if (level === "warn" && event !== "event loop delayed") warnings.push(String(fields["reason"]));
      },
    });
    const from = (address: string, more: object = {}): Record<string, string> => {
      return { "X-Forwarded-For": address, Authorization: "Bearer s3cret", ...more };
    };
    const { id } = buildIn(await build(port, "project", from("192.0.2.1")));
    await stage.actor("build");
    assert.equal(codeIn(await build(port, "project", from("192.0.2.1"))), "ALREADY_BUILDING");
    assert.equal(codeIn(await build(port, "other", from("192.0.2.1"))), "QUEUE_FULL");
    const feed = await EventClient.open(port, "/api/log/push", from("192.0.2.2"));
    await EventClient.open(port, "/api/log/push", from("192.0.2.2")).then((client) => client.ended());
    const log = new RawClient(port).get(`/api/builds/${id}/log`, [
      ...Object.entries(from("192.0.2.2")).map(([name, value]) => `${name}: ${value}`),
    ]);
    await log.until("200 OK");
    const logs = await ask(port, "GET", `/api/builds/${id}/log`, { headers: from("192.0.2.2") });
    assert.equal(codeIn(logs), "TOO_MANY_CLIENTS");
    const events = await EventClient.open(port, `/api/builds/${id}/events`, from("192.0.2.2"));
    assert.equal(codeIn(await ask(port, "GET", "/api/builds", { headers: from("192.0.2.2") })), "TOO_MANY_REQUESTS");
    const paused = from("192.0.2.2", { Accept: "text/event-stream" });
    await EventClient.open(port, "/api/log/push", paused).then((client) => client.ended());
    const wrong = (secret: number): object => ({ Authorization: `Bearer ${secret}` });
    for (const secret of [1, 2, 3, 4, 5, 6]) {
      await ask(port, "GET", "/api/builds", { headers: from("192.0.2.3", wrong(secret)) });
    }
    await ask(port, "GET", "/healthz", { headers: { Host: "evil.example" } });
    await ask(port, "GET", "/nowhere", { headers: from("192.0.2.4") });

    const { values } = await scrape(port, from("192.0.2.4"));
    const counted = [...values].flatMap(([name, value]) => {
      const reason = /^tailcast_requests_refused_total\{reason="(.*)"\}$/.exec(name)?.[1];
      return reason === undefined || value === 0 ? [] : [[reason, value] as const];
    });
    assert.deepEqual(Object.fromEntries(counted), {
      "already-building": 1,
      "queue-full": 1,
      "too-many-clients": 2,
      "too-many-requests": 2,
      unauthorized: 5,
      "too-many-attempts": 1,
      forbidden: 1,
      "not-found": 1,
    });
    const silent = ["already-building", "not-found"];
    const expected = counted.filter(([reason]) => !silent.includes(reason));
    const logged = expected.map(([reason]) => [reason, warnings.filter((warning) => warning === reason).length]);
    assert.deepEqual(logged, expected);
    assert.equal(warnings.length, expected.reduce((sum, [, count]) => sum + count, 0));
    for (const client of [feed, events]) client.close();
    log.socket.destroy();
  });

  it("count the bytes of open streams, of logs and of other replies apart, each byte once", async (t) => {
    const { port, stage } = await start(t);
    const { id } = buildIn(await build(port, "project"));
    const actor = await stage.actor("build");
    const [stream, log, other] = ["stream", "log", "other"].map((kind) => `tailcast_sent_bytes_total{kind="${kind}"}`);
    const raw = (path: string): RawClient => new RawClient(port).get(path, [], "1.0");
    const clients = { events: raw(`/api/builds/${id}/events`), log: raw(`/api/builds/${id}/log`) };
    const text = "x".repeat(1000);
    for (let line = 0; line < 100; line++) actor.tell({ action: "write", text: `${text}\n` });
    actor.tell({ action: "write", text: "done\n" });
    await Promise.all(Object.values(clients).map((client) => client.until("done")));
    const during = (await scrape(port)).values;
    assert.ok((during.get(stream ?? "") ?? 0) >= clients.events.received.length);
    assert.ok((during.get(log ?? "") ?? 0) >= clients.log.received.length);
    assert.ok((during.get(other ?? "") ?? 0) < 100_000);
    actor.tell({ action: "exit", code: 0 });
    await Promise.all(Object.values(clients).map((client) => client.closed()));
    const after = (await scrape(port)).values;
    assert.equal(after.get(stream ?? ""), clients.events.received.length);
    assert.equal(after.get(log ?? ""), clients.log.received.length);
  });

  it("show how far the slowest client is behind", async (t) => {
    const { port, stage } = await start(t);
    const { id } = buildIn(await build(port, "project"));
    const actor = await stage.actor("build");
    // Over HTTP/1.0, the connection ends with the stream.
    const slow = new RawClient(port, { reads: false }).get(`/api/builds/${id}/events`, [], "1.0");
    const fast = await EventClient.open(port, `/api/builds/${id}/events`);
    const values = async (): Promise<readonly [lag: number, blocked: number]> => {
      const { values: all } = await scrape(port);
      const read = (name: string): number => all.get(`tailcast_${name}{stream="build"}`) ?? assert.fail(name);
      return [read("client_lag_events"), read("clients_blocked")];
    };
    const text = `${"y".repeat(8000)}\n`.repeat(100);
    let [lag, blocked] = await values();
    assert.deepEqual([lag, blocked], [0, 0]);
    while (lag === 0) {
      const count = fast.events.length + 100;
      actor.tell({ action: "write", text });
      await fast.until((all) => all.length >= count);
      [lag, blocked] = await values();
    }
    assert.equal(blocked, 1);
    assert.ok(lag <= fast.events.length);
    slow.resume();
    actor.tell({ action: "exit", code: 0 });
    await slow.closed();
    assert.deepEqual(await values(), [0, 0]);
  });

  it("require the token", async (t) => {
    const { port } = await start(t, { token: "s3cret" });
    assert.equal((await ask(port, "GET", "/metrics")).status, 401);
    const answer = await ask(port, "HEAD", "/metrics", { headers: { Authorization: "Bearer s3cret" } });
    assert.deepEqual([answer.status, answer.text], [200, ""]);
  });
});
