import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { everything } from "../../dist/page/builds/list-filter.js";
import { ApiError } from "../../dist/page/server/api.js";
import { sampleLine } from "../support/sample-builds.js";
import { FEED, Fixture, build, pathOf, settle } from "./session-fixture.js";

describe("Session", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "setInterval"] }));
  afterEach(() => mock.timers.reset());

  it("opens the start page and the feed while no build is active", async () => {
    const page = new Fixture();
    page.builds = [build("ended", "failed", 3)];
    await page.session.showStart("default");
    assert.deepEqual(page.news(), ["open start page"]);
    assert.equal(page.list, "ended failed");
    assert.equal(page.path, FEED);
    assert.equal(page.target?.resume, false);
    assert.equal(page.session.shown, undefined);
  });

  it("shows the running build, else the queued one, instead of the start page", async () => {
    const ended = build("ended", "failed", 3);
    const running = build("running", "running", 1);
    const queued = build("queued", "queued", 2);
    for (const [builds, id] of [
      [[ended, queued, running], "running"],
      [[ended, queued], "queued"],
    ] as const) {
      const page = new Fixture();
      page.builds = [...builds];
      await page.session.showStart("default");
      assert.equal(page.session.shown?.id, id);
      assert.equal(page.path, pathOf(id));
      assert.equal(page.target?.resume, true);
    }
  });

  it("keeps a start page that the person opened, or types on", async () => {
    for (const interest of ["pinned", "default"] as const) {
      const page = new Fixture();
      page.busy = interest === "default";
      page.builds = [build("running", "running", 1)];
      await page.session.showStart(interest);
      await page.event("build", build("queued", "queued", 2));
      assert.deepEqual(page.news(), ["open start page", "announce queued"]);
      assert.equal(page.noted, "queued queued, running running");
      assert.equal(page.path, FEED);
    }
  });

  it("requests the projects whenever the feed connects, because it does not repeat anything", async () => {
    const page = new Fixture();
    await page.session.showStart("pinned");
    await page.opened();
    await page.opened();
    assert.equal(page.projectRequests, 2);
  });

  it("follows a build to its end and returns to the feed", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    await page.event("line", sampleLine(1, "x"));
    await page.event("build", build("a", "running", 1, { startedAt: "2026-01-01T10:01:00.000Z" }));
    assert.deepEqual(page.news(), ["line x", "show a running"]);
    await page.event("end", build("a", "failed", 1));
    assert.deepEqual(page.news(), ["show a failed", "end of log"]);
    assert.equal(page.list, "*a failed");
    assert.equal(page.path, FEED);
  });

  it("shows the outline of a log first, and follows the build after the last event in it", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    assert.equal(await page.begin(), "a-1");
    assert.deepEqual(page.news(), ["show a running", "outline a-1"]);
    assert.equal(page.path, pathOf("a"));
  });

  it("needs no stream for a build that has ended", async () => {
    const page = new Fixture();
    await page.start(build("a", "failed", 1));
    assert.equal(await page.begin(), undefined);
    assert.deepEqual(page.news(), ["show a failed", "outline a-1", "end of log"]);
    assert.equal(page.path, FEED);
  });

  it("ignores the outline of a build that is no longer shown", async () => {
    const page = new Fixture();
    await page.start(build("b", "running", 2), build("a", "running", 1));
    page.session.show("a", "pinned");
    const beginning = page.begin();
    page.session.show("b", "pinned");
    page.news();
    assert.equal(await beginning, undefined);
    assert.deepEqual(page.news(), []);
  });

  it("requests the outline again when the server can no longer send some events", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    await page.begin();
    const { target } = page;
    page.news();
    await page.event("gap", { lastEventId: null, reason: "evicted", missed: 3 });
    assert.notEqual(page.target, target);
    assert.equal(await page.begin(), "a-1");
    assert.deepEqual(page.news(), ["show a running", "outline a-1"]);
  });

  it("pauses before it requests the outline after one gap soon follows another", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    await page.begin();
    const gap = { lastEventId: null, reason: "evicted", missed: 3 };
    await page.event("gap", gap);
    await page.begin();
    await page.event("gap", gap);
    page.news();
    const beginning = page.begin();
    await settle();
    mock.timers.tick(499);
    await settle();
    assert.deepEqual(page.news(), []);
    mock.timers.tick(501);
    assert.equal(await beginning, "a-1");
    assert.deepEqual(page.news(), ["show a running", "outline a-1"]);
  });

  it("reads the rest of a log whose build has ended while the stream could not connect", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    await page.begin();
    page.builds = [build("a", "failed", 1)];
    page.news();
    await page.failed();
    await page.begin();
    assert.deepEqual(page.news(), ["show a failed", "show a failed", "outline a-1", "end of log"]);
    assert.equal(page.path, FEED);
  });

  it("requests the list on every connect of the feed", async () => {
    const page = new Fixture();
    await page.start(build("a", "succeeded", 1));
    await page.event("end", build("a", "succeeded", 1));
    page.builds = [build("b", "succeeded", 2), ...page.builds];
    await page.opened();
    assert.equal(page.list, "b succeeded, *a succeeded");
    page.builds = [];
    await page.failed();
    assert.equal(page.list, "*a succeeded");
  });

  it("keeps the state of an event when an older list arrives later", async () => {
    const page = new Fixture();
    await page.start(build("a", "succeeded", 1));
    await page.event("end", build("a", "succeeded", 1));
    page.busy = true;
    const answer = page.session.refresh();
    await page.event("build", build("b", "failed", 2));
    await answer;
    page.builds = [build("b", "running", 2), ...page.builds];
    await page.session.refresh();
    assert.equal(page.list, "b failed, *a succeeded");
  });

  it("keeps its list when the server does not respond", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    page.failure = new ApiError(0, "away");
    await page.session.refresh();
    assert.equal(page.list, "*a running");
  });

  it("requests the list every 5 s while it follows a build and is visible", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    page.queries = [];
    mock.timers.tick(10_000);
    assert.equal(page.queries.length, 2);
    page.session.setVisible(false);
    mock.timers.tick(10_000);
    assert.equal(page.queries.length, 2);
    page.session.setVisible(true);
    assert.equal(page.queries.length, 3, "at once when the tab is shown again");
    await page.event("end", build("a", "failed", 1));
    mock.timers.tick(10_000);
    assert.equal(page.queries.length, 3);
  });

  it("lists older builds on demand, and rejects if they cannot be loaded", async () => {
    const page = new Fixture();
    await page.start(...Array.from({ length: 70 }, (_, index) => build(`b${99 - index}`, "failed", 0)));
    assert.match(page.list, /^\*b99 failed, .*, b50 failed, older$/);
    page.failure = new ApiError(0, "away");
    await assert.rejects(page.session.loadOlder(), page.failure);
    page.failure = undefined;
    await page.session.loadOlder();
    assert.match(page.list, /, b30 failed$/);
  });

  it("lists the builds of one project, whatever build is on the page", async () => {
    const page = new Fixture();
    const other = { projectPath: "/projects/other" };
    await page.start(build("c", "failed", 3), build("b", "failed", 2, other), build("a", "failed", 1));
    page.session.filter({ ...everything, project: "/projects/other" });
    assert.equal(page.list, "b failed");
    page.session.show("b", "pinned");
    assert.equal(page.list, "*b failed");
    await settle();
    assert.equal(page.list, "*b failed");
    page.session.filter(everything);
    await settle();
    assert.equal(page.list, "c failed, *b failed, a failed");
  });

  it("requests the list when the stream of a build reconnects", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    await page.opened();
    page.builds = [build("b", "lost", 2), ...page.builds];
    assert.equal(page.list, "*a running");
    await page.opened();
    assert.equal(page.list, "b lost, *a running");
  });

  describe("while no connection is free", () => {
    const always = (): boolean => true;

    it("requests the build and its lines from the last one on, and the feed after its end", async () => {
      const page = new Fixture();
      await page.start(build("a", "running", 1));
      await page.event("line", sampleLine(1, "x"));
      page.lines = Array.from({ length: 1500 }, (_, index) => sampleLine(index + 1, "y"));
      page.news();
      await page.target?.poll?.(always);
      const news = page.news();
      const added = Array.from({ length: 1500 }, () => "line y");
      assert.deepEqual(news.filter((item) => item.startsWith("line y")), added);
      assert.deepEqual(news.filter((item) => !item.startsWith("line y")), [
        "lines of a from 1",
        "lines of a from 1001",
        "show a running",
      ]);
      page.builds = [build("a", "failed", 1)];
      await page.target?.poll?.(always);
      assert.deepEqual(page.news(), ["lines of a from 1500", "line y", "show a failed", "end of log"]);
      assert.equal(page.path, FEED);
    });

    it("ignores an answer that is needed no longer", async () => {
      const page = new Fixture();
      await page.start(build("a", "running", 1));
      page.lines = [sampleLine(1, "x")];
      await page.target?.poll?.(() => false);
      assert.deepEqual(page.news(), ["lines of a from 1"]);
    });

    it("requests the list in place of the feed", async () => {
      const page = new Fixture();
      await page.start();
      page.builds = [build("a", "failed", 1)];
      await page.target?.poll?.(always);
      assert.equal(page.list, "a failed");
    });
  });

  describe("in a hidden tab", () => {
    it("closes the feed after 30 s and opens it again when visible", async () => {
      const page = new Fixture();
      await page.start();
      page.session.setVisible(false);
      mock.timers.tick(29_999);
      assert.equal(page.path, FEED);
      mock.timers.tick(1);
      assert.equal(page.path, undefined);
      page.session.setVisible(true);
      assert.equal(page.path, FEED);
    });

    it("requests the list while the person waits for the end of a build", async () => {
      const page = new Fixture();
      await page.start();
      page.waiting = true;
      page.session.setVisible(false);
      page.queries = [];
      mock.timers.tick(29_999);
      assert.equal(page.queries.length, 0, "the feed is open");
      mock.timers.tick(10_001);
      assert.equal(page.path, undefined);
      assert.equal(page.queries.length, 2);
      page.waiting = false;
      mock.timers.tick(10_000);
      assert.equal(page.queries.length, 2);
    });

    it("keeps the feed of a tab that was hidden for a moment", async () => {
      const page = new Fixture();
      await page.start();
      page.session.setVisible(false);
      mock.timers.tick(20_000);
      page.session.setVisible(true);
      mock.timers.tick(60_000);
      assert.equal(page.path, FEED);
    });

    it("pauses the stream of a build after 30 s, and continues it when visible", async () => {
      const page = new Fixture();
      await page.start(build("a", "running", 1));
      page.session.setVisible(false);
      mock.timers.tick(29_999);
      assert.equal(page.isPaused, false);
      mock.timers.tick(1);
      assert.equal(page.isPaused, true);
      page.session.setVisible(true);
      assert.equal(page.isPaused, false);
      assert.equal(page.path, pathOf("a"));
    });

    it("requests the state of a build whose stream is paused every 10 s, until its end", async () => {
      const page = new Fixture();
      await page.start(build("a", "running", 1));
      page.session.setVisible(false);
      mock.timers.tick(30_000);
      page.news();
      for (const status of ["running", "failed"] as const) {
        page.builds = [build("a", status, 1)];
        mock.timers.tick(10_000);
        await settle();
        assert.deepEqual(page.news(), [`show a ${status}`]);
      }
      mock.timers.tick(60_000);
      await settle();
      assert.deepEqual(page.news(), []);
    });

    it("closes the feed 30 s after the end of a build", async () => {
      const page = new Fixture();
      await page.start(build("a", "running", 1));
      page.session.setVisible(false);
      await page.event("end", build("a", "failed", 1));
      assert.equal(page.path, FEED);
      mock.timers.tick(30_000);
      assert.equal(page.path, undefined);
    });
  });
});
