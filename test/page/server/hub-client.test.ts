import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { HubClient } from "../../../dist/page/server/hub-client.js";
import { LiveStream } from "../../../dist/page/server/live-stream.js";
import { FakeSource } from "./fake-source.js";
import { FakeChannel, HubFixture } from "./hub-fixture.js";
import type { StreamState } from "../../../dist/page/server/live-stream.js";

interface Options {
  /** Whether the browser has a `SharedWorker`. */
  readonly hasHub?: boolean;
  /** Whether the hub answers. */
  readonly answers?: boolean;
}

/** A tab with a live stream over a hub. */
class Fixture {
  readonly hub = new HubFixture();
  readonly own: FakeSource[] = [];
  readonly states: StreamState[] = [];
  readonly seen: unknown[] = [];
  readonly channels: FakeChannel[] = [];
  failHub: () => void = () => undefined;
  readonly client: HubClient;
  readonly stream: LiveStream;

  constructor({ hasHub = true, answers = true }: Options = {}) {
    this.client = new HubClient({
      connectHub: () => {
        if (!hasHub) throw new ReferenceError("SharedWorker is not defined");
        const channel = new FakeChannel();
        this.channels.push(channel);
        // A worker takes its time.
        if (answers) queueMicrotask(() => this.hub.hub.serve(channel.hub));
        return { port: channel.tab, onFailure: (listener) => (this.failHub = listener) };
      },
      connect: (url) => {
        const source = new FakeSource(url);
        this.own.push(source);
        return source;
      },
      isMultiplexed: () => false,
    });
    this.stream = new LiveStream({
      connect: (url, isComplete) => this.client.connect(url, isComplete),
      onState: (state) => this.states.push(state),
      random: () => 1,
    });
  }

  async open(path: string): Promise<void> {
    const poll = (): Promise<void> => {
      this.seen.push("poll");
      return Promise.resolve();
    };
    this.stream.open({ path, resume: true, on: { line: (data) => this.seen.push(data) }, poll });
    await settle();
  }

  get state(): string | undefined {
    return this.states.at(-1)?.type;
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

describe("HubClient", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 0 }));
  afterEach(() => mock.timers.reset());

  it("delivers the events of a stream that the hub holds", async () => {
    const fixture = new Fixture();
    await fixture.open("/b");
    fixture.hub.last.open();
    fixture.hub.last.lines(1, 2);
    mock.timers.tick(10);
    assert.equal(fixture.state, "live");
    assert.deepEqual(fixture.seen, [1, 2]);
    assert.deepEqual(fixture.own, []);
    fixture.stream.close();
    assert.deepEqual(fixture.hub.urls, []);
  });

  it("pauses, and continues after the last event", async () => {
    const fixture = new Fixture();
    await fixture.open("/b");
    fixture.hub.last.open();
    fixture.hub.last.lines(1);
    mock.timers.tick(10);
    fixture.stream.pause();
    assert.deepEqual([fixture.state, fixture.hub.urls], ["idle", []]);
    fixture.stream.retryNow();
    await settle();
    assert.deepEqual(fixture.hub.urls, []);
    fixture.stream.unpause();
    await settle();
    assert.deepEqual(fixture.hub.urls, ["/b?lastEventId=b-1"]);
  });

  it("polls once a second while no connection is free, and is live when one is", async () => {
    const fixture = new Fixture();
    const others = fixture.hub.tab();
    for (let number = 0; number < 4; number++) others.open(number, `/${number}`);
    await fixture.open("/b");
    assert.equal(fixture.state, "polling");
    mock.timers.tick(1000);
    await settle();
    mock.timers.tick(1000);
    await settle();
    assert.deepEqual(fixture.seen, ["poll", "poll", "poll"]);
    others.send({ type: "close", source: 0 });
    fixture.hub.last.open();
    assert.equal(fixture.state, "live");
    mock.timers.tick(10_000);
    await settle();
    assert.equal(fixture.seen.length, 3);
  });

  it("opens its own streams without a SharedWorker", async () => {
    const fixture = new Fixture({ hasHub: false });
    await fixture.open("/b");
    fixture.own[0]?.open();
    fixture.own[0]?.lines(1);
    assert.equal(fixture.state, "live");
    await fixture.open("/c");
    assert.deepEqual(fixture.own.map(({ url, readyState }) => [url, readyState]), [["/b", 2], ["/c", 0]]);
    assert.deepEqual(fixture.seen, [1]);
  });

  it("opens its own streams when the worker fails, or does not answer in 5 s", async () => {
    const failing = new Fixture({ answers: false });
    await failing.open("/b");
    failing.failHub();
    assert.deepEqual(failing.own.map(({ url }) => url), ["/b"]);
    const silent = new Fixture({ answers: false });
    await silent.open("/b");
    mock.timers.tick(4999);
    assert.deepEqual(silent.own, []);
    mock.timers.tick(1);
    assert.deepEqual(silent.own.map(({ url }) => url), ["/b"]);
  });

  it("starts another hub when the hub is silent, and continues after the last event", async () => {
    const fixture = new Fixture();
    await fixture.open("/b");
    fixture.hub.last.open();
    fixture.hub.last.lines(1);
    mock.timers.tick(10);
    // The worker ends without a word.
    (fixture.channels[0] ?? assert.fail()).hub.isClosed = true;
    mock.timers.tick(25_000);
    assert.equal(fixture.state, "waiting");
    mock.timers.tick(1000);
    await settle();
    assert.equal(fixture.channels.length, 2);
    assert.equal(fixture.hub.last.url, "/b?lastEventId=b-1");
  });

  it("keeps a hub that sends nothing but pings", async () => {
    const fixture = new Fixture();
    await fixture.open("/b");
    fixture.hub.last.open();
    for (let second = 0; second < 120; second++) mock.timers.tick(1000);
    assert.deepEqual([fixture.state, fixture.channels.length], ["live", 1]);
  });

  it("leaves the hub with the page, and continues when the page is shown again", async () => {
    const fixture = new Fixture();
    await fixture.open("/b");
    fixture.hub.last.open();
    fixture.hub.last.lines(1);
    mock.timers.tick(10);
    fixture.client.leave();
    assert.deepEqual(fixture.hub.urls, []);
    fixture.client.restart();
    mock.timers.tick(1000);
    await settle();
    assert.deepEqual(fixture.hub.urls, ["/b?lastEventId=b-1"]);
  });
});
