import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../../dist/channel/channel.js";
import { TailcastError } from "../../../dist/error.js";
import { createBuildId } from "../../../dist/runner/build-id.js";
import { pendingStep, queuedRecord } from "../../../dist/runner/record.js";
import { BuildApp } from "../../../dist/web/build-app.js";
import { LOCAL_OPTIONS } from "../../../dist/web/build-app-options.js";
import { EventClient, ask } from "../../support/http.js";
import { build, buildIn, codeIn, start } from "../app.js";
import { scrape } from "../scrape.js";
import type { BuildRecord, BuildService, Builders, BuildersContext, PlanRequest } from "../../../dist/index.js";

const NUMBERS = {
  clients: 0, blocked: 0, lag: 0, published: 0, delivered: 0, gaps: 0, historyFailures: 0,
  accepted: { fresh: 0, resumed: 0, gap: 0 },
  closed: { left: 0, stalled: 0, aged: 0, ended: 0, closed: 0, dismissed: 0 },
};

/** A queue whose builds never start: its replies are late, as those of another process. */
class FarQueue implements BuildService {
  readonly requests: PlanRequest[] = [];
  readonly #builds = new Map<string, BuildRecord>();
  readonly #context: BuildersContext;
  isFailing = false;

  constructor(context: BuildersContext) {
    this.#context = context;
  }

  async add(plan: Parameters<BuildService["add"]>[0], request: PlanRequest): Promise<BuildRecord> {
    this.requests.push(request);
    await new Promise(setImmediate);
    const twin = this.list().find(({ projectPath }) => projectPath === plan.projectPath);
    if (twin !== undefined) throw new TailcastError("ALREADY_BUILDING", "Cannot build twice", { buildId: twin.id });
    const known = { id: createBuildId(), steps: [pendingStep("plan", "")], estimatedDuration: null };
    const record = queuedRecord(plan, { ...known, queuedAt: new Date().toISOString() });
    this.#builds.set(record.id, record);
    this.#context.onEvent({ type: "build", build: record });
    return record;
  }

  async stored(): Promise<void> {
    if (this.isFailing) throw new TailcastError("LOG_UNAVAILABLE", "Cannot publish: the store does not answer");
  }

  get(id: string): BuildRecord {
    return this.#builds.get(id) ?? assert.fail();
  }

  list(): BuildRecord[] {
    return [...this.#builds.values()];
  }

  async cancel(id: string): Promise<BuildRecord> {
    await new Promise(setImmediate);
    return { ...this.get(id), message: "cancelled" };
  }

  async inputs(id: string): Promise<PlanRequest> {
    const { projectPath } = this.get(id);
    this.#builds.delete(id);
    return { projectPath, script: undefined, install: undefined, variables: undefined, color: undefined };
  }
}

describe("BuildApp: the option `builders`", () => {
  it("lets another queue and other streams answer every request", async (t) => {
    let queue: FarQueue | undefined;
    const closed: unknown[] = [];
    const channels: Channel[] = [];
    const builders = async (context: BuildersContext): Promise<Builders> => {
      queue = new FarQueue(context);
      const channel = new Channel({ ...context.channel, backlog: "all" });
      channels.push(channel);
      const lines = { from: 1, lines: [], lineCount: 0, lastEventId: "e-0" };
      return {
        queue,
        streams: {
          numbers: { feed: NUMBERS, build: { ...NUMBERS, published: 7 } },
          feed: async () => channel,
          of: async () => channel,
          linesOf: async () => ({
            lines: async (from) => ({ ...lines, from }),
            outline: async () => ({ ...lines, sections: [], marks: [], marksOmitted: 0 }),
          }),
          search: async (_, { onReport }) => {
            onReport({ scanned: 1, of: 1, count: 0, lines: [], removed: [], end: "complete" });
          },
          close: async () => undefined,
        },
        warnings: ["the store is far away"],
        close: async (options) => {
          closed.push(options);
          await channel.close();
        },
      };
    };
    const { app, port } = await start(t, { builders, grace: 25 });
    assert.deepEqual(app.warnings, ["the store is far away"]);
    const reply = await build(port, "project");
    assert.equal(reply.status, 202);
    const { id } = buildIn(reply);
    assert.equal(queue?.requests[0]?.projectPath, "project");
    const twin = await build(port, "project");
    assert.deepEqual([twin.status, codeIn(twin), buildIn(twin).id], [409, "ALREADY_BUILDING", id]);
    const listed = (await ask(port, "GET", "/api/builds")).json["builds"] as BuildRecord[];
    assert.deepEqual(listed.map((found) => found.id), [id]);
    const cancelled = await ask(port, "POST", `/api/builds/${id}/cancel`);
    assert.deepEqual([cancelled.status, buildIn(cancelled).message], [202, "cancelled"]);
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    channels[0]?.publish({ event: "end", data: "{}" });
    channels[0]?.end();
    assert.deepEqual((await client.ended()).map(({ type }) => type), ["end"]);
    assert.equal((await ask(port, "GET", `/api/builds/${id}/lines?from=5`)).json["from"], 5);
    assert.match((await ask(port, "GET", `/api/builds/${id}/search?q=x`)).text, /"end":"complete"/);
    const { values } = await scrape(port);
    assert.equal(values.get('tailcast_events_published_total{stream="build"}'), 7);
    assert.equal(values.get("tailcast_builds_queued"), 1);
    const again = await ask(port, "POST", `/api/builds/${id}/rerun`);
    assert.equal(again.status, 202);
    assert.notEqual(buildIn(again).id, id);
    queue.isFailing = true;
    assert.deepEqual(codeIn(await build(port, "other")), "NOT_STORED");
    assert.throws(() => app.add({} as never), { code: "INVALID_OPTION" });
    await app.close();
    assert.deepEqual(closed, [{ grace: 25 }]);
  });

  it("cannot be combined with options of builds that run here", async () => {
    const builders = (): never => assert.fail();
    for (const name of LOCAL_OPTIONS) {
      const open = BuildApp.open({ roots: [], builders, [name]: 1 });
      await assert.rejects(open, (error: Error) => error.message.includes(`"${name}"`), name);
    }
    await assert.rejects(BuildApp.open({ roots: [], builders: 1 as never }), { code: "INVALID_OPTION" });
  });

  it("passes the error on when the builds cannot be opened", async () => {
    const builders = async (): Promise<never> => Promise.reject(new Error("no store"));
    await assert.rejects(BuildApp.open({ roots: [], builders }), { message: "no store" });
  });
});
