import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { ApiError } from "../../dist/page/server/api.js";
import { Session } from "../../dist/page/session.js";
import type { SessionApi, SessionStream, SessionView } from "../../dist/page/session.js";
import type { ListQuery } from "../../dist/page/server/api.js";
import type { Build, BuildPage } from "../../dist/page/model.js";
import type { StreamTarget } from "../../dist/page/server/live-stream.js";
import { sampleBuild, sampleLine } from "./samples.js";

/** Lets every answer that is already there be taken in. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

function build(id: string, status: Build["status"], minute: number, changes: Partial<Build> = {}): Build {
  const at = (second: number): string => `2026-01-01T10:${String(minute).padStart(2, "0")}:0${second}.000Z`;
  const ended = status !== "queued" && status !== "running";
  return sampleBuild({ id, projectName: id, status, queuedAt: at(0), finishedAt: ended ? at(9) : null, ...changes });
}

class Fixture implements SessionApi, SessionStream, SessionView {
  builds: Build[] = [];
  failure: ApiError | undefined;
  busy = false;
  target: StreamTarget | undefined;
  queries: ListQuery[] = [];
  list = "";
  readonly seen: string[] = [];
  readonly session: Session = new Session(this, this, this);

  listBuilds(query: ListQuery): Promise<BuildPage> {
    this.queries.push(query);
    if (this.failure) return Promise.reject(this.failure);
    const { project, statuses, limit } = query;
    const builds = this.builds
      .filter(({ projectPath }) => project === undefined || projectPath === project)
      .filter(({ status }) => statuses === undefined || statuses.includes(status));
    const page = builds.slice(0, limit);
    return Promise.resolve({ builds: page, next: builds.length > limit ? (page.at(-1)?.id ?? null) : null });
  }
  getBuild(id: string): Promise<Build> {
    const found = this.builds.find((known) => known.id === id);
    if (this.failure) return Promise.reject(this.failure);
    return found ? Promise.resolve(found) : Promise.reject(new ApiError(404, "No such build"));
  }
  open(target: StreamTarget): void {
    this.target = target;
  }
  close(): void {
    this.target = undefined;
  }
  showList(builds: readonly Build[], shownId: string | undefined, hasOlder: boolean): void {
    const texts = builds.map(({ id, status }) => `${id === shownId ? "*" : ""}${id} ${status}`);
    this.list = [...texts, ...(hasOlder ? ["older"] : [])].join(", ");
  }
  openBuild(id: string | undefined, interest: string): void {
    this.seen.push(id === undefined ? "open nothing" : `open ${id} ${interest}`);
  }
  showBuild(shown: Build): void {
    this.seen.push(`show ${shown.id} ${shown.status}`);
  }
  addLine(line: { text: string }): void {
    this.seen.push(`line ${line.text}`);
  }
  addGap(gap: { missed: number | null }): void {
    this.seen.push(`gap ${gap.missed}`);
  }
  endLog(): void {
    this.seen.push("end of log");
  }
  showMissing(message: string): void {
    this.seen.push(`missing ${message}`);
  }
  mentionLoss(lost: Build | undefined): void {
    this.seen.push(`mention loss of ${lost?.id}`);
  }
  announce(other: Build): void {
    this.seen.push(`announce ${other.id}`);
  }
  isBusy(): boolean {
    return this.busy;
  }

  /** The stream that is held. */
  get path(): string | undefined {
    return this.target?.path;
  }
  /** An event of it. */
  async event(type: string, data: unknown): Promise<void> {
    this.target?.on[type]?.(data);
    await settle();
  }
  async opened(): Promise<void> {
    this.target?.opened?.();
    await settle();
  }
  async failed(): Promise<void> {
    this.target?.failed?.();
    await settle();
  }
  /** What the view was told since this was last asked. */
  news(): string[] {
    return this.seen.splice(0);
  }
  async start(...builds: Build[]): Promise<void> {
    this.builds = builds;
    await this.session.showDefault();
    this.news();
  }
}

const feed = "/api/log/push";
const pathOf = (id: string): string => `/api/builds/${id}/events`;

describe("Session", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "setInterval"] }));
  afterEach(() => mock.timers.reset());

  it("holds the feed while there is no build", async () => {
    const page = new Fixture();
    await page.session.showDefault();
    assert.deepEqual(page.news(), ["open nothing"]);
    assert.equal(page.path, feed);
    assert.equal(page.target?.resume, false);
    assert.equal(page.session.shown, undefined);
  });

  it("shows the running build first, else the waiting one, else the latest", async () => {
    const ended = build("ended", "failed", 3);
    const running = build("running", "running", 1);
    const queued = build("queued", "queued", 2);
    for (const [builds, id] of [
      [[ended, queued, running], "running"],
      [[ended, queued], "queued"],
      [[ended, build("older", "succeeded", 0)], "ended"],
    ] as const) {
      const page = new Fixture();
      await page.start(...builds);
      assert.equal(page.session.shown?.id, id);
      assert.equal(page.path, pathOf(id));
      assert.equal(page.target?.resume, true);
    }
  });

  it("follows a build to its end and goes back to the feed", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    await page.event("line", sampleLine(1, "x"));
    await page.event("gap", { lastEventId: null, reason: "evicted", missed: 3 });
    await page.event("build", build("a", "running", 1, { startedAt: "2026-01-01T10:01:00.000Z" }));
    assert.deepEqual(page.news(), ["line x", "gap 3", "show a running"]);
    await page.event("end", build("a", "failed", 1));
    assert.deepEqual(page.news(), ["show a failed", "end of log"]);
    assert.equal(page.list, "*a failed");
    assert.equal(page.path, feed);
  });

  it("asks for the list on every connect of the feed", async () => {
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

  it("does not let a late list take back what an event said, or forget what it announced", async () => {
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

  it("keeps what it has when the list cannot be had", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    page.failure = new ApiError(0, "away");
    await page.session.refresh();
    assert.equal(page.list, "*a running");
  });

  it("asks for the list every 5 s while it holds a build's stream and is visible", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    page.queries = [];
    mock.timers.tick(10_000);
    assert.equal(page.queries.length, 2);
    page.session.setVisible(false);
    mock.timers.tick(10_000);
    assert.equal(page.queries.length, 2);
    page.session.setVisible(true);
    await page.event("end", build("a", "failed", 1));
    mock.timers.tick(10_000);
    assert.equal(page.queries.length, 2);
  });

  it("lists older builds on demand, and says when they cannot be had", async () => {
    const page = new Fixture();
    await page.start(...Array.from({ length: 70 }, (_, index) => build(`b${99 - index}`, "failed", 0)));
    assert.match(page.list, /^\*b99 failed, .*, b50 failed, older$/);
    page.failure = new ApiError(0, "away");
    await assert.rejects(page.session.loadOlder(), page.failure);
    page.failure = undefined;
    await page.session.loadOlder();
    assert.match(page.list, /, b30 failed$/);
  });

  it("lists the builds of one project, and follows the build on the page to another", async () => {
    const page = new Fixture();
    const other = { projectPath: "/projects/other" };
    await page.start(build("c", "failed", 3), build("b", "failed", 2, other), build("a", "failed", 1));
    page.session.filter(true);
    assert.equal(page.list, "*c failed, a failed");
    page.session.show("b", "pinned");
    assert.equal(page.list, "*b failed");
    await settle();
    assert.equal(page.list, "*b failed");
    page.session.filter(false);
    await settle();
    assert.equal(page.list, "c failed, *b failed, a failed");
  });

  it("asks for the list when the stream of a build is back", async () => {
    const page = new Fixture();
    await page.start(build("a", "running", 1));
    await page.opened();
    page.builds = [build("b", "lost", 2), ...page.builds];
    assert.equal(page.list, "*a running");
    await page.opened();
    assert.equal(page.list, "b lost, *a running");
  });

  describe("when another build is announced", () => {
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

    it("shows it in place of one that came by itself", async () => {
      const page = await afterEndOfA("default");
      await page.event("build", other);
      assert.deepEqual(page.news(), ["open b default", "show b queued"]);
      assert.equal(page.path, pathOf("b"));
    });

    it("only mentions it, once, beside a pinned one", async () => {
      const page = await afterEndOfA("pinned");
      await page.event("build", other);
      await page.event("build", build("b", "running", 2));
      assert.deepEqual(page.news(), ["announce b"]);
      assert.equal(page.path, feed);
    });

    it("only mentions it to a person who reads in the log", async () => {
      const page = await afterEndOfA("default");
      page.busy = true;
      await page.event("build", other);
      assert.deepEqual(page.news(), ["announce b"]);
    });

    it("leaves the outcome of one's own build alone unless the other was asked for after it", async () => {
      const page = await afterEndOfA("started");
      await page.event("build", build("c", "running", 1, { queuedAt: "2026-01-01T10:01:05.000Z" }));
      assert.deepEqual(page.news(), ["announce c"]);
      await page.event("build", other);
      assert.deepEqual(page.news(), ["open b default", "show b queued"]);
    });

    it("pins what the person took hold of later", async () => {
      const page = await afterEndOfA("default");
      page.session.setInterest("pinned");
      await page.event("build", other);
      assert.deepEqual(page.news(), ["announce b"]);
    });

    it("does not go back to an older build, nor to one that has ended", async () => {
      const page = await afterEndOfA("default");
      await page.event("build", build("older", "running", 0));
      await page.event("build", build("ended", "succeeded", 3));
      assert.deepEqual(page.news(), ["announce older"]);
    });

    it("waits for the end of the one that runs", async () => {
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

  describe("when a stream is refused", () => {
    it("says that the build is not there and takes the feed", async () => {
      const page = new Fixture();
      page.session.show("gone", "pinned");
      page.news();
      await page.failed();
      assert.deepEqual(page.news(), ["missing No such build"]);
      assert.equal(page.path, feed);
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
      assert.equal(page.path, feed);
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
      assert.equal(page.path, feed);
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

  describe("in a hidden tab", () => {
    it("lets go of the feed after 30 s and takes it up again when visible", async () => {
      const page = new Fixture();
      await page.start();
      page.session.setVisible(false);
      mock.timers.tick(29_999);
      assert.equal(page.path, feed);
      mock.timers.tick(1);
      assert.equal(page.path, undefined);
      page.session.setVisible(true);
      assert.equal(page.path, feed);
    });

    it("keeps the feed of a tab that was hidden for a moment", async () => {
      const page = new Fixture();
      await page.start();
      page.session.setVisible(false);
      mock.timers.tick(20_000);
      page.session.setVisible(true);
      mock.timers.tick(60_000);
      assert.equal(page.path, feed);
    });

    it("keeps the stream of a build, and lets go 30 s after its end", async () => {
      const page = new Fixture();
      await page.start(build("a", "running", 1));
      page.session.setVisible(false);
      mock.timers.tick(60_000);
      assert.equal(page.path, pathOf("a"));
      await page.event("end", build("a", "failed", 1));
      assert.equal(page.path, feed);
      mock.timers.tick(30_000);
      assert.equal(page.path, undefined);
    });
  });
});
