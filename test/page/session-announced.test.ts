import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { FEED, Fixture, build, pathOf } from "./session-fixture.js";

describe("Session, when another build is announced", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "setInterval"] }));
  afterEach(() => mock.timers.reset());

  const shown = build("a", "failed", 1);
  const other = build("b", "queued", 2);

  async function afterEndOfA(interest: "default" | "started" | "pinned"): Promise<Fixture> {
    const page = new Fixture();
    page.builds = [shown];
    await page.session.refresh();
    page.session.show("a", interest);
    await page.event("end", shown);
    page.news();
    return page;
  }

  it("replaces a build that the page chose", async () => {
    const page = await afterEndOfA("default");
    await page.event("build", other);
    assert.deepEqual(page.news(), ["open b default", "show b queued"]);
    assert.equal(page.path, pathOf("b"));
  });

  it("only announces it, once, while a pinned build is shown", async () => {
    const page = await afterEndOfA("pinned");
    await page.event("build", other);
    await page.event("build", build("b", "running", 2));
    assert.deepEqual(page.news(), ["announce b"]);
    assert.equal(page.path, FEED);
  });

  it("only announces it while the user reads the log", async () => {
    const page = await afterEndOfA("default");
    page.busy = true;
    await page.event("build", other);
    assert.deepEqual(page.news(), ["announce b"]);
  });

  it("keeps the outcome of a build started here unless the other build was requested after its end", async () => {
    const page = await afterEndOfA("started");
    await page.event("build", build("c", "running", 1, { queuedAt: "2026-01-01T10:01:05.000Z" }));
    assert.deepEqual(page.news(), ["announce c"]);
    await page.event("build", other);
    assert.deepEqual(page.news(), ["open b default", "show b queued"]);
  });

  it("keeps a build that was pinned later", async () => {
    const page = await afterEndOfA("default");
    page.session.setInterest("pinned");
    await page.event("build", other);
    assert.deepEqual(page.news(), ["announce b"]);
  });

  it("does not return to an older build, nor to one that has ended", async () => {
    const page = await afterEndOfA("default");
    await page.event("build", build("older", "running", 0));
    await page.event("build", build("ended", "succeeded", 3));
    assert.deepEqual(page.news(), ["announce older"]);
  });

  it("waits for the end of the running build", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    page.builds = [other, ...page.builds];
    await page.session.refresh();
    assert.deepEqual(page.news(), ["show a running"]);
    await page.event("end", build("a", "succeeded", 1));
    await page.opened();
    assert.deepEqual(page.news(), [
      "show a succeeded",
      "end of log",
      "show a succeeded",
      "open b default",
      "show b queued",
    ]);
  });
});
