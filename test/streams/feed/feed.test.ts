import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Channel } from "../../../dist/channel/channel.js";
import { BuildApp } from "../../../dist/web/build-app.js";
import { feedEvent } from "../../../dist/streams/feed/feed-event.js";
import { FeedRanges } from "../../../dist/streams/feed/ranges.js";
import { Feed } from "../../../dist/streams/feed/feed.js";
import { makeFolder } from "../../support/folders.js";
import { EventClient, TestServer, postJson } from "../../support/http.js";
import { lastFirst } from "../../support/lifetime.js";
import { until } from "../../support/channel.js";
import type { BuildRecord } from "../../../dist/runner/record.js";
import type { DecodedEvent } from "../../../dist/protocol/decode.js";
import type { FeedAddition } from "../../../dist/streams/feed/journal.js";
import type { BuildAppOptions } from "../../../dist/web/build-app-options.js";
import type { Lifetime } from "../../support/lifetime.js";

interface Site {
  readonly port: number;
  close(): Promise<void>;
}

async function open(t: Lifetime, options: BuildAppOptions): Promise<Site> {
  const app = await BuildApp.open(options);
  const server = await TestServer.start(app.handle);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= app.close().then(() => server.close()));
  t.after(close);
  return { port: server.port, close };
}

/** Two projects that print some lines, and a folder for data. */
async function scene(t: Lifetime): Promise<BuildAppOptions & { data: string }> {
  const project = (name: string): Record<string, string> => {
    const build =
      "node -e \"for (let n = 1; n <= 900; n++) console.log('" + name + " \\u001b[32m' + n + '\\u001b[0m')\"";
    return { [`${name}/package.json`]: JSON.stringify({ name, scripts: { build } }) };
  };
  const root = await makeFolder(t, { ...project("a"), ...project("b") });
  return { roots: [root], data: join(await makeFolder(t), "data") };
}

/** Builds a project to its end. */
async function build(port: number, projectPath: string): Promise<string> {
  const answer = await postJson(port, "/api/project/build", { projectPath, install: "skip" });
  const { id } = answer.json["build"] as BuildRecord;
  const client = await EventClient.open(port, `/api/builds/${id}/events`);
  await client.ended();
  return id;
}

const follow = (port: number, lastEventId?: string): Promise<EventClient> =>
  EventClient.open(port, "/api/log/push", lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId });

const hasEnded = (id: string, events: readonly DecodedEvent[]): boolean =>
  events.some(({ type, data }) => {
    const record = type === "build" ? (JSON.parse(data) as BuildRecord) : undefined;
    return record?.id === id && record.status === "succeeded";
  });

/** The epoch of an id. */
const epochOf = (event: DecodedEvent | undefined): string => event?.lastEventId.replace(/-\d+$/, "") ?? "";

/** All that a client gets until builds have ended. */
async function untilEnded(client: EventClient, ...ids: string[]): Promise<readonly DecodedEvent[]> {
  await until(() => ids.every((id) => hasEnded(id, client.events)));
  return [...client.events];
}

describe("The feed", () => {
  it("gives clients that reconnect the same events as clients that stay, also after a restart", async (test) => {
    const t = lastFirst(test);
    const options = await scene(t);
    const first = await open(t, options);
    const live = await follow(first.port);
    const ids = await Promise.all([build(first.port, "a"), build(first.port, "b")]);
    const seen = await untilEnded(live, ...ids);
    const epoch = epochOf(seen[0]);
    seen.forEach(({ lastEventId }, index) => assert.equal(lastEventId, `${epoch}-${index + 1}`));
    assert.equal(seen.filter(({ data }) => /^\[[-\d]+ [:\d]+\] (?:\[\w+ [ab]\] )?[ab] \d+$/.test(data)).length, 1800);

    const second = await follow(first.port, `${epoch}-1`);
    assert.deepEqual(await untilEnded(second, ...ids), seen.slice(1));
    await first.close();
    const next = await open(t, options);
    for (const from of [1, 2, 700, seen.length - 1]) {
      const again = await follow(next.port, `${epoch}-${from}`);
      await until(() => again.events.length >= seen.length - from);
      assert.deepEqual(again.events, seen.slice(from));
    }
    // And what comes then has the ids that follow.
    const later = await follow(next.port);
    const third = await build(next.port, "a");
    const [event] = await untilEnded(later, third);
    assert.equal(event?.lastEventId, `${epoch}-${seen.length + 1}`);
  });

  it("has the events of a time without clients", async (test) => {
    const t = lastFirst(test);
    const { port, close } = await open(t, await scene(t));
    const before = await follow(port);
    const first = await build(port, "a");
    const id = (await untilEnded(before, first)).at(-1)?.lastEventId;
    before.close();
    const ids = [await build(port, "b"), await build(port, "a")];
    const after = await follow(port, id);
    const seen = await untilEnded(after, ...ids);
    const lines = seen.flatMap(({ data }) => /\] ([ab] \d+)$/.exec(data)?.[1] ?? []);
    const numbers = (name: string): string[] => Array.from({ length: 900 }, (_, index) => `${name} ${index + 1}`);
    assert.deepEqual(lines, [...numbers("b"), ...numbers("a")]);
    // Only what comes from now on, for who was never here.
    const fresh = await follow(port);
    await close();
    assert.deepEqual(await fresh.ended(), []);
  });

  it("reports a gap where a build's log is gone, and sends the rest", async (test) => {
    const t = lastFirst(test);
    const options = await scene(t);
    const { port, close } = await open(t, { ...options, keep: 1 });
    const live = await follow(port);
    const first = await build(port, "a");
    const gone = await untilEnded(live, first);
    const epoch = epochOf(gone[0]);
    const second = await build(port, "b");
    const seen = await untilEnded(live, second);
    await close();
    const again = await open(t, options);
    const back = await follow(again.port, `${epoch}-10`);
    await until(() => back.events.length > seen.length - gone.length);
    const expected = { lastEventId: `${epoch}-10`, reason: "evicted", missed: gone.length - 10 };
    assert.deepEqual(back.events[0], {
      type: "gap",
      data: JSON.stringify(expected),
      lastEventId: `${epoch}-${gone.length}`,
    });
    assert.deepEqual(back.events.slice(1), seen.slice(gone.length));
    await again.close();
    // Taken away behind its back: what is left is in memory.
    await rm(join(options.data, "builds", second), { recursive: true });
    const next = await open(t, options);
    const last = await follow(next.port, `${epoch}-${gone.length + 1}`);
    await until(() => last.events.length > 0);
    assert.equal(last.events[0]?.type, "gap");
    assert.equal(last.events[0].lastEventId, `${epoch}-${seen.length}`);
  });
});

describe("Feed", () => {
  /** A journal that stores on demand. */
  class HeldJournal {
    readonly epoch = "f";
    readonly ranges: FeedRanges = new FeedRanges();
    end = 1;
    #release: (() => void) | undefined;

    async add(additions: readonly FeedAddition[]): Promise<void> {
      if (additions.length > 0) await new Promise<void>((resolve) => (this.#release = resolve));
      for (const { buildId, first, count } of additions) this.ranges.add(buildId, first, count);
      this.end = this.ranges.end;
    }

    async release(): Promise<void> {
      await until(() => this.#release !== undefined);
      this.#release?.();
      this.#release = undefined;
    }

    close(): Promise<void> {
      return Promise.resolve();
    }
  }

  const fail = (error: unknown): never => {
    throw error;
  };

  it("shows no event before its place is stored", async (t) => {
    const journal = new HeldJournal();
    const feed = new Feed({ epoch: "f" }, fail, { journal, openLog: () => Promise.reject(new Error("gone")) });
    const server = await TestServer.start((request, response) => void feed.channel.handle(request, response));
    t.after(() => server.close());
    const client = await EventClient.open(server.port, "/");
    const stream = new Channel({ uniqueEpoch: "b" });
    feed.follow("b", stream);
    stream.publish({ event: "build", data: "1" });
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    assert.deepEqual(client.events, []);
    await journal.release();
    await until(() => client.events.length > 0);
    assert.deepEqual(client.events, [{ type: "build", data: "1", lastEventId: "f-1" }]);
    stream.end();
    const closed = feed.close();
    await client.ended();
    await closed;
  });

  it("counts events that a build's stream lacks as a gap, and passes unreadable events on as they are", async () => {
    const journal = new HeldJournal();
    const feed = new Feed({ epoch: "f", backlog: "all" }, fail, {
      journal,
      openLog: () => Promise.reject(new Error("gone")),
    });
    const stream = new Channel({ uniqueEpoch: "b", capacity: 2 });
    for (let number = 1; number <= 5; number++) stream.publish({ event: "build", data: String(number) });
    await new Promise(setImmediate);
    feed.follow("b", stream);
    stream.end();
    const closed = feed.close();
    await journal.release();
    await closed;
    assert.deepEqual([journal.end, journal.ranges.reached("b")], [6, 5]);
    assert.deepEqual(feedEvent({ type: "line", data: "not JSON", lastEventId: "" }), { data: "not JSON" });
    assert.deepEqual(feedEvent({ type: "line", data: "null", lastEventId: "" }), { data: "null" });
    const half = JSON.stringify({ number: 1, time: new Date(0).toISOString(), text: "half \ud83d" });
    const timeless = JSON.stringify({ number: 1, time: "once", text: "a" });
    assert.deepEqual(feedEvent({ type: "line", data: timeless, lastEventId: "" }), { data: "[once] a" });
    assert.match(feedEvent({ type: "line", data: half, lastEventId: "" }).data, /^\[.*\] half \ufffd$/);
  });

  it("releases a build when it has all its events", async () => {
    const journal = new HeldJournal();
    const feed = new Feed({ epoch: "f" }, fail, { journal, openLog: () => Promise.reject(new Error("gone")) });
    const stream = new Channel({ uniqueEpoch: "b" });
    feed.follow("b", stream);
    stream.publish("1");
    const forgotten = feed.forget("b");
    stream.end();
    await journal.release();
    await forgotten;
    assert.deepEqual([journal.end, journal.ranges.start, journal.ranges.reached("b")], [2, 2, 0]);
    await feed.close();
  });

  it("continues after an error that must not happen", async () => {
    const errors: unknown[] = [];
    const journal = new HeldJournal();
    const feed = new Feed({ epoch: "f" }, (error) => errors.push(error), {
      journal: Object.assign(journal, { add: () => Promise.reject(new Error("impossible")) }),
      openLog: () => Promise.reject(new Error("gone")),
    });
    const stream = new Channel({ uniqueEpoch: "b" });
    feed.follow("b", stream);
    stream.publish("1");
    await until(() => errors.length > 0);
    stream.end();
    await assert.rejects(feed.flush(), { message: "impossible" });
  });

  it("has every event of builds in memory, even if their streams keep only few", async (test) => {
    const t = lastFirst(test);
    const { roots } = await scene(t);
    const app = await BuildApp.open({ roots, capacity: 100 });
    const server = await TestServer.start(app.handle);
    t.after(() => app.close().then(() => server.close()));
    const client = await follow(server.port);
    const id = await build(server.port, "a");
    const seen = await untilEnded(client, id);
    assert.equal(seen.filter(({ data }) => /\] a \d+$/.test(data)).length, 900);
  });
});
