/**
 * The programs of examples/cluster/README.md around one Redis: processes are killed while clients follow their builds.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { EventSource } from "eventsource";
import { EventStreamDecoder } from "../../dist/protocol/index.js";
import { RedisServer } from "../redis/support/redis-server.mjs";
import { makeFolder } from "./support/folder.mjs";
import { Program } from "./support/program.mjs";
import { until } from "./support/until.mjs";

/** The longest time from SIGTERM to the end of a process, in milliseconds. */
const END_TIME = 2000;

/** The time after which the build of a killed worker counts as lost, in milliseconds. */
const LOST_AFTER = 1000;

/** Prints numbered lines for a while, and writes them to a file as well. */
const LINES = `
  import { appendFileSync } from "node:fs";
  let number = 0;
  const timer = setInterval(() => {
    const text = "line " + ++number + " " + "=".repeat(number % 60);
    appendFileSync("output.txt", text + "\\n");
    console.log(text);
    if (number === Number(process.env.COUNT)) clearInterval(timer);
  }, 5);
`;

const script = (name) => JSON.stringify({ name, scripts: { build: "node build.mjs" } });
const project = (name) => ({ [`${name}/package.json`]: script(name), [`${name}/build.mjs`]: LINES });

/** Reads an event stream. */
class Viewer {
  events = [];
  #decoder = new EventStreamDecoder();
  ended;

  static async open(url, id, lastEventId) {
    const viewer = new Viewer();
    const headers = lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId };
    const response = await fetch(`${url}/api/builds/${id}/events`, { headers });
    assert.equal(response.status, 200);
    viewer.ended = viewer.#read(response.body);
    return viewer;
  }

  /** Resolves when there is this number of events. */
  reaches(count) {
    return until(() => this.events.length >= count);
  }

  /** Resolves with the last state of the build at the end of the stream. */
  async end() {
    await this.ended;
    const { type, data } = this.events.at(-1);
    assert.equal(type, "end");
    return JSON.parse(data);
  }

  async #read(body) {
    try {
      for await (const bytes of body) this.events.push(...this.#decoder.decode(bytes));
    } catch {
      // The server was killed.
    }
  }
}

const sequenceOf = ({ lastEventId }) => Number(lastEventId.split("-").at(-1));

function assertContiguous(events) {
  assert.deepEqual(events.map(sequenceOf), Array.from(events, (_, index) => index + 1));
  assert.equal(new Set(events.map(({ lastEventId }) => lastEventId.split("-")[0])).size, 1);
}

/** The output of the step `build`. */
function outputOf(events) {
  const lines = new Map();
  for (const { type, data } of events) {
    const { number, step, stream, text } = type === "line" ? JSON.parse(data) : {};
    if (step === "build" && stream === "stdout" && text.startsWith("line ")) lines.set(number, `${text}\n`);
  }
  return [...lines.values()].join("");
}

describe("examples/cluster", () => {
  const cleanups = [];
  const t = { after: (release) => void cleanups.unshift(release) };
  let root;
  let redis;

  before(async () => {
    redis = await RedisServer.start(t);
    root = await makeFolder(t, { ...project("one"), ...project("two"), ...project("three") });
  });
  after(async () => {
    for (const release of cleanups) await release();
  });

  function run(file, env = {}) {
    const path = fileURLToPath(new URL(`../../examples/cluster/${file}`, import.meta.url));
    const variables = { REDIS_URL: redis.url, ROOT: root, LOST_AFTER: String(LOST_AFTER), ...env };
    return Program.start(t, (PORT) => ({ args: [path], env: { ...variables, PORT } }));
  }

  async function build(url, projectPath, count) {
    const body = JSON.stringify({ projectPath, install: "skip", env: { COUNT: String(count) } });
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(`${url}/api/project/build`, { method: "POST", body, headers });
    const { build, error } = await response.json();
    assert.equal(response.status, 202, error?.message);
    return build.id;
  }

  async function end(...programs) {
    const start = performance.now();
    const codes = await Promise.all(programs.map((program) => program.end("SIGTERM")));
    assert.ok(performance.now() - start < END_TIME, `they ended after ${performance.now() - start} ms`);
    assert.deepEqual(codes, programs.map(() => 0));
  }

  it("shows and cancels builds on every machine, also after processes were killed", async (t) => {
    const files = ["web.js", "web.js", "worker.js", "worker.js"];
    const [a, b, first, second] = await Promise.all(files.map((file) => run(file)));
    let third;

    await t.test("a viewer resumes on another web process without a hole", async () => {
      const id = await build(a.url, "one", 200);
      const before = await Viewer.open(a.url, id);
      await before.reaches(80);
      await a.end("SIGKILL");
      await before.ended;
      const rest = await Viewer.open(b.url, id, before.events.at(-1).lastEventId);
      assert.equal((await rest.end()).status, "succeeded");
      const events = [...before.events, ...rest.events];
      assertContiguous(events);
      assert.equal(outputOf(events), await readFile(`${root}/one/output.txt`, "utf8"));
      await a.restart();
      // A new process knows the build, and has its lines.
      const { builds } = await (await fetch(`${a.url}/api/builds`)).json();
      assert.deepEqual(builds.map(({ id, status }) => [id, status]), [[id, "succeeded"]]);
      const found = await (await fetch(`${a.url}/api/builds/${id}/search?q=line%20200`)).text();
      assert.match(found, /"count":1,.*"end":"complete"/);
    });

    await t.test("a build is cancelled from a process that did not start it, on the worker that runs it", async () => {
      const ids = [await build(a.url, "one", 10_000), await build(a.url, "two", 10_000)];
      // The first worker has one of them, the second worker the other one.
      const viewers = await Promise.all(ids.map((id) => Viewer.open(b.url, id)));
      await Promise.all(viewers.map((viewer) => viewer.reaches(50)));
      for (const [index, id] of ids.entries()) {
        const { status } = await fetch(`${b.url}/api/builds/${id}/cancel`, { method: "POST" });
        assert.equal(status, 202);
        assert.equal((await viewers[index].end()).status, "cancelled");
        assertContiguous(viewers[index].events);
      }
    });

    await t.test("the build of a killed worker is lost, and the other worker continues", async () => {
      const ids = [];
      for (const name of ["one", "two", "three"]) ids.push(await build(a.url, name, name === "three" ? 10 : 400));
      const viewers = await Promise.all(ids.map((id) => Viewer.open(b.url, id)));
      await Promise.all(viewers.slice(0, 2).map((viewer) => viewer.reaches(50)));
      await first.end("SIGKILL");
      const ends = await Promise.all(viewers.map((viewer) => viewer.end()));
      assert.deepEqual(ends.slice(0, 2).map(({ status }) => status).sort(), ["lost", "succeeded"]);
      const { message } = ends.find(({ status }) => status === "lost");
      assert.equal(message, "lost: the server ended while build was running");
      assert.equal(ends[2].status, "succeeded");
      for (const viewer of viewers) assertContiguous(viewer.events);
      third = await run("worker.js");
    });

    await t.test("an EventSource sees every event through a rolling restart", async (t) => {
      const id = await build(a.url, "three", 400);
      const source = new EventSource(`${b.url}/api/builds/${id}/events`);
      t.after(() => source.close());
      const events = [];
      let isOver = false;
      for (const type of ["build", "line", "gap", "end"]) {
        source.addEventListener(type, (event) => {
          events.push(event);
          isOver ||= type === "end";
        });
      }
      await until(() => events.length > 100);
      for (const web of [b, a]) {
        await end(web);
        await web.restart();
      }
      await until(() => isOver);
      assertContiguous(events);
    });

    await t.test("SIGTERM ends every process in time, and cancels the builds of a worker", async () => {
      const id = await build(a.url, "one", 10_000);
      const viewer = await Viewer.open(b.url, id);
      await viewer.reaches(50);
      await end(second, third);
      const { status, message } = await viewer.end();
      assert.deepEqual([status, message], ["cancelled", "cancelled by the shutdown while build was running"]);
      await end(a, b);
    });
  });

  it("starts everything with npm start", async () => {
    const program = await run("start.js", { ROOT: fileURLToPath(new URL("../../examples", import.meta.url)) });
    await until(() => program.output.split("\n").filter((line) => /^http|ready$/.test(line)).length === 4);
    const url = /^http.*$/m.exec(program.output)[0];
    const id = await build(url, "sample-project", 0);
    const viewer = await Viewer.open(url, id);
    assert.equal((await viewer.end()).status, "succeeded");
    assert.match(await (await fetch(`${url}/api/builds/${id}/log`)).text(), /^Done: 11 modules$/m);
    await end(program);
  });
});
