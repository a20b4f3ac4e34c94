import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { LiveStream } from "../../../dist/page/server/live-stream.js";
import { FakeSource } from "./fake-source.js";
import type { StreamState } from "../../../dist/page/server/live-stream.js";

const MINUTE = 60_000;

class Fixture {
  readonly sources: FakeSource[] = [];
  readonly states: StreamState[] = [];
  readonly seen: string[] = [];
  readonly stream = new LiveStream({
    connect: (url) => {
      const source = new FakeSource(url);
      this.sources.push(source);
      return source;
    },
    onState: (state) => this.states.push(state),
    random: () => 1,
  });

  open(path: string, resume = true): FakeSource {
    this.stream.open({
      path,
      resume,
      on: { line: (data) => this.seen.push(`${path} ${String(data)}`) },
      opened: () => this.seen.push(`${path} opened`),
      failed: () => this.seen.push(`${path} failed`),
    });
    return this.last;
  }

  get last(): FakeSource {
    const source = this.sources.at(-1);
    assert.ok(source);
    return source;
  }

  get state(): string | undefined {
    return this.states.at(-1)?.type;
  }
}

describe("LiveStream", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"], now: 0 }));
  afterEach(() => mock.timers.reset());

  it("passes on the parsed data of its events", () => {
    const fixture = new Fixture();
    const source = fixture.open("/a");
    source.open();
    source.fire("line", "x", "1");
    source.fire("other", "y", "2");
    assert.deepEqual(fixture.seen, ["/a opened", "/a x"]);
    assert.equal(fixture.state, "live");
  });

  it("ignores events of an old stream", () => {
    const fixture = new Fixture();
    const old = fixture.open("/a");
    const current = fixture.open("/b");
    assert.equal(old.readyState, 2);
    old.open();
    old.fire("line", "late");
    old.fail(2);
    current.open();
    current.fire("line", "x");
    assert.deepEqual(fixture.seen, ["/b opened", "/b x"]);
    fixture.stream.close();
    current.fire("line", "late");
    assert.deepEqual(fixture.seen, ["/b opened", "/b x"]);
    assert.equal(fixture.state, "idle");
  });

  it("leaves short interruptions to the browser", () => {
    const fixture = new Fixture();
    const source = fixture.open("/a");
    source.open();
    source.fail(0);
    assert.equal(fixture.state, "reconnecting");
    mock.timers.tick(19_999);
    source.open();
    mock.timers.tick(MINUTE);
    assert.equal(fixture.state, "live");
    assert.equal(fixture.sources.length, 1);
  });

  it("takes over when the browser does not reconnect", () => {
    const fixture = new Fixture();
    const source = fixture.open("/a");
    source.open();
    source.fail(0);
    mock.timers.tick(20_000);
    assert.deepEqual(fixture.states.at(-1), { type: "waiting", reason: "lost", until: 21_000 });
    assert.equal(source.readyState, 2);
  });

  it("takes over after one failed attempt of the browser", () => {
    const fixture = new Fixture();
    const source = fixture.open("/a");
    source.open();
    source.fire("line", "x", "a-7");
    source.fail(0);
    source.open();
    source.fail(0);
    assert.equal(fixture.state, "reconnecting");
    mock.timers.tick(3000);
    source.fail(0);
    assert.deepEqual(fixture.states.at(-1), { type: "waiting", reason: "lost", until: 4000 });
    mock.timers.tick(1000);
    assert.equal(fixture.last.url, "/a?lastEventId=a-7");
  });

  it("retries at once when asked while the browser reconnects", () => {
    const fixture = new Fixture();
    const source = fixture.open("/a");
    source.open();
    source.fail(0);
    fixture.stream.retryNow();
    assert.deepEqual([source.readyState, fixture.sources.length, fixture.state], [2, 2, "connecting"]);
  });

  it("retries after a refusal, ever more slowly, and resumes after the last id", () => {
    const fixture = new Fixture();
    fixture.open("/a").open();
    fixture.last.fire("line", "x", "a 7");
    fixture.last.fail(2);
    for (const wait of [1000, 2000, 4000]) {
      const { length } = fixture.sources;
      assert.deepEqual(fixture.states.at(-1), { type: "waiting", reason: "lost", until: Date.now() + wait });
      mock.timers.tick(wait - 1);
      assert.equal(fixture.sources.length, length);
      mock.timers.tick(1);
      assert.equal(fixture.sources.length, length + 1);
      assert.equal(fixture.last.url, "/a?lastEventId=a%207");
      fixture.last.fail(2);
    }
    assert.deepEqual(fixture.seen, ["/a opened", "/a x", "/a failed", "/a failed", "/a failed", "/a failed"]);
  });

  it("starts with short waits again after a success", () => {
    const fixture = new Fixture();
    fixture.open("/a").fail(2);
    mock.timers.tick(1000);
    fixture.last.fail(2);
    mock.timers.tick(2000);
    fixture.last.open();
    fixture.last.fail(2);
    assert.deepEqual(fixture.states.at(-1), { type: "waiting", reason: "lost", until: 4000 });
  });

  describe("when streams end as soon as they are open", () => {
    /** The refusal of a full server: 200, a reconnection time, the end. */
    function turnAway(fixture: Fixture): void {
      fixture.last.open();
      mock.timers.tick(500);
      fixture.last.fail(0);
    }

    it("reports it after the second, and waits ever longer", () => {
      const fixture = new Fixture();
      const source = fixture.open("/a");
      turnAway(fixture);
      assert.equal(fixture.state, "reconnecting");
      assert.equal(source.readyState, 0);
      mock.timers.tick(7000);
      turnAway(fixture);
      assert.equal(source.readyState, 2);
      for (const wait of [8000, 16_000, 30_000]) {
        assert.deepEqual(fixture.states.at(-1), { type: "waiting", reason: "full", until: Date.now() + wait });
        mock.timers.tick(wait);
        assert.equal(fixture.state, "connecting");
        turnAway(fixture);
      }
      assert.equal(fixture.sources.length, 4);
      assert.deepEqual(fixture.seen, ["/a opened", "/a failed", "/a failed", "/a failed", "/a failed"]);
    });

    it("does not report the next one as live until it has lasted", () => {
      const fixture = new Fixture();
      const source = fixture.open("/a");
      turnAway(fixture);
      source.open();
      mock.timers.tick(1999);
      assert.equal(fixture.state, "reconnecting");
      mock.timers.tick(1);
      assert.equal(fixture.state, "live");
      assert.deepEqual(fixture.seen, ["/a opened", "/a opened"]);
      source.fail(0);
      source.open();
      source.fail(0);
      assert.equal(fixture.state, "reconnecting");
    });

    it("reports it as live at its first event", () => {
      const fixture = new Fixture();
      const source = fixture.open("/a");
      turnAway(fixture);
      source.open();
      source.fire("line", "x", "1");
      source.fire("line", "y", "2");
      assert.equal(fixture.state, "live");
      assert.deepEqual(fixture.seen, ["/a opened", "/a opened", "/a x", "/a y"]);
      source.fail(0);
      assert.equal(fixture.state, "reconnecting");
      assert.equal(source.readyState, 0);
    });

    it("starts with short waits again after one that lasted", () => {
      const fixture = new Fixture();
      fixture.open("/a");
      turnAway(fixture);
      turnAway(fixture);
      mock.timers.tick(8000);
      fixture.last.open();
      mock.timers.tick(2000);
      fixture.last.fail(2);
      assert.deepEqual(fixture.states.at(-1), { type: "waiting", reason: "lost", until: Date.now() + 1000 });
    });

    it("does not count streams that lasted, or streams of another target", () => {
      const fixture = new Fixture();
      const source = fixture.open("/a");
      turnAway(fixture);
      source.open();
      mock.timers.tick(2000);
      source.fail(0);
      turnAway(fixture);
      assert.equal(fixture.state, "reconnecting");
      fixture.open("/b");
      turnAway(fixture);
      assert.equal(fixture.state, "reconnecting");
      assert.equal(fixture.last.readyState, 0);
    });
  });

  it("does not resume if the target says so, nor in another stream", () => {
    const fixture = new Fixture();
    fixture.open("/feed", false).fire("line", "x", "7");
    fixture.last.fail(2);
    mock.timers.tick(1000);
    assert.equal(fixture.last.url, "/feed");
    fixture.open("/a").fire("line", "x", "8");
    assert.equal(fixture.open("/b").url, "/b");
    fixture.last.fail(2);
    mock.timers.tick(1000);
    assert.equal(fixture.last.url, "/b");
  });

  it("retries at once when asked, but only while it waits", () => {
    const fixture = new Fixture();
    fixture.stream.retryNow();
    fixture.open("/a").open();
    fixture.stream.retryNow();
    assert.equal(fixture.sources.length, 1);
    fixture.last.fail(2);
    fixture.stream.retryNow();
    assert.equal(fixture.sources.length, 2);
    mock.timers.tick(MINUTE);
    assert.equal(fixture.sources.length, 2);
  });

  it("does not retry after close", () => {
    const fixture = new Fixture();
    fixture.open("/a").fail(2);
    fixture.stream.close();
    mock.timers.tick(MINUTE);
    assert.equal(fixture.sources.length, 1);
  });

  it("can be replaced from within a failure", () => {
    const fixture = new Fixture();
    fixture.stream.open({ path: "/gone", resume: true, on: {}, failed: () => fixture.open("/feed") });
    fixture.last.fail(2);
    mock.timers.tick(MINUTE);
    assert.deepEqual(
      fixture.sources.map(({ url }) => url),
      ["/gone", "/feed"],
    );
  });

  it("begins after the id that its target names, once, and retries when that fails", async () => {
    const fixture = new Fixture();
    const answers: (string | undefined | Error)[] = [new Error("away"), "a-7", "a-9", undefined];
    const begin = (): Promise<string | undefined> => {
      const answer = answers.shift();
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    };
    const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
    const target = { path: "/a", resume: true, begin, on: {}, failed: () => fixture.seen.push("failed") };
    fixture.stream.open(target);
    await settle();
    assert.deepEqual([fixture.state, fixture.seen, fixture.sources.length], ["waiting", ["failed"], 0]);
    mock.timers.tick(1000);
    await settle();
    assert.equal(fixture.last.url, "/a?lastEventId=a-7");
    fixture.last.fail(2);
    mock.timers.tick(MINUTE);
    await settle();
    assert.deepEqual(
      fixture.sources.map(({ url }) => url),
      ["/a?lastEventId=a-7", "/a?lastEventId=a-7"],
    );
    // Another stream is opened before the answer arrives.
    fixture.stream.open(target);
    fixture.open("/feed");
    await settle();
    assert.equal(fixture.last.url, "/feed");
    // The target has no id: it has opened another stream itself, or none.
    fixture.stream.open(target);
    await settle();
    assert.equal(fixture.sources.length, 3);
  });
});
