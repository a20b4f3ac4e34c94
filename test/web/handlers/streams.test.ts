import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventClient, RawClient, ask } from "../../support/http.js";
import { build, buildIn, codeIn, has, start, texts } from "../app.js";
import type { BuildRecord } from "../../../dist/runner/record.js";

describe("BuildApp: a build", () => {
  it("is accepted at once, and streamed line by line to everybody, early or late, from its first line", async (t) => {
    const { port, stage } = await start(t);
    const feed = await EventClient.open(port, "/api/log/push");
    const accepted = await build(port, "project");
    assert.equal(accepted.status, 202);
    const { msg, build: record } = accepted.json as { msg: string; build: BuildRecord };
    assert.equal(msg, "Build of build accepted");
    assert.match(record.status, /^(queued|running)$/);
    assert.equal(accepted.headers.location, `/api/builds/${record.id}`);

    const early = await EventClient.open(port, `/api/builds/${record.id}/events`);
    const actor = await stage.actor("build");
    await actor.do({ action: "write", text: "one\n\x1b[31mtwo\x1b[0m\n" });
    const seen = await early.until((events) => texts(events).includes("one"));
    assert.equal(seen[0]?.type, "build");

    // A reload in the middle: the rest follows exactly where the first connection stopped.
    early.close();
    const before = [...early.events];
    await actor.do({ action: "write", to: 2, text: "three\n" });
    const again = await EventClient.open(port, `/api/builds/${record.id}/events`, {
      "Last-Event-ID": before.at(-1)?.lastEventId ?? "",
    });
    const late = await EventClient.open(port, `/api/builds/${record.id}/events`);
    actor.tell({ action: "exit", code: 0 });
    await again.ended();
    await late.ended();
    assert.deepEqual([...before, ...again.events], late.events);
    assert.deepEqual(
      late.events.map((event) => event.lastEventId),
      late.events.map((_, index) => `${record.id}-${index + 1}`),
    );

    const last = late.events.at(-1);
    assert.equal(last?.type, "end");
    const ended = JSON.parse(last?.data ?? "") as BuildRecord;
    assert.equal(ended.status, "succeeded");
    assert.deepEqual(
      ended.steps.map(({ name, status, exitCode }) => [name, status, exitCode]),
      [
        ["plan", "succeeded", null],
        ["install", "succeeded", 0],
        ["build", "succeeded", 0],
      ],
    );
    const lines = texts(late.events);
    for (const line of ["one", "\x1b[31mtwo\x1b[0m", "three"]) assert.ok(lines.includes(line), line);
    const three = late.events.find((event) => event.type === "line" && event.data.includes("three"));
    const { time, number, ...line } = JSON.parse(three?.data ?? "") as Record<string, unknown>;
    assert.deepEqual(line, { step: "build", stream: "stdout", text: "three" });
    assert.equal(number, lines.indexOf("three") + 1);
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

    // A client that reconnects after the end is answered 204.
    const done = await EventClient.open(port, `/api/builds/${record.id}/events`, {
      "Last-Event-ID": last?.lastEventId ?? "",
    });
    assert.equal(done.status, 204);

    // The feed had the same lines, as plain text with the time, and the build at each change of its state.
    await feed.until((events) =>
      events.some((event) => event.type === "build" && event.data.includes('"status":"succeeded","message"')),
    );
    const messages = feed.events.filter((event) => event.type === "message").map((event) => event.data);
    assert.ok(
      messages.every((message) => /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] /.test(message)),
      String(messages),
    );
    assert.deepEqual(
      messages.map((message) => message.slice(22)),
      lines.map((text) => text.replace(/\x1b\[\d*m/g, "")),
    );
    const states = feed.events
      .filter((event) => event.type === "build")
      .map((event) => (JSON.parse(event.data) as BuildRecord).status);
    assert.equal(states.at(-1), "succeeded");
    assert.ok(states.includes("running"));
    feed.close();

    assert.deepEqual((await ask(port, "GET", `/api/builds/${record.id}`)).json, ended);
    assert.deepEqual((await ask(port, "GET", "/api/builds")).json, { builds: [ended], next: null });
  });

  it("takes a form, as jQuery sends it", async (t) => {
    const { port, root, stage } = await start(t);
    const answer = await ask(port, "POST", "/api/project/build", {
      headers: { "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8" },
      body: `projectPath=${encodeURIComponent(`${root}/project`)}`,
    });
    assert.equal(answer.status, 202);
    (await stage.actor("build")).tell({ action: "exit", code: 0 });
  });

  it("sends its log as text, live while it runs and complete afterwards", async (t) => {
    const { port, stage } = await start(t);
    const { id } = buildIn(await build(port, "project"));
    const actor = await stage.actor("build");
    const follower = new RawClient(port).send(`GET /api/builds/${id}/log HTTP/1.0`, "Host: localhost");
    await actor.do({ action: "write", text: "\x1b[32mgreen\x1b[0m\n" });
    await follower.until("green\n");
    assert.match(follower.head, /Content-Type: text\/plain; charset=utf-8\r\n/);
    const leaver = new RawClient(port).get(`/api/builds/${id}/log`);
    await leaver.until("green");
    leaver.socket.destroy();
    actor.tell({ action: "exit", code: 3 });
    await follower.closed();
    assert.match(
      follower.body,
      /\n\$ npm run build[^\n]*\n(?:[^\n]*\n)*green\n(?:[^\n]*\n)*build failed with exit code 3[^\n]*\n/,
    );
    const whole = await ask(port, "GET", `/api/builds/${id}/log`);
    assert.equal(whole.text, follower.body);
    const coloured = await ask(port, "GET", `/api/builds/${id}/log?ansi`);
    assert.ok(coloured.text.includes("\x1b[32mgreen\x1b[0m\n"));
    const head = await ask(port, "HEAD", `/api/builds/${id}/log`);
    assert.deepEqual([head.status, head.text], [200, ""]);
    const record = (await ask(port, "GET", `/api/builds/${id}`)).json as unknown as BuildRecord;
    assert.deepEqual([record.status, record.steps.at(-1)?.exitCode], ["failed", 3]);
  });

  it("can be cancelled once", async (t) => {
    const { port, stage } = await start(t);
    const { id } = buildIn(await build(port, "project"));
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    const actor = await stage.actor("build");
    const cancelled = await ask(port, "POST", `/api/builds/${id}/cancel`);
    assert.equal(cancelled.status, 202);
    assert.equal((cancelled.json["build"] as BuildRecord).id, id);
    await actor.gone;
    await client.ended();
    const record = JSON.parse(client.events.at(-1)?.data ?? "") as BuildRecord;
    assert.equal(record.status, "cancelled");
    const again = await ask(port, "POST", `/api/builds/${id}/cancel`);
    assert.equal(again.status, 409);
    assert.equal(codeIn(again), "BUILD_ENDED");
  });

  it("waits its turn, and is refused when too many wait", async (t) => {
    const { port, stage } = await start(t, { concurrency: 1, queueLimit: 0 });
    assert.equal((await build(port, "project")).status, 202);
    const full = await build(port, "other");
    assert.equal(full.status, 503);
    assert.ok(Number(full.headers["retry-after"]) > 0);
    assert.equal(codeIn(full), "QUEUE_FULL");
    (await stage.actor("build")).tell({ action: "exit", code: 0 });
  });

  it("is forgotten with its stream when newer ones push it out", async (t) => {
    const { port, stage } = await start(t, { keep: 1 });
    const ids: string[] = [];
    for (const name of ["project", "other"]) {
      const { id } = buildIn(await build(port, name));
      ids.push(id);
      const client = await EventClient.open(port, `/api/builds/${id}/events`);
      (await stage.actor(name === "project" ? "build" : "other")).tell({ action: "exit", code: 0 });
      await client.ended();
    }
    assert.deepEqual(
      ((await ask(port, "GET", "/api/builds")).json["builds"] as BuildRecord[]).map(({ id }) => id),
      [ids[1]],
    );
    for (const path of ["", "/events", "/log"]) {
      assert.equal((await ask(port, "GET", `/api/builds/${ids[0]}${path}`)).status, 404, path);
    }
  });

  it("ends with the app: it is cancelled, and every stream reports it", async (t) => {
    const { port, stage, app } = await start(t);
    const { id } = buildIn(await build(port, "project"));
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    const feed = await EventClient.open(port, "/api/log/push");
    const actor = await stage.actor("build");
    await app.close();
    await actor.gone;
    assert.ok(has("end")(await client.ended()));
    await feed.ended();
    assert.ok((feed.decoder.retry ?? 0) >= 2000);
    const refused = await build(port, "other");
    assert.deepEqual([refused.status, codeIn(refused)], [503, "SHUTTING_DOWN"]);
  });
});
