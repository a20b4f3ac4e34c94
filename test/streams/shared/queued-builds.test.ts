import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventClient, ask } from "../../support/http.js";
import { Cluster, accepted, endOf, lastState, start } from "./memory-cluster.js";
import { textOf } from "./memory-machines.js";
import type { BuildRecord } from "../../../dist/index.js";
import type { Site } from "./memory-cluster.js";

/** Opens viewers of a build on each site, and resolves when each has the first state. */
async function view(sites: readonly Site[], { id }: Pick<BuildRecord, "id">): Promise<EventClient[]> {
  const viewers = [...sites, ...sites].map(({ port }) => EventClient.open(port, `/api/builds/${id}/events`));
  return Promise.all(viewers.map(async (opening) => {
    const viewer = await opening;
    await viewer.until((events) => events.length > 0);
    return viewer;
  }));
}

/** Fails unless the log of a build and every viewer have the same whole end, and the log is complete. */
async function assertEnded(cluster: Cluster, id: string, viewers: readonly EventClient[]): Promise<BuildRecord> {
  await Promise.all(viewers.map((viewer) => viewer.ended()));
  const log = cluster.logs.root(id).fork();
  const text = await textOf(log);
  assert.deepEqual(Array.from(text.matchAll(/^event: (.*)$/gm), ([, type]) => type), ["build", "line", "end"]);
  assert.equal(log.isComplete, true);
  let state: BuildRecord | undefined;
  for (const viewer of viewers) {
    const events = await viewer.ended();
    assert.deepEqual(events.map(({ type }) => type), ["build", "line", "end"]);
    state = lastState(events);
  }
  return state ?? assert.fail();
}

/** A cluster with two sites, and no builder. */
async function cluster(t: Parameters<typeof Cluster.open>[0], checkInterval = 60_000): Promise<[Cluster, Site[]]> {
  const opened = await Cluster.open(t);
  return [opened, [await opened.site({ checkInterval }), await opened.site({ checkInterval })]];
}

describe("a queued build", () => {
  it("ends for every viewer, in its log and in the reply of /log when it is cancelled", async (t) => {
    const [machines, sites] = await cluster(t);
    const [site = assert.fail()] = sites;
    const build = await accepted(site.port, "a");
    const viewers = await view(sites, build);
    const { json } = await ask(site.port, "POST", `/api/builds/${build.id}/cancel`);
    assert.equal((json["build"] as BuildRecord).status, "cancelled");
    const { status, message } = await assertEnded(machines, build.id, viewers);
    assert.deepEqual([status, message], ["cancelled", "cancelled before it started"]);
    for (const { port } of sites) {
      const log = await ask(port, "GET", `/api/builds/${build.id}/log`);
      assert.match(log.text, /^cancelled before it started$/m);
    }
  });

  it("ends for every viewer when its job vanishes, on the site that looks for it", async (t) => {
    const [machines, sites] = await cluster(t, 20);
    const [site = assert.fail()] = sites;
    const build = await accepted(site.port, "a");
    const viewers = await view([site], build);
    await machines.jobs.remove(build.id);
    const { status, message } = await assertEnded(machines, build.id, viewers);
    assert.deepEqual([status, message], ["lost", "lost: the server ended while the build was waiting"]);
    assert.equal((await endOf(site, build)).status, "lost");
    assert.match((await ask(site.port, "GET", `/api/builds/${build.id}/log`)).text, /^lost: the server ended/m);
  });

  it("ends for every viewer when the queue of jobs refuses it", async (t) => {
    const [machines, sites] = await cluster(t);
    const [site = assert.fail()] = sites;
    let viewers: Promise<EventClient[]> | undefined;
    let id = "";
    machines.jobs.add = async ({ build }) => {
      id = build.id;
      viewers = view(sites, build);
      await viewers;
      throw new Error("the queue is full");
    };
    assert.equal((await start(site.port, "a")).status, 500);
    const { status, message } = await assertEnded(machines, id, await (viewers ?? assert.fail()));
    assert.deepEqual([status, message], ["lost", "lost: the build could not be queued"]);
  });
});
