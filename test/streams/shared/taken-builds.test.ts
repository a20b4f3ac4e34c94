import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SharedBuilder } from "../../../dist/index.js";
import { EventClient } from "../../support/http.js";
import { Cluster, accepted, endOf, lastState } from "./memory-cluster.js";
import { MemoryLogs } from "./memory-machines.js";
import type { FolderPlanner } from "../../../dist/index.js";

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

  it("goes back to the queue when its builder is closed before it has started", { timeout: 10_000 }, async (t) => {
    const cluster = await Cluster.open(t);
    const site = await cluster.site();
    const build = await accepted(site.port, "a");
    const [job = assert.fail()] = cluster.jobs.waiting;
    let closing: Promise<void> | undefined;
    // The builder is closed while it plans the build.
    const plan: FolderPlanner = ({ path: projectPath }) => {
      closing = builder.close();
      const steps = [cluster.stage.step("a", projectPath)];
      return { projectPath, projectName: "a", packageManager: null, reason: "a test", warnings: [], steps };
    };
    const builder = await SharedBuilder.open(new MemoryLogs(cluster.logs), { roots: [cluster.root], plan });
    await assert.rejects(builder.run(job), { code: "SHUTTING_DOWN" });
    await closing;
    await cluster.builder();
    (await cluster.stage.actor("a")).tell({ action: "exit", code: 0 });
    assert.equal((await endOf(site, build)).status, "succeeded");
  });
});
