import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventClient, ask } from "../../support/http.js";
import { Cluster, accepted, lastState, start } from "./memory-cluster.js";
import type { BuildRecord } from "../../../dist/index.js";
import type { Site } from "./memory-cluster.js";

/** Every route of one build, and the status of its reply for a queued build. */
const ROUTES = [
  ["GET", "", 200],
  ["GET", "/outline", 200],
  ["GET", "/lines", 200],
  ["GET", "/search?q=x", 200],
  ["POST", "/cancel", 202],
  ["POST", "/rerun", 409],
] as const;

/** The streams of one build. */
const STREAMS = ["/events", "/log"];

/** A cluster with a site that follows, and one whose states are late. */
async function open(t: Parameters<typeof Cluster.open>[0]): Promise<[Cluster, Site, Site]> {
  const cluster = await Cluster.open(t);
  return [cluster, await cluster.site(), await cluster.site({ late: ["builds"] })];
}

describe("a site whose states are late", () => {
  for (const [method, path, status] of ROUTES) {
    it(`finds a build that another site has just accepted: ${method} /api/builds/:id${path}`, async (t) => {
      const [, site, late] = await open(t);
      const { id } = await accepted(site.port, "a");
      const reply = await ask(late.port, method, `/api/builds/${id}${path}`);
      assert.equal(reply.status, status, reply.text);
    });
  }

  for (const path of STREAMS) {
    it(`finds a build that another site has just accepted: GET /api/builds/:id${path}`, async (t) => {
      const [, site, late] = await open(t);
      const { id } = await accepted(site.port, "a");
      const client = await EventClient.open(late.port, `/api/builds/${id}${path}`);
      assert.equal(client.status, 200);
      client.close();
    });
  }

  it("asks the store for an unknown build only", async (t) => {
    const [, site, late] = await open(t);
    const { id } = await accepted(site.port, "a");
    assert.equal((await ask(late.port, "GET", `/api/builds/${id}`)).status, 200);
    assert.equal((await ask(late.port, "GET", "/api/builds/other")).status, 404);
    late.logs.interrupt();
    assert.equal((await ask(late.port, "GET", `/api/builds/${id}`)).status, 200);
    const reply = await ask(late.port, "GET", "/api/builds/other");
    assert.deepEqual([reply.status, (reply.json["error"] as { code: string }).code], [503, "LOG_UNAVAILABLE"]);
  });

  it("names the build of another site that prevents a build", async (t) => {
    const [, site, late] = await open(t);
    const first = await accepted(site.port, "a");
    const twin = await start(late.port, "a");
    assert.deepEqual([twin.status, (twin.json["build"] as BuildRecord).id], [409, first.id]);
  });

  it("accepts a build as soon as a client has the end of the last one, before its job is removed", async (t) => {
    const [cluster, site, late] = await open(t);
    let release: () => void = () => undefined;
    cluster.jobs.onRun = () => new Promise((resolve) => (release = resolve));
    await cluster.builder();
    for (const port of [late.port, site.port, late.port]) {
      const { id } = await accepted(port, "a");
      // This site knows the build, but not its end.
      assert.equal((await ask(late.port, "GET", `/api/builds/${id}`)).status, 200);
      const viewer = await EventClient.open(site.port, `/api/builds/${id}/events`);
      assert.equal(viewer.status, 200);
      (await cluster.stage.actor("a")).tell({ action: "exit", code: 0 });
      assert.equal(lastState(await viewer.ended()).status, "succeeded");
      cluster.stage.forget("a");
      // The queue still has the job when the next build is requested.
      cluster.jobs.onAdd = () => void setImmediate(() => release());
    }
  });

  it("accepts a build when the list has already forgotten the last one", async (t) => {
    const cluster = await Cluster.open(t);
    const site = await cluster.site({ keep: 0 });
    let release: () => void = () => undefined;
    cluster.jobs.onRun = () => new Promise((resolve) => (release = resolve));
    await cluster.builder();
    const { id } = await accepted(site.port, "a");
    const viewer = await EventClient.open(site.port, `/api/builds/${id}/events`);
    (await cluster.stage.actor("a")).tell({ action: "exit", code: 0 });
    await viewer.ended();
    while ((await ask(site.port, "GET", `/api/builds/${id}`)).status === 200);
    cluster.jobs.onAdd = () => void setImmediate(() => release());
    await accepted(site.port, "a");
  });

  it("refuses a build while the queue has the job of one that has ended, and says why", async (t) => {
    const [cluster, site] = await open(t);
    cluster.jobs.onRun = () => new Promise(() => undefined);
    await cluster.builder();
    const { id } = await accepted(site.port, "a");
    const viewer = await EventClient.open(site.port, `/api/builds/${id}/events`);
    (await cluster.stage.actor("a")).tell({ action: "exit", code: 0 });
    await viewer.ended();
    const reply = await start(site.port, "a");
    const { code, message } = reply.json["error"] as { code: string; message: string };
    const reason = "the builder of a has not released its last build; try again later";
    assert.deepEqual([reply.status, code, message], [409, "ALREADY_BUILDING", `Cannot accept the build: ${reason}`]);
  });
});
