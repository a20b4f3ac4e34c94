import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { ApiError } from "../../dist/page/server/api.js";
import { FEED, Fixture, build, pathOf } from "./session-fixture.js";

describe("Session, when a stream is refused", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "setInterval"] }));
  afterEach(() => mock.timers.reset());

  it("says that the build is not there and takes the feed", async () => {
    const page = new Fixture();
    page.session.show("gone", "pinned");
    page.news();
    await page.failed();
    assert.deepEqual(page.news(), ["missing No such build"]);
    assert.equal(page.path, FEED);
  });

  it("drops a build that is not there any more from the list, for good", async () => {
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

  it("goes on to the default view from a build that was not pinned, and says why", async () => {
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
        "open older default",
        "show older succeeded",
        "mention loss of a",
      ]);
      assert.equal(page.list, "*older succeeded");
      assert.equal(page.path, pathOf("older"));
    }
  });

  it("says that the build is gone where there is no other, until there is one", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    page.builds = [];
    await page.failed();
    await page.opened();
    assert.deepEqual(page.news(), ["missing No such build"]);
    assert.equal(page.path, FEED);
    await page.event("build", build("b", "queued", 2));
    assert.deepEqual(page.news(), ["open b default", "show b queued"]);
  });

  it("stays with the address of a pinned build that is gone, and only mentions others", async () => {
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

  it("goes on trying for a build that is there, or while nobody knows", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    await page.failed();
    assert.deepEqual(page.news(), ["show a running"]);
    page.failure = new ApiError(503, "Too many clients");
    await page.failed();
    assert.deepEqual(page.news(), []);
    assert.equal(page.path, pathOf("a"));
  });

  it("does not speak of a build that was left in the meantime", async () => {
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
