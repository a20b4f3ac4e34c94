import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventClient } from "../../support/http.js";
import { Cluster, accepted, endOf, lastState } from "./memory-cluster.js";

describe("a build that a builder has taken", () => {
  it("becomes lost when its builder has ended, and the store has removed its states before many lines", async (t) => {
    const cluster = await Cluster.open(t);
    const site = await cluster.site();
    const build = await accepted(site.port, "a");
    // The log as it is then.
    cluster.logs.remove(build.id);
    await cluster.logs.root(build.id).publish({ event: "line", data: '{"number":100001,"text":"one"}' });
    await cluster.builder();
    const client = await EventClient.open(site.port, `/api/builds/${build.id}/events`);
    const { status, message } = lastState(await client.ended());
    assert.deepEqual([status, message], ["lost", "lost: the server ended while the build was running"]);
    assert.match(client.events.at(-2)?.data ?? "", /^\{"number":100002,/);
    assert.equal((await endOf(site, build)).status, "lost");
    assert.deepEqual(cluster.jobs.errors, []);
  });
});
