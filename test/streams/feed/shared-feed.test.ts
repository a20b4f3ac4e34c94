import assert from "node:assert/strict";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { BuildApp } from "../../../dist/web/build-app.js";
import { Feed } from "../../../dist/streams/feed/feed.js";
import { makeFolder } from "../../support/folders.js";
import { Program } from "../../support/program.js";
import { until } from "../../support/channel.js";
import { EventClient, TestServer, postJson } from "../../support/http.js";
import { lastFirst } from "../../support/lifetime.js";
import type { DecodedEvent } from "../../../dist/protocol/decode.js";
import type { BuildRecord } from "../../../dist/runner/record.js";
import type { Lifetime } from "../../support/lifetime.js";

/** Prints the content of each file `go-1`, `go-2` and so on as soon as it exists, and ends at an empty one. */
const PRINT = `
const { existsSync, readFileSync } = require("node:fs");
let number = 1;
const timer = setInterval(() => {
  if (!existsSync("go-" + number)) return;
  const text = readFileSync("go-" + number++, "utf8");
  if (text === "end") clearInterval(timer);
  else process.stdout.write(text);
}, 5);`;

/** Projects whose builds print what a test says. */
class Projects {
  readonly root: string;
  readonly #counts = new Map<string, number>();

  constructor(root: string) {
    this.root = root;
  }

  static async create(t: Lifetime): Promise<Projects> {
    const project = (name: string): Record<string, string> => ({
      [`${name}/package.json`]: JSON.stringify({ name, scripts: { build: "node print.cjs" } }),
      [`${name}/print.cjs`]: PRINT,
    });
    return new Projects(await makeFolder(t, { ...project("a"), ...project("b"), ...project("c") }));
  }

  async print(name: string, text: string): Promise<void> {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    const path = join(this.root, name, `go-${count}`);
    await writeFile(`${path}.part`, text);
    await rename(`${path}.part`, path);
  }
}

async function start(port: number, projectPath: string): Promise<string> {
  const { json } = await postJson(port, "/api/project/build", { projectPath, install: "skip" });
  return (json["build"] as BuildRecord).id;
}

const lines = (events: readonly DecodedEvent[]): string[] =>
  events.flatMap(({ type, data }) => (type === "build" ? [] : [data.replace(/^\[[-\d]{10} [:\d]{8}\]/, "T")]));

/** The lines that the builds were told to print. */
const printed = (events: readonly DecodedEvent[]): string[] => lines(events).filter((line) => line.endsWith("!"));

const hasLine = (client: EventClient, text: string): Promise<void> =>
  until(() => client.events.some(({ data }) => data.endsWith(text)));

const hasEnded = (client: EventClient, id: string): Promise<void> =>
  until(() => {
    return client.events.some(({ type, data }) => {
      if (type !== "build") return false;
      const build = JSON.parse(data) as BuildRecord;
      return build.id === id && build.finishedAt !== null;
    });
  });

describe("the feed of several builds", () => {
  for (const isStored of [true, false]) {
    it(`names the build of each line while more than one runs, ${isStored ? "stored" : "in memory"}`, async (test) => {
      const t = lastFirst(test);
      const projects = await Projects.create(t);
      const data = isStored ? join(await makeFolder(t), "data") : undefined;
      const app = await BuildApp.open({ roots: [projects.root], data, concurrency: 2 });
      const server = await TestServer.start(app.handle);
      t.after(() => app.close().then(() => server.close()));
      const client = await EventClient.open(server.port, "/api/log/push");

      const a = await start(server.port, "a");
      await projects.print("a", "alone!\n");
      await hasLine(client, "alone!");
      assert.ok(!lines(client.events).some((line) => line.includes(a)), "one build alone is unchanged");

      const b = await start(server.port, "b");
      await projects.print("b", "of b!\n");
      await hasLine(client, "of b!");
      await projects.print("a", "of a!\n");
      await hasLine(client, "of a!");
      const c = await start(server.port, "c");
      await projects.print("b", "end");
      await hasEnded(client, b);
      await projects.print("c", "of c!\n");
      await hasLine(client, "of c!");
      await projects.print("a", "end");
      await hasEnded(client, a);
      await projects.print("c", "last!\nend!\n");
      await hasLine(client, "end!");
      await projects.print("c", "end");
      await hasEnded(client, c);
      const expected = ["T alone!", `T [${b} b] of b!`, `T [${a} a] of a!`, `T [${c} c] of c!`, "T last!", "T end!"];
      assert.deepEqual(printed(client.events), expected);
      const ends = lines(client.events).filter((line) => /\] succeeded in |^T succeeded in /.test(line));
      assert.deepEqual(
        ends.map((line) => line.replace(/ in .*/, "")),
        [`T [${b} b] succeeded`, `T [${a} a] succeeded`, "T succeeded"],
      );
    });
  }

  it("does not count a build that waits in the queue", async (test) => {
    const t = lastFirst(test);
    const projects = await Projects.create(t);
    const app = await BuildApp.open({ roots: [projects.root], concurrency: 1 });
    const server = await TestServer.start(app.handle);
    t.after(() => app.close().then(() => server.close()));
    const client = await EventClient.open(server.port, "/api/log/push");
    const a = await start(server.port, "a");
    const b = await start(server.port, "b");
    await projects.print("a", "of a!\n");
    await hasLine(client, "of a!");
    await projects.print("a", "end");
    await hasEnded(client, a);
    await projects.print("b", "of b!\n");
    await hasLine(client, "of b!");
    await projects.print("b", "end");
    await hasEnded(client, b);
    assert.ok(!lines(client.events).some((line) => line.includes(a) || line.includes(b)));
  });

  it("gives clients the same bytes after the server was killed", async (test) => {
    const t = lastFirst(test);
    const projects = await Projects.create(t);
    const data = join(await makeFolder(t), "data");
    const args = ["--port", "0", "--root", projects.root, "--data", data, "--concurrency", "2"];
    const first = new Program(t, args);
    let port = await first.port();
    const client = await EventClient.open(port, "/api/log/push");
    const a = await start(port, "a");
    await projects.print("a", "alone!\n");
    await hasLine(client, "alone!");
    const b = await start(port, "b");
    await projects.print("b", "of b!\n");
    await hasLine(client, "of b!");
    await projects.print("a", "of a!\n");
    await hasLine(client, "of a!");
    const seen = [...client.events];
    first.child.kill("SIGKILL");
    await first.ended;

    const second = new Program(t, args);
    port = await second.port();
    const id = seen[0]?.lastEventId ?? "";
    const again = await EventClient.open(port, "/api/log/push", { "Last-Event-ID": id });
    await Promise.all([hasEnded(again, a), hasEnded(again, b)]);
    assert.deepEqual(again.events.slice(0, seen.length - 1), seen.slice(1));
    assert.deepEqual(printed(again.events), ["T alone!", `T [${b} b] of b!`, `T [${a} a] of a!`]);
    const lost = lines(again.events).filter((line) => line.includes("lost: "));
    // The build that ends last is alone at its end.
    assert.equal(lost.length, 2);
    assert.match(lost[0] ?? "", new RegExp(`^T \\[(?:${a} a|${b} b)\\] lost: `));
    const all = [...again.events];
    second.child.kill("SIGTERM");
    await second.ended;

    const third = new Program(t, args);
    port = await third.port();
    const last = await EventClient.open(port, "/api/log/push", { "Last-Event-ID": id });
    await until(() => last.events.length >= all.length);
    assert.deepEqual(last.events, all);
  });
});

describe("Feed", () => {
  it("names a build as long as the feed does not have its end, whatever has happened meanwhile", async (t) => {
    const feed = new Feed({ backlog: "all" }, (error) => assert.ifError(error));
    const server = await TestServer.start((request, response) => void feed.channel.handle(request, response));
    t.after(() => server.close());
    const record = (id: string, status: string): BuildRecord =>
      ({ id, projectName: "x\u001b[31m\ny", status }) as BuildRecord;
    const build = (id: string, status: "queued" | "running"): void =>
      feed.publish({ type: "build", build: record(id, status) });
    const line = (buildId: string, text: string, open?: true): void => {
      const common = { type: "line", buildId, number: 1, step: null, stream: "stdout", text } as const;
      feed.publish({ ...common, time: "once", ...(open && { open }) });
    };
    const client = await EventClient.open(server.port, "/");
    build("a", "running");
    build("b", "queued");
    line("a", "1");
    build("b", "running");
    line("a", "2", true);
    feed.publish({ type: "end", build: record("b", "failed") });
    line("a", "3");
    await hasLine(client, "3");
    const shown = client.events.filter(({ type }) => type !== "build").map(({ type, data }) => `${type} ${data}`);
    assert.deepEqual(shown, ["message [once] 1", "open [once] [a xy] 2", "message [once] 3"]);
    await feed.close();
  });
});
