import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { ChannelGroup } from "../../../dist/channel/group/channel-group.js";
import { MemoryLog } from "../../../dist/channel/history/memory-log.js";
import { collectGarbage, rawClient, until } from "../../support/channel.js";
import { TestServer } from "../../support/http.js";
import type { TestContext } from "node:test";
import type { ChannelGroupOptions } from "../../../dist/channel/group/channel-group-options.js";
import type { RunOptions } from "../../../dist/channel/group/channel-run.js";
import type { DiagnosticsMessages } from "../../../dist/channel/diagnostics.js";
import type { StreamSource } from "../../../dist/channel/stream-source.js";

const ANSWER = { backlog: "all", capacity: Infinity, retry: null } as const;

/** A group whose clients receive every event. */
function makeGroup(t: TestContext, options: ChannelGroupOptions = {}): ChannelGroup {
  const group = new ChannelGroup({ channel: ANSWER, ...options });
  t.after(() => group.close({ deadline: 0 }));
  return group;
}

/** Follows a topic to the end of its channel. Resolves with the stream, without the ids. */
async function readTopic(group: ChannelGroup, topic: string, init?: RequestInit): Promise<string> {
  const response = await group.respond(topic, new Request("http://localhost/", init));
  return (await response.text()).replaceAll(/^id: .*\n|^:\n/gm, "");
}

/** An async generator that yields `events` and is silent until `signal` is aborted. It records its end. */
async function* silentAfter(
  events: readonly string[],
  signal: AbortSignal,
  ends: string[],
): AsyncGenerator<string, void, undefined> {
  try {
    yield* events;
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
  } finally {
    ends.push("stopped");
  }
}

/** The errors that are reported during the test. */
function collectReports(t: TestContext): DiagnosticsMessages["tailcast:error"][] {
  const reports: DiagnosticsMessages["tailcast:error"][] = [];
  const onReport = (report: unknown): void => void reports.push(report as DiagnosticsMessages["tailcast:error"]);
  subscribe("tailcast:error", onReport);
  t.after(() => unsubscribe("tailcast:error", onReport));
  return reports;
}

describe("ChannelGroup.run()", () => {
  it("publishes a source without clients, ends the channel, and shows all of it to later clients", async (t) => {
    const group = makeGroup(t);
    const { channel, ended } = await group.run("a", ["one", { event: "word", data: "two" }]);
    assert.deepEqual(await ended, { outcome: "done" });
    assert.equal(channel.state, "ending");
    const text = "data: one\n\nevent: word\ndata: two\n\nevent: end\ndata: done\n\n";
    assert.equal(await readTopic(group, "a"), text);
    assert.equal(await readTopic(group, "a"), text);
  });

  it("answers a client that has all events with 204, and resumes the others", async (t) => {
    const group = makeGroup(t);
    const { channel, ended } = await group.run("a", ["one", "two"]);
    await ended;
    let text = "";
    for await (const bytes of channel.read()) text += Buffer.from(bytes).toString();
    const [first = "", , last = ""] = text.match(/(?<=^id: ).*/gm) ?? [];
    const rest = await readTopic(group, "a", { headers: { "Last-Event-ID": first } });
    assert.equal(rest, "data: two\n\nevent: end\ndata: done\n\n");
    const complete = { headers: { "Last-Event-ID": last } };
    assert.equal((await group.respond("a", new Request("http://localhost/", complete))).status, 204);
  });

  it("shows the same events to clients from before, during and after the run", async (t) => {
    const group = makeGroup(t);
    const before = readTopic(group, "a");
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const { ended } = await group.run("a", async function* () {
      yield "one";
      await released;
      yield "two";
    });
    const during = readTopic(group, "a");
    await until(() => group.statistics.clients === 2);
    release();
    await ended;
    const after = await readTopic(group, "a");
    assert.equal(after, "data: one\n\ndata: two\n\nevent: end\ndata: done\n\n");
    assert.deepEqual([await before, await during], [after, after]);
  });

  it("accepts every kind of source, and a function that returns one later", async (t) => {
    const group = makeGroup(t);
    const stream = (): ReadableStream<string> =>
      new ReadableStream({
        start(controller) {
          controller.enqueue("one");
          controller.close();
        },
      });
    const sources = [["one"], stream(), () => ["one"], async () => await Promise.resolve(stream())];
    for (const [index, source] of sources.entries()) {
      await group.run(String(index), source);
      assert.equal(await readTopic(group, String(index)), "data: one\n\nevent: end\ndata: done\n\n");
    }
  });

  it("stops a silent source for all clients", async (t) => {
    const group = makeGroup(t);
    const ends: string[] = [];
    const { ended } = await group.run("a", ({ signal }) => silentAfter(["one"], signal, ends));
    const readers = [readTopic(group, "a"), readTopic(group, "a")];
    await until(() => group.statistics.clients === 2);
    assert.equal(group.stop("a"), true);
    assert.deepEqual(await ended, { outcome: "stopped" });
    const text = "data: one\n\nevent: end\ndata: stopped\n\n";
    assert.deepEqual(await Promise.all(readers), [text, text]);
    await until(() => ends.length === 1);
    assert.equal(group.stop("a"), false);
    assert.equal(group.stop("b"), false);
  });

  it("stops without waiting for a function that ignores the signal", async (t) => {
    const group = makeGroup(t);
    const { ended } = await group.run("a", () => new Promise(() => undefined));
    group.stop("a");
    assert.deepEqual(await ended, { outcome: "stopped" });

    let cancelled = false;
    let release: (source: ReadableStream<string>) => void = () => undefined;
    const late = await group.run("b", () => new Promise<ReadableStream<string>>((resolve) => (release = resolve)));
    group.stop("b");
    await late.ended;
    release(new ReadableStream({ cancel: () => void (cancelled = true) }));
    await until(() => cancelled);
    assert.equal(await readTopic(group, "b"), "event: end\ndata: stopped\n\n");
  });

  it("stops when the signal of its options is aborted, also before it starts", async (t) => {
    const group = makeGroup(t);
    const ends: string[] = [];
    const source = ({ signal }: { signal: AbortSignal }): StreamSource => silentAfter([], signal, ends);
    const controller = new AbortController();
    const { ended } = await group.run("a", source, { signal: controller.signal });
    controller.abort();
    assert.deepEqual(await ended, { outcome: "stopped" });
    const late = await group.run("a", () => new Promise(() => undefined), { signal: controller.signal });
    assert.deepEqual(await late.ended, { outcome: "stopped" });
  });

  it("reports the error of a source, and ends the channel", async (t) => {
    const group = makeGroup(t);
    const reports = collectReports(t);
    const error = new Error("the model is gone");
    const { channel, ended } = await group.run("a", async function* () {
      yield "one";
      await Promise.reject(error);
    });
    assert.deepEqual(await ended, { outcome: "failed", error });
    assert.deepEqual(reports, [{ channel, hook: "run", error }]);
    assert.equal(await readTopic(group, "a"), "data: one\n\nevent: end\ndata: failed\n\n");
    const bad = await group.run("b", [{ comment: "no data" }]);
    const end = await bad.ended;
    assert.equal((end.error as { code?: string }).code, "INVALID_EVENT");
  });

  it("emits the error as a warning when nothing subscribes", async (t) => {
    const group = makeGroup(t);
    const warning = new Promise<Error>((resolve) => process.once("warning", resolve));
    await group.run("a", () => Promise.reject(new Error("the model is gone")));
    assert.equal((await warning).message, "The source of a run failed");
  });

  it("publishes another end event, or none", async (t) => {
    const group = makeGroup(t);
    for (const [endEvent, text] of [
      ["over", "data: one\n\nevent: over\ndata: done\n\n"],
      [null, "data: one\n\n"],
    ] as const) {
      const { ended } = await group.run("a", ["one"], { endEvent });
      await ended;
      assert.equal(await readTopic(group, "a"), text);
    }
  });

  it("refuses a second run of a topic until the first has ended, and then opens a new channel", async (t) => {
    const group = makeGroup(t);
    let cancelled = false;
    const source = new ReadableStream<string>({ cancel: () => void (cancelled = true) });
    const first = await group.run("a", () => new Promise(() => undefined));
    await assert.rejects(group.run("a", source), { code: "RUN_IN_PROGRESS" });
    assert.ok(cancelled, "the source of the refused run is stopped");
    group.stop("a");
    await first.ended;
    const { channel, ended } = await group.run("a", ["two"]);
    await ended;
    assert.notEqual(channel, first.channel);
    assert.equal(await readTopic(group, "a"), "data: two\n\nevent: end\ndata: done\n\n");
  });

  it("refuses bad options and sources", async (t) => {
    const group = makeGroup(t);
    const bad: [unknown, unknown][] = [
      ["text", {}],
      [["one"], { endEvent: "a\nb" }],
      [["one"], { endEvent: 5 }],
      [["one"], { signal: {} }],
      [["one"], { end: "e" }],
    ];
    for (const [source, options] of bad) {
      const run = group.run("a", source as StreamSource, options as RunOptions);
      await assert.rejects(run, { code: "INVALID_OPTION" }, JSON.stringify(options));
    }
    await assert.rejects(group.run(1 as never, ["one"]), { code: "INVALID_OPTION" });
    const { ended } = await group.run("a", ["one"]);
    assert.deepEqual(await ended, { outcome: "done" });
  });

  it("keeps the channel of a silent run without clients, and closes it after its end", async (t) => {
    const group = makeGroup(t, { idleTimeout: 30 });
    const ends: string[] = [];
    const { channel, ended } = await group.run("a", ({ signal }) => silentAfter([], signal, ends));
    const idle = await group.get("idle");
    await until(() => idle.state === "closed");
    // The idle channel, opened later, was closed. Another period passes before the channel of the run would be.
    await delay(90);
    assert.equal(channel.state, "open");
    group.stop("a");
    await ended;
    await until(() => channel.state === "closed");
    assert.equal(group.find("a"), undefined);
  });

  it("is stopped by close(), and by the end of its channel, without an end event", async (t) => {
    const group = makeGroup(t);
    const reports = collectReports(t);
    const ends: string[] = [];
    const source = ({ signal }: { signal: AbortSignal }): StreamSource => silentAfter(["one"], signal, ends);
    const run = await group.run("a", source);
    const text = readTopic(group, "a");
    await until(() => group.statistics.clients === 1);
    await group.close({ retry: 0 });
    assert.deepEqual(await run.ended, { outcome: "stopped" });
    assert.equal(await text, "data: one\n\nretry: 0\n");
    await assert.rejects(group.run("a", ["one"]), { code: "CHANNEL_CLOSED" });

    const other = makeGroup(t);
    const { channel, ended } = await other.run("a", async function* () {
      yield "one";
      channel.end();
      yield "two";
    });
    assert.deepEqual(await ended, { outcome: "stopped" });
    assert.equal(await readTopic(other, "a"), "data: one\n\n");
    assert.deepEqual(reports, []);
  });

  it("reports that it cannot publish its end", async (t) => {
    const group = makeGroup(t, { channel: { ...ANSWER, capacityBytes: 40 } });
    const reports = collectReports(t);
    const { channel, ended } = await group.run("a", [], { endEvent: "an-event-that-exceeds-the-capacity" });
    assert.deepEqual(await ended, { outcome: "done" });
    assert.deepEqual(reports.map(({ hook, error }) => [hook, (error as { code?: string }).code]), [
      ["run", "EVENT_TOO_LARGE"],
    ]);
    assert.equal(channel.state, "ending");
  });

  it("keeps more events than the default capacity, up to capacityBytes, and lets other work run", async (t) => {
    const group = makeGroup(t);
    const words = Array.from({ length: 50_000 }, (_, index) => `word ${index}`);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    t.after(() => clearInterval(timer));
    const { ended } = await group.run("a", words);
    await ended;
    assert.ok(turns > 1, "the source blocked the event loop");
    const text = await readTopic(group, "a");
    assert.equal(text, [...words.map((word) => `data: ${word}\n\n`), "event: end\ndata: done\n\n"].join(""));
  });

  it("refuses a channel with a log, without starting the source", async (t) => {
    const group = makeGroup(t, { channel: () => ({ log: new MemoryLog() }) });
    let calls = 0;
    const source = (): string[] => [`call ${++calls}`];
    const refusal = { code: "INVALID_OPTION", message: /"channel": a channel with a log cannot have a run/ };
    await assert.rejects(group.run("a", source), refusal);
    await assert.rejects(group.run("a", source), refusal);
    assert.equal(calls, 0);
    assert.equal(group.stop("a"), false);
  });

  it("does not start a source that was stopped before", async (t) => {
    const group = makeGroup(t);
    let calls = 0;
    const source = (): string[] => [`call ${++calls}`];
    const aborted = await group.run("a", source, { signal: AbortSignal.abort() });
    assert.deepEqual(await aborted.ended, { outcome: "stopped" });
    assert.equal(await readTopic(group, "a"), "event: end\ndata: stopped\n\n");
    const stopped = group.run("b", source);
    assert.equal(group.stop("b"), true);
    assert.deepEqual(await (await stopped).ended, { outcome: "stopped" });
    let cancelled = false;
    const stream = new ReadableStream<string>({ cancel: () => void (cancelled = true) });
    const closed = Promise.all([group.run("c", source), group.run("d", stream)]);
    await group.close();
    for (const { ended } of await closed) assert.deepEqual(await ended, { outcome: "stopped" });
    assert.equal(calls, 0);
    assert.ok(cancelled);
  });

  it("is stopped by a time limit that only its options refer to, also if memory is freed meanwhile", async (t) => {
    const group = makeGroup(t);
    const silent = (): Promise<never> => new Promise(() => undefined);
    const { ended } = await group.run("a", silent, { signal: AbortSignal.timeout(200) });
    await collectGarbage();
    assert.deepEqual(await Promise.race([ended, delay(5000, "it still runs")]), { outcome: "stopped" });
  });

  it("removes its listener from the signal of its options", async (t) => {
    const group = makeGroup(t);
    const { signal } = new AbortController();
    for (const topic of ["a", "b"]) await (await group.run(topic, ["one"], { signal })).ended;
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });

  it("stops a silent source when the application ends or closes the channel, and allows the next run", async (t) => {
    const group = makeGroup(t, { idleTimeout: 30 });
    for (const [round, method] of (["end", "close"] as const).entries()) {
      const ends: string[] = [];
      const { channel, ended } = await group.run("a", ({ signal }) => silentAfter([], signal, ends));
      await channel[method]();
      const next = await group.run("a", [`round ${round}`]);
      assert.deepEqual(await ended, { outcome: "stopped" });
      assert.deepEqual(ends, ["stopped"]);
      assert.equal(await readTopic(group, "a"), `data: round ${round}\n\nevent: end\ndata: done\n\n`);
      await next.ended;
      // Without another run, the idle check stops it.
      const last = await group.run("b", () => new Promise(() => undefined));
      await last.channel[method]();
      assert.deepEqual(await last.ended, { outcome: "stopped" });
    }
  });

  it("starts although a client of the last run does not read", async (t) => {
    const group = makeGroup(t);
    const server = await TestServer.start((request, response) => void group.handle("a", request, response));
    t.after(() => server.close());
    // More than the buffers of the sockets hold.
    const first = await group.run("a", Array.from({ length: 150 }, () => "x".repeat(100_000)));
    await first.ended;
    const client = rawClient(t, server.port, { reads: false }).get("/a");
    await until(() => first.channel.statistics.blocked === 1);
    for (const text of ["two", "three"]) {
      const run = group.run("a", [text]);
      if (text === "two") assert.notEqual(await Promise.race([run, delay(2000, "late")]), "late");
      assert.equal(await readTopic(group, "a"), `data: ${text}\n\nevent: end\ndata: done\n\n`);
    }
    assert.equal(group.statistics.channels, 2);
    client.socket.destroy();
    await until(() => group.statistics.channels === 1);
  });
});
