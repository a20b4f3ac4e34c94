import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { ApiError } from "../../dist/page/server/api.js";
import { FEED, Fixture, build, pathOf } from "./session-fixture.js";

describe("Session, when a stream is refused", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "setInterval"] }));
  afterEach(() => mock.timers.reset());

  it("says that the build does not exist and opens the feed", async () => {
    const page = new Fixture();
    page.session.show("gone", "pinned");
    page.news();
    await page.failed();
    assert.deepEqual(page.news(), ["missing No such build"]);
    assert.equal(page.path, FEED);
  });

  it("shows why the server refuses the browser, for a build and for the feed", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    page.failure = new ApiError(403, "Host not allowed");
    await page.failed();
    assert.deepEqual(page.news(), ["refused Host not allowed"]);
    await page.event("end", build("a", "failed", 1));
    page.news();
    await page.failed();
    assert.deepEqual(page.news(), ["refused Host not allowed"]);
  });

  it("removes a build that no longer exists from the list permanently", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    page.session.setInterest("pinned");
    page.builds = [];
    await page.session.refresh();
    assert.equal(page.list, "*a running");
    await page.failed();
    assert.equal(page.list, "");
    assert.equal(page.session.shown, undefined);
    await page.opened();
    assert.equal(page.list, "");
  });

  it("returns to the start page after a build that was not pinned, and shows the reason", async () => {
    for (const interest of ["default", "started"] as const) {
      const page = new Fixture();
      await page.start(build("a", "running", 2));
      page.session.setInterest(interest);
      page.busy = true;
      page.builds = [build("older", "succeeded", 0)];
      await page.failed();
      await page.opened();
      assert.deepEqual(page.news(), [
        "missing No such build",
        "open start page",
        "mention loss of a",
      ]);
      assert.equal(page.list, "older succeeded");
      assert.equal(page.path, FEED);
    }
  });

  it("shows another build, if one is active", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    page.builds = [build("b", "queued", 2)];
    await page.failed();
    assert.deepEqual(page.news(), ["missing No such build", "open b default", "show b queued", "mention loss of a"]);
    assert.equal(page.path, pathOf("b"));
  });

  it("keeps the address of a pinned build that is gone, and only announces others", async () => {
    const page = new Fixture();
    page.builds = [build("other", "succeeded", 0)];
    page.session.show("gone", "pinned");
    await page.failed();
    page.news();
    await page.event("build", build("b", "queued", 2));
    assert.deepEqual(page.news(), ["announce b"]);
    assert.equal(page.list, "b queued, other succeeded");
    assert.equal(page.path, FEED);
  });

  it("keeps trying for a build that exists, or while that is unknown", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    await page.failed();
    assert.deepEqual(page.news(), ["show a running"]);
    page.failure = new ApiError(503, "Too many clients");
    await page.failed();
    assert.deepEqual(page.news(), []);
    assert.equal(page.path, pathOf("a"));
  });

  it("says nothing about a build that is no longer shown", async () => {
    const page = new Fixture();
    page.session.show("gone", "pinned");
    const answer = page.failed();
    page.session.show("other", "pinned");
    page.news();
    await answer;
    assert.deepEqual(page.news(), []);
    assert.equal(page.path, pathOf("other"));
  });
});
