import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KnownBuilds } from "../../../dist/page/builds/known-builds.js";
import { everything } from "../../../dist/page/builds/list-filter.js";
import { sampleBuild } from "../../support/sample-builds.js";
import type { Build, BuildPage } from "../../../dist/page/model.js";
import type { ListQuery } from "../../../dist/page/server/api.js";

/** The builds from `newest` down to 1, of the projects `odd` and `even`. */
function numbered(newest: number, changes: Readonly<Record<number, Partial<Build>>> = {}): Build[] {
  return Array.from({ length: newest }, (_, index) => {
    const number = newest - index;
    const projectPath = number % 2 === 1 ? "/odd" : "/even";
    const queuedAt = new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString();
    return sampleBuild({ id: id(number), projectPath, status: "succeeded", queuedAt, ...changes[number] });
  });
}

function id(number: number): string {
  return String(number).padStart(4, "0");
}

/** A server that lists builds as the real one does. */
class Server {
  builds: readonly Build[] = [];
  queries: ListQuery[] = [];
  readonly known = new KnownBuilds(this);
  #hold: Promise<void> | undefined;

  async listBuilds(query: ListQuery): Promise<BuildPage> {
    this.queries.push(query);
    const { project, statuses, before, limit } = query;
    const found = this.builds
      .filter((build) => before === undefined || build.id < before)
      .filter(({ projectPath }) => project === undefined || projectPath === project)
      .filter(({ status }) => statuses === undefined || statuses.includes(status));
    const builds = found.slice(0, limit);
    const page = { builds, next: found.length > limit ? (builds.at(-1)?.id ?? null) : null };
    const hold = this.#hold;
    this.#hold = undefined;
    await hold;
    return page;
  }

  /** Delays the next answer until the returned function is called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.#hold = new Promise((resolve) => (release = resolve));
    return () => release();
  }

  /** The numbers of the listed builds. */
  get listed(): number[] {
    return this.known.listed.map((build) => Number(build.id));
  }
}

const from = (newest: number, oldest: number): number[] =>
  Array.from({ length: newest - oldest + 1 }, (_, index) => newest - index);

describe("KnownBuilds", () => {
  it("lists the newest, and older ones on demand, until there are none", async () => {
    const server = new Server();
    server.builds = numbered(120);
    await server.known.refresh();
    assert.deepEqual(server.listed, from(120, 71));
    assert.equal(server.known.hasOlder, true);
    await server.known.loadOlder();
    assert.deepEqual(server.listed, from(120, 21));
    assert.equal(server.known.hasOlder, true);
    await server.known.loadOlder();
    assert.deepEqual(server.listed, from(120, 1));
    assert.equal(server.known.hasOlder, false);
  });

  it("asks once when one answer holds everything", async () => {
    const server = new Server();
    server.builds = numbered(50);
    await server.known.refresh();
    assert.deepEqual(server.queries, [{ limit: 50, before: undefined }]);
  });

  it("continues where a page ended when the server lists fewer builds at once", async () => {
    const server = new Server();
    server.builds = numbered(700);
    for (let pages = 1; pages < 12; pages++) await server.known.loadOlder();
    server.queries = [];
    await server.known.refresh();
    assert.deepEqual(server.listed, from(700, 101));
    assert.deepEqual(
      server.queries.map(({ limit, before }) => [limit, before]),
      [
        [500, undefined],
        [100, id(201)],
        [500, undefined],
      ],
    );
  });

  it("knows active builds, however old, until they have ended", async () => {
    const server = new Server();
    server.builds = numbered(120, { 3: { status: "running" }, 90: { status: "queued" } });
    await server.known.refresh();
    assert.deepEqual(server.listed, [...from(120, 71), 3]);
    server.builds = numbered(120);
    await server.known.refresh();
    assert.deepEqual(server.listed, from(120, 71));
  });

  it("removes builds that the server removed, except the shown one", async () => {
    const server = new Server();
    server.builds = numbered(5);
    server.known.shownId = id(1);
    await server.known.refresh();
    server.builds = numbered(6).slice(0, 3);
    await server.known.refresh();
    assert.deepEqual(server.listed, [6, 5, 4, 1]);
    server.known.remove(id(1));
    assert.deepEqual(server.listed, [6, 5, 4]);
    assert.equal(server.known.shown, undefined);
  });

  it("keeps builds that a stream reported while the answer was on its way", async () => {
    const server = new Server();
    server.builds = numbered(1);
    const release = server.hold();
    const refreshed = server.known.refresh();
    server.known.add(numbered(2)[0] ?? sampleBuild());
    release();
    await refreshed;
    assert.deepEqual(server.listed, [2, 1]);
  });

  it("lists one project only, but knows the active builds of others", async () => {
    const server = new Server();
    server.builds = numbered(200, { 200: { status: "running" } });
    await server.known.refresh();
    server.known.filter = { ...everything, project: "/odd" };
    assert.equal(server.known.isOutdated, true);
    const known = from(200, 151).filter((number) => number % 2 === 1);
    assert.deepEqual(server.listed, known, "until the server answers");
    await server.known.refresh();
    assert.equal(server.known.isOutdated, false);
    assert.deepEqual(
      server.listed,
      from(200, 101).filter((number) => number % 2 === 1),
    );
    assert.deepEqual(
      server.known.all.slice(0, 2).map((build) => Number(build.id)),
      [200, 199],
    );
    assert.equal(server.known.hasOlder, true);

    server.known.filter = everything;
    assert.equal(server.known.isOutdated, true);
    await server.known.refresh();
    assert.deepEqual(server.listed, from(200, 151));
  });

  it("searches and selects statuses on the server, and at once among the known builds", async () => {
    const server = new Server();
    server.builds = numbered(3, { 3: { status: "running" }, 2: { status: "timed-out" }, 1: { projectName: "Web" } });
    await server.known.refresh();
    server.known.filter = { ...everything, search: "wEb" };
    assert.deepEqual(server.listed, [1]);
    assert.equal(server.known.isOutdated, true);
    server.queries = [];
    await server.known.refresh();
    const active = { limit: 500, statuses: ["queued", "running"] };
    assert.deepEqual(server.queries, [{ limit: 50, search: "wEb", before: undefined }, active]);
    for (const [group, numbers] of [["active", [3]], ["failed", [2]], ["succeeded", [1]], ["cancelled", []]] as const) {
      server.known.filter = { ...everything, group };
      assert.deepEqual(server.listed, numbers);
    }
    server.queries = [];
    await server.known.refresh();
    assert.deepEqual(server.queries[0], { limit: 50, statuses: ["cancelled"], before: undefined });
  });

  it("ignores the answer to an outdated request", async () => {
    const server = new Server();
    server.builds = numbered(70);
    await server.known.refresh();
    const release = server.hold();
    const stale = server.known.refresh();
    await server.known.loadOlder();
    release();
    await stale;
    assert.deepEqual(server.listed, from(70, 1));
    assert.equal(server.known.hasOlder, false);
  });

  it("changes nothing when the server does not respond", async () => {
    const server = new Server();
    server.builds = numbered(3);
    await server.known.refresh();
    server.listBuilds = () => Promise.reject(new Error("away"));
    await assert.rejects(server.known.refresh(), { message: "away" });
    assert.deepEqual(server.listed, [3, 2, 1]);
  });

  it("lists no more than before when older builds cannot be loaded", async () => {
    const server = new Server();
    server.builds = numbered(70);
    await server.known.refresh();
    const { listBuilds } = server;
    server.listBuilds = () => Promise.reject(new Error("away"));
    await assert.rejects(server.known.loadOlder(), { message: "away" });
    server.listBuilds = listBuilds;
    await server.known.refresh();
    assert.deepEqual(server.listed, from(70, 21));
  });
});
