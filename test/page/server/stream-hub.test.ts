import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { HubFixture } from "./hub-fixture.js";
import type { TabFixture } from "./hub-fixture.js";

/** Waits until the batches are sent; returns what a tab has received since the last call, without the lines' type. */
function take(tab: TabFixture): string[] {
  mock.timers.tick(10);
  return tab.seen.splice(0).map((item) => item.replace(" line ", " "));
}

describe("StreamHub", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 0 }));
  afterEach(() => mock.timers.reset());

  it("opens one source for all tabs with the same path", () => {
    const fixture = new HubFixture();
    const tabs = Array.from({ length: 12 }, () => fixture.tab());
    for (const tab of tabs) tab.open(1, "/b");
    fixture.last.open();
    fixture.last.lines(1, 2);
    assert.deepEqual(fixture.urls, ["/b"]);
    for (const tab of tabs) assert.deepEqual(take(tab), ["1 opened", "1 1", "1 2"]);
  });

  it("closes the source when the last tab leaves it", () => {
    const fixture = new HubFixture();
    const tabs = [fixture.tab(), fixture.tab()];
    for (const tab of tabs) tab.open(1, "/b");
    tabs[0]?.send({ type: "close", source: 1 });
    assert.deepEqual(fixture.urls, ["/b"]);
    tabs[1]?.send({ type: "bye" });
    assert.deepEqual(fixture.urls, []);
  });

  it("delivers no event to a tab that has left", () => {
    const fixture = new HubFixture();
    const [staying, leaving] = [fixture.tab(), fixture.tab()];
    for (const tab of [staying, leaving]) tab.open(1, "/b");
    fixture.last.lines(1);
    leaving.send({ type: "close", source: 1 });
    fixture.last.lines(2);
    assert.deepEqual([take(staying), take(leaving)], [["1 1", "1 2"], []]);
  });

  it("gives a tab that joins what follows its own id", () => {
    const fixture = new HubFixture();
    const [first, second] = [fixture.tab(), fixture.tab()];
    first.open(1, "/b", "b-10");
    assert.deepEqual(fixture.urls, ["/b?lastEventId=b-10"]);
    fixture.last.open();
    fixture.last.lines(11, 12, 13);
    second.open(1, "/b", "b-12");
    assert.deepEqual(take(second), ["1 opened", "1 13"]);
    fixture.last.lines(14);
    assert.deepEqual(take(second), ["1 14"]);
    assert.deepEqual(take(first), ["1 opened", "1 11", "1 12", "1 13", "1 14"]);
    assert.equal(fixture.sources.length, 1);
  });

  it("waits for the event after the id of a tab that is ahead of the stream", () => {
    const fixture = new HubFixture();
    const [first, ahead] = [fixture.tab(), fixture.tab()];
    first.open(1, "/b", "b-10");
    fixture.last.open();
    ahead.open(1, "/b", "b-12");
    fixture.last.lines(11, 12, 13);
    assert.deepEqual(take(ahead), ["1 opened", "1 13"]);
    assert.deepEqual(take(first), ["1 opened", "1 11", "1 12", "1 13"]);
  });

  it("starts again for a tab with an older id; the others receive nothing twice", () => {
    const fixture = new HubFixture();
    const [first, second] = [fixture.tab(), fixture.tab()];
    first.open(1, "/b", "b-10");
    fixture.last.open();
    fixture.last.lines(11, 12);
    second.open(1, "/b");
    assert.deepEqual(fixture.urls, ["/b"]);
    fixture.last.open();
    fixture.last.lines(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
    assert.deepEqual(take(first), ["1 opened", "1 11", "1 12", "1 13"]);
    assert.deepEqual(take(second), ["1 opened", ...Array.from({ length: 13 }, (_, index) => `1 ${index + 1}`)]);
  });

  it("starts again for a tab whose next event the ring has dropped", () => {
    const fixture = new HubFixture();
    const [first, second, third] = [fixture.tab(), fixture.tab(), fixture.tab()];
    first.open(1, "/b", "b-0");
    fixture.last.open();
    for (let number = 1; number <= 2001; number++) fixture.last.lines(number);
    second.open(1, "/b", "b-1001");
    assert.equal(fixture.sources.length, 1);
    assert.equal(take(second).length, 1001, "1002 to 2001, after the opening");
    third.open(1, "/b", "b-1000");
    assert.deepEqual(fixture.urls, ["/b?lastEventId=b-1000"]);
  });

  it("delivers everything again after a gap of unknown size, to a tab that joins later, too", () => {
    const fixture = new HubFixture();
    const [first, second] = [fixture.tab(), fixture.tab()];
    first.open(1, "/b", "b-10");
    fixture.last.open();
    fixture.last.fire("gap", { missed: null }, "b-0");
    fixture.last.lines(1, 2);
    assert.deepEqual(take(first), ["1 opened", '1 gap {"missed":null}', "1 1", "1 2"]);
    second.open(1, "/b", "b-10");
    assert.deepEqual(fixture.urls, ["/b?lastEventId=b-10"]);
  });

  it("gives a tab of a feed what follows its connect, whatever the ids are", () => {
    const fixture = new HubFixture();
    const [first, second] = [fixture.tab(), fixture.tab()];
    first.open(1, "/feed", "", false);
    fixture.last.open();
    fixture.last.fire("line", "x", "a-7");
    second.open(1, "/feed", "", false);
    fixture.last.fire("line", "y", "b-2");
    assert.deepEqual(take(first), ["1 opened", '1 "x"', '1 "y"']);
    assert.deepEqual(take(second), ["1 opened", '1 "y"']);
  });

  it("reports interruptions and the next opening to every tab", () => {
    const fixture = new HubFixture();
    const tab = fixture.tab();
    tab.open(1, "/b");
    fixture.last.open();
    fixture.last.fail(0);
    fixture.last.open();
    assert.deepEqual(take(tab), ["1 opened", "1 failed", "1 opened"]);
  });

  it("opens another source after one that has failed for good", () => {
    const fixture = new HubFixture();
    const tabs = [fixture.tab(), fixture.tab()];
    for (const tab of tabs) tab.open(1, "/b");
    fixture.last.lines(1);
    fixture.last.fail(2);
    for (const tab of tabs) assert.deepEqual(take(tab), ["1 1", "1 closed"]);
    tabs[0]?.open(2, "/b", "b-1");
    assert.deepEqual(fixture.urls, ["/b?lastEventId=b-1"]);
  });

  describe("over HTTP/1.1", () => {
    it("opens four sources, and the next ones when a place is free, the oldest first", () => {
      const fixture = new HubFixture();
      const tabs = Array.from({ length: 6 }, () => fixture.tab());
      tabs.forEach((tab, index) => tab.open(1, `/${index}`));
      assert.deepEqual(fixture.urls, ["/0", "/1", "/2", "/3"]);
      for (const tab of tabs.slice(4)) assert.deepEqual(take(tab), ["1 no-place"]);
      tabs[2]?.send({ type: "close", source: 1 });
      assert.deepEqual(fixture.urls, ["/0", "/1", "/3", "/4"]);
      fixture.last.open();
      assert.deepEqual(take(tabs[4] ?? assert.fail()), ["1 opened"]);
      assert.deepEqual(take(tabs[5] ?? assert.fail()), []);
    });

    it("lets a tab share a source that has a place, also when it waited for one", () => {
      const fixture = new HubFixture();
      const tabs = Array.from({ length: 6 }, () => fixture.tab());
      tabs.forEach((tab, index) => tab.open(1, `/${Math.min(index, 4)}`));
      fixture.tab().open(1, "/0");
      assert.deepEqual(fixture.urls, ["/0", "/1", "/2", "/3"]);
      tabs[3]?.send({ type: "bye" });
      assert.deepEqual(fixture.urls, ["/0", "/1", "/2", "/4"]);
      fixture.last.open();
      for (const tab of tabs.slice(4)) assert.deepEqual(take(tab), ["1 no-place", "1 opened"]);
    });

    it("frees the place of a tab that no longer answers", () => {
      const fixture = new HubFixture();
      const tabs = Array.from({ length: 5 }, () => fixture.tab());
      tabs.forEach((tab, index) => tab.open(1, `/${index}`));
      (tabs[0] ?? assert.fail()).isAlive = false;
      mock.timers.tick(19_999);
      assert.deepEqual(fixture.urls, ["/0", "/1", "/2", "/3"]);
      mock.timers.tick(5000);
      assert.deepEqual(fixture.urls, ["/1", "/2", "/3", "/4"]);
    });

    it("forgets a tab that leaves while it waits", () => {
      const fixture = new HubFixture();
      const tabs = Array.from({ length: 5 }, () => fixture.tab());
      tabs.forEach((tab, index) => tab.open(1, `/${index}`));
      tabs[4]?.send({ type: "close", source: 1 });
      tabs[0]?.send({ type: "close", source: 1 });
      assert.deepEqual(fixture.urls, ["/1", "/2", "/3"]);
    });
  });

  it("has no limit over HTTP/2", () => {
    const fixture = new HubFixture();
    const tabs = Array.from({ length: 7 }, () => fixture.tab());
    tabs.slice(0, 6).forEach((tab, index) => tab.open(1, `/${index}`));
    tabs[6]?.send({ type: "hello", isMultiplexed: true });
    tabs[6]?.open(1, "/6");
    assert.equal(fixture.urls.length, 7);
  });
});
