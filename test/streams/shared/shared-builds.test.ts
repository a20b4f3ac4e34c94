import assert from "node:assert/strict";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { SharedBuilder, SharedBuilds } from "../../../dist/index.js";
import { makeFolder } from "../../support/folders.js";
import { EventClient, ask, postJson } from "../../support/http.js";
import { Cluster, accepted, endOf, lastState, start, stateOf } from "./memory-cluster.js";
import { MemoryJobs, MemoryLogs, textOf } from "./memory-machines.js";
import type { BuildRecord } from "../../../dist/index.js";
import type { DecodedEvent } from "../../../dist/protocol/decode.js";

const ids = (events: readonly DecodedEvent[]): string[] => events.map(({ lastEventId }) => lastEventId);

const has = (text: string) => (events: readonly DecodedEvent[]) => events.some(({ data }) => data.includes(text));

describe("SharedBuilds and SharedBuilder", () => {
  it("let every process show a build, with the same ids, so that a client resumes on another one", async (t) => {
    const cluster = await Cluster.open(t);
    const [a, b] = [await cluster.site(), await cluster.site()];
    await cluster.builder();
    const build = await accepted(a.port, "a");
    const first = await EventClient.open(a.port, `/api/builds/${build.id}/events`);
    const actor = await cluster.stage.actor("a");
    await actor.do({ action: "write", text: "one\ntwo\n" });
    await first.until(has('"two"'));
    await a.kill();
    const seen = await first.ended();
    await actor.do({ action: "write", text: "three\n" });
    const lastEventId = seen.at(-1)?.lastEventId ?? assert.fail();
    const second = await EventClient.open(b.port, `/api/builds/${build.id}/events`, { "Last-Event-ID": lastEventId });
    await second.until(has('"three"'));
    actor.tell({ action: "exit", code: 0 });
    const rest = await second.ended();
    assert.equal(lastState(rest).status, "succeeded");
    const log = await textOf(cluster.logs.root(build.id).fork());
    const all = Array.from(log.matchAll(/^id: (.*)$/gm), ([, id = ""]) => id);
    assert.deepEqual([...ids(seen), ...ids(rest)], all);
    const last = { "Last-Event-ID": all.at(-1) ?? "" };
    assert.equal((await ask(b.port, "GET", `/api/builds/${build.id}/events`, { headers: last })).status, 204);
    assert.equal((await endOf(b, build)).status, "succeeded");
    const text = await ask(b.port, "GET", `/api/builds/${build.id}/log`);
    assert.match(text.text, /\none\ntwo\nthree\n/);
  });

  it("serve lines, the outline and a search of a build that runs elsewhere", async (t) => {
    const cluster = await Cluster.open(t);
    const site = await cluster.site();
    await cluster.builder();
    const { id } = await accepted(site.port, "a");
    const actor = await cluster.stage.actor("a");
    const client = await EventClient.open(site.port, `/api/builds/${id}/events`);
    const numbers = Array.from({ length: 600 }, (_, index) => `line ${index + 1}`);
    await actor.do({ action: "write", text: `${numbers.join("\n")}\nError: broken\n` });
    await client.until(has("Error: broken"));
    const outline = (await ask(site.port, "GET", `/api/builds/${id}/outline`)).json;
    const lines = (await ask(site.port, "GET", `/api/builds/${id}/lines?from=500&count=3`)).json;
    assert.equal(lines["from"], 500);
    assert.equal(lines["lastEventId"], client.events.at(-1)?.lastEventId);
    const shown = lines["lines"] as { number: number; text: string }[];
    assert.deepEqual(shown.map(({ number }) => number), [500, 501, 502]);
    const offset = shown[0]?.text.replace("line ", "");
    assert.deepEqual(shown.map(({ text }) => text), [0, 1, 2].map((more) => `line ${Number(offset) + more}`));
    assert.equal(outline["lineCount"], lines["lineCount"]);
    assert.equal((outline["marks"] as unknown[]).length, 1);
    const found = await ask(site.port, "GET", `/api/builds/${id}/search?q=line%20599`);
    const report = JSON.parse(found.text.trim().split("\n").at(-1) ?? "") as { count: number; end: string };
    assert.deepEqual([report.count, report.end], [1, "complete"]);
    const late = await ask(site.port, "GET", `/api/builds/${id}/search?q=line%2059&from=560`);
    assert.match(late.text, /"count":10,/);
    // The index follows the log.
    await actor.do({ action: "write", text: "the end\n" });
    await client.until(has("the end"));
    const count = Number(outline["lineCount"]);
    const last = (await ask(site.port, "GET", `/api/builds/${id}/lines?from=${count + 1}`)).json;
    assert.deepEqual((last["lines"] as { text: string }[]).map(({ text }) => text), ["the end"]);
    actor.tell({ action: "exit", code: 1 });
    const end = lastState(await client.ended());
    assert.equal(end.status, "failed");
    const after = (await ask(site.port, "GET", `/api/builds/${id}/lines?from=${count + 2}`)).json;
    assert.equal(after["lineCount"], count + 1 + (after["lines"] as unknown[]).length);
  });

  it("show the feed on every machine, with the name of the build in each line", async (t) => {
    const cluster = await Cluster.open(t);
    const [a, b] = [await cluster.site(), await cluster.site()];
    const clients = await Promise.all([a, b].map(({ port }) => EventClient.open(port, "/api/log/push")));
    await cluster.builder();
    const { id } = await accepted(a.port, "a");
    const actor = await cluster.stage.actor("a");
    await actor.do({ action: "write", text: "hello\n" });
    actor.tell({ action: "exit", code: 0 });
    const isOver = (events: readonly DecodedEvent[]): boolean =>
      events.some(({ type, data }) => type === "build" && data.includes('"status":"succeeded"'));
    const [one = [], two] = await Promise.all(clients.map((client) => client.until(isOver)));
    assert.deepEqual(one, two);
    assert.ok(one.some(({ type, data }) => type === "message" && data.endsWith(`[${id} a] hello`)));
    for (const client of clients) client.close();
  });

  it("cancel a build from any machine: one that runs, one that waits, one that is just being taken", async (t) => {
    const cluster = await Cluster.open(t);
    const [a, b] = [await cluster.site(), await cluster.site()];
    await cluster.builder();
    const running = await accepted(a.port, "a");
    const client = await EventClient.open(b.port, `/api/builds/${running.id}/events`);
    await cluster.stage.actor("a");
    const waiting = await accepted(b.port, "b");
    assert.equal((await stateOf(b, waiting)).queuePosition, 1);
    const ended = await ask(a.port, "POST", `/api/builds/${waiting.id}/cancel`);
    assert.equal((ended.json["build"] as BuildRecord).status, "cancelled");
    const log = await EventClient.open(b.port, `/api/builds/${waiting.id}/events`);
    assert.equal(lastState(await log.ended()).message, "cancelled before it started");
    assert.equal((await ask(b.port, "POST", `/api/builds/${running.id}/cancel`)).status, 202);
    assert.equal(lastState(await client.ended()).status, "cancelled");
    await endOf(a, running);
    assert.equal((await ask(a.port, "POST", `/api/builds/${running.id}/cancel`)).status, 409);
    // A builder has taken the job, but has not started it.
    cluster.jobs.remove = async () => false;
    cluster.jobs.onAdd = ({ build }) => void cluster.logs.root("cancel").publish({ event: "cancel", data: build.id });
    const early = await accepted(a.port, "c");
    const stream = await EventClient.open(a.port, `/api/builds/${early.id}/events`);
    assert.equal(lastState(await stream.ended()).status, "cancelled");
    assert.deepEqual(cluster.jobs.errors, []);
  });

  it("refuse a second build of a project, too many builds, and a variable that is no longer known", async (t) => {
    const cluster = await Cluster.open(t);
    const [a, b] = [await cluster.site({ queueLimit: 2 }), await cluster.site({ queueLimit: 2 })];
    const first = await accepted(a.port, "a");
    const twin = await start(a.port, "a");
    assert.deepEqual([twin.status, (twin.json["build"] as BuildRecord).id], [409, first.id]);
    // Both are accepted before either machine knows of the other.
    const both = await Promise.all([start(a.port, "b"), start(b.port, "b")]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [202, 409]);
    const full = await start(a.port, "c");
    assert.deepEqual([full.status, (full.json["error"] as { code: string }).code], [503, "QUEUE_FULL"]);
    for (const { build } of [...cluster.jobs.waiting]) await ask(a.port, "POST", `/api/builds/${build.id}/cancel`);
    const body = { projectPath: "c", env: { PIN: "2580" } };
    const secret = (await postJson(a.port, "/api/project/build", body)).json["build"] as BuildRecord;
    assert.equal(cluster.jobs.waiting[0]?.request.variables?.["PIN"], "2580");
    assert.ok(!(await textOf(cluster.logs.root(secret.id).fork())).includes("2580"));
    await ask(a.port, "POST", `/api/builds/${secret.id}/cancel`);
    assert.equal((await ask(b.port, "POST", `/api/builds/${secret.id}/rerun`)).status, 422);
    assert.equal((await ask(b.port, "POST", `/api/builds/${first.id}/rerun`)).status, 202);
  });

  it("mark a build as lost when its builder has ended, and stop that builder if it has not", async (t) => {
    const cluster = await Cluster.open(t);
    const site = await cluster.site();
    const first = await cluster.builder();
    const build = await accepted(site.port, "a");
    const client = await EventClient.open(site.port, `/api/builds/${build.id}/events`);
    const actor = await cluster.stage.actor("a");
    await actor.do({ action: "write", text: "one\n" });
    await client.until(has('"one"'));
    await cluster.builder();
    cluster.jobs.abandon(first);
    const events = await client.ended();
    const { status, message, steps } = lastState(events);
    assert.deepEqual([status, message], ["lost", "lost: the server ended while a was running"]);
    assert.deepEqual(steps.map((step) => step.status), ["lost"]);
    assert.match(events.at(-2)?.data ?? "", /"stream":"system","text":"lost: the server ended while a was running"/);
    assert.equal((await endOf(site, build)).status, "lost");
    // The builder was only out of touch: its build ends at its next line.
    actor.tell({ action: "write", text: "two\n" });
    await actor.gone;
    assert.equal((await ask(site.port, "POST", `/api/builds/${build.id}/rerun`)).status, 202);
  });

  it("run a build that a builder had taken, but not started", async (t) => {
    const cluster = await Cluster.open(t);
    const site = await cluster.site();
    const build = await accepted(site.port, "a");
    const [job = assert.fail()] = cluster.jobs.waiting;
    const builder = await cluster.builder();
    (await cluster.stage.actor("a")).tell({ action: "exit", code: 0 });
    const client = await EventClient.open(site.port, `/api/builds/${build.id}/events`);
    assert.equal(lastState(await client.ended()).status, "succeeded");
    // A job that is repeated after its end does nothing.
    assert.equal((await builder.run(job)).status, "succeeded");
    const text = await textOf(cluster.logs.root(build.id).fork());
    assert.equal(text.split("event: end").length, 2);
  });

  it("end a build without a job: the process that accepted it has ended, or the job was lost", async (t) => {
    const cluster = await Cluster.open(t);
    const site = await cluster.site({ checkInterval: 20 });
    const build = await accepted(site.port, "a");
    const client = await EventClient.open(site.port, `/api/builds/${build.id}/events`);
    await cluster.jobs.remove(build.id);
    const { status, message } = lastState(await client.ended());
    assert.deepEqual([status, message], ["lost", "lost: the server ended while the build was waiting"]);
    assert.equal((await endOf(site, build)).status, "lost");
    // Its log has the end, but the states do not.
    const text = await textOf(cluster.logs.root(build.id).fork());
    cluster.logs.remove("builds");
    const record = JSON.stringify({ ...build, status: "running" });
    await cluster.logs.root("builds").publish({ event: "build", data: record });
    const other = await cluster.site({ checkInterval: 20 });
    assert.equal((await endOf(other, build)).status, "lost");
    assert.equal(await textOf(cluster.logs.root(build.id).fork()), text);
  });

  it("end a build that the machine of its builder cannot plan", async (t) => {
    const cluster = await Cluster.open(t);
    const site = await cluster.site();
    const build = await accepted(site.port, "a");
    await rm(join(cluster.root, "a"), { recursive: true });
    await cluster.builder();
    const client = await EventClient.open(site.port, `/api/builds/${build.id}/events`);
    const { status, message } = lastState(await client.ended());
    assert.equal(status, "failed");
    assert.match(message ?? "", /^Cannot /);
  });

  it("continue after an outage of the store without a missing line", async (t) => {
    const cluster = await Cluster.open(t);
    const site = await cluster.site({ patience: 100 });
    const builder = await cluster.builder();
    const build = await accepted(site.port, "a");
    const client = await EventClient.open(site.port, `/api/builds/${build.id}/events`);
    const actor = await cluster.stage.actor("a");
    await actor.do({ action: "write", text: "before\n" });
    await client.until(has('"before"'));
    builder.logs.interrupt();
    site.logs.interrupt();
    await actor.do({ action: "write", text: "during\n" });
    const refused = await start(site.port, "b");
    assert.deepEqual([refused.status, (refused.json["error"] as { code: string }).code], [503, "LOG_UNAVAILABLE"]);
    builder.logs.restore();
    site.logs.restore();
    actor.tell({ action: "exit", code: 0 });
    const texts = (await client.ended()).filter(({ type }) => type === "line").map(({ data }) => data);
    const numbers = texts.map((data) => (JSON.parse(data) as { number: number }).number);
    assert.deepEqual(numbers, Array.from(numbers, (_, index) => index + 1));
    assert.ok(texts.some((data) => data.includes('"during"')));
  });

  it("know all builds at the start, and forget the oldest and those whose log the store has removed", async (t) => {
    const cluster = await Cluster.open(t);
    const builder = await cluster.builder();
    const first = await cluster.site();
    const builds: BuildRecord[] = [];
    for (const name of ["a", "b", "c"]) {
      const build = await accepted(first.port, name);
      builds.push(build);
      (await cluster.stage.actor(name)).tell({ action: "exit", code: 0 });
      await (await EventClient.open(first.port, `/api/builds/${build.id}/events`)).ended();
    }
    await builder.close();
    const site = await cluster.site({ keep: 2, idleTimeout: 20 });
    const listed = (await ask(site.port, "GET", "/api/builds")).json["builds"] as BuildRecord[];
    assert.deepEqual(listed.map(({ id }) => id), builds.slice(1).map(({ id }) => id).reverse());
    const [, second, third] = builds;
    const path = `/api/builds/${second?.id}/events`;
    cluster.logs.remove(third?.id ?? "");
    assert.equal((await ask(site.port, "GET", `/api/builds/${third?.id}/events`)).status, 404);
    assert.equal((await ask(site.port, "GET", `/api/builds/${third?.id}/lines`)).status, 404);
    assert.equal((await ask(site.port, "GET", `/api/builds/${third?.id}/search?q=x`)).status, 404);
    // A stream that no client reads is closed.
    await (await EventClient.open(site.port, path)).ended();
    while (site.logs.openCount > 2) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(lastState(await (await EventClient.open(site.port, path)).ended()).status, "succeeded");
  });

  const notLinux = process.platform !== "linux" && "only Linux shows which processes belong to a build";
  it("end the processes that a killed builder has left on the machine", { skip: notLinux }, async (t) => {
    const cluster = await Cluster.open(t);
    const site = await cluster.site();
    const data = await makeFolder(t);
    await cluster.builder({ data });
    await accepted(site.port, "a");
    const actor = await cluster.stage.actor("a");
    await assert.rejects(cluster.builder({ data }), { code: "DATA_IN_USE" });
    // A copy of the folder stands for that of a builder that was killed.
    const left = await makeFolder(t);
    await cp(data, left, { recursive: true, filter: (path) => !path.endsWith("lock") });
    await cluster.builder({ data: left });
    await actor.gone;
  });

  it("check their options", async () => {
    const logs = new MemoryLogs();
    for (const option of ["queueLimit", "keep", "patience", "checkInterval", "idleTimeout", "other"]) {
      const open = SharedBuilds.open(logs, new MemoryJobs(), { [option]: -1 });
      await assert.rejects(open, (error: Error) => error.message.includes(option));
    }
    for (const option of ["roots", "concurrency", "patience", "other"]) {
      const open = SharedBuilder.open(logs, { roots: [], [option]: -1 });
      await assert.rejects(open, (error: Error) => error.message.includes(option));
    }
  });
});
