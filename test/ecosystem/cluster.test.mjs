/**
 * The programs of examples/cluster/README.md around one Redis: processes are killed while clients follow their builds.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { EventSource } from "eventsource";
import { RedisServer } from "../redis/support/redis-server.mjs";
import { Viewer, assertContiguous, linesProject, outputOf, requestBuild, startMember } from "./support/cluster.mjs";
import { makeFolder } from "./support/folder.mjs";
import { until } from "./support/until.mjs";

/** The longest time from SIGTERM to the end of a process, in milliseconds. */
const END_TIME = 2000;

/** The time after which the build of a killed worker counts as lost, in milliseconds. */
const LOST_AFTER = 2000;

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("examples/cluster", () => {
  const cleanups = [];
  const t = { after: (release) => void cleanups.unshift(release) };
  let root;
  let redis;

  before(async () => {
    redis = await RedisServer.start(t, ["--appendonly", "yes", "--appendfsync", "always"]);
    root = await makeFolder(t, Object.assign({}, ...["one", "two", "three"].map(linesProject)));
  });
  after(async () => {
    for (const release of cleanups) await release();
  });

  function run(file, env = {}) {
    return startMember(t, file, { REDIS_URL: redis.url, ROOT: root, LOST_AFTER: String(LOST_AFTER), ...env });
  }

  async function build(url, projectPath, count) {
    const response = await requestBuild(url, projectPath, count);
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

    await t.test("a queued build is cancelled, and its viewers end on every web process", async () => {
      const ids = [];
      for (const name of ["one", "two", "three"]) ids.push(await build(a.url, name, 10_000));
      const queued = ids.pop();
      const running = await Promise.all(ids.map((id) => Viewer.open(b.url, id)));
      await Promise.all(running.map((viewer) => viewer.reaches(10)));
      const viewers = await Promise.all([a, a, b].map(({ url }) => Viewer.open(url, queued)));
      await Promise.all(viewers.map((viewer) => viewer.reaches(1)));
      const reply = await fetch(`${a.url}/api/builds/${queued}/cancel`, { method: "POST" });
      assert.equal((await reply.json()).build.status, "cancelled");
      for (const viewer of viewers) {
        assert.equal((await viewer.end()).message, "cancelled before it started");
        assert.deepEqual(viewer.events.map(({ type }) => type), ["build", "line", "end"]);
        assertContiguous(viewer.events);
      }
      for (const { url } of [a, b]) {
        const log = await fetch(`${url}/api/builds/${queued}/log`, { signal: AbortSignal.timeout(5000) });
        assert.match(await log.text(), /^cancelled before it started$/m);
      }
      await Promise.all(ids.map((id) => fetch(`${b.url}/api/builds/${id}/cancel`, { method: "POST" })));
      for (const viewer of running) assert.equal((await viewer.end()).status, "cancelled");
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

    await t.test("a build and its viewers continue when Redis is killed and restarts", async () => {
      const id = await build(a.url, "two", 300);
      const viewer = await Viewer.open(b.url, id);
      await viewer.reaches(80);
      await redis.kill();
      await redis.restart();
      assert.equal((await viewer.end()).status, "succeeded");
      const gap = viewer.events.findIndex(({ type }) => type === "gap");
      assert.equal(JSON.parse(viewer.events[gap].data).reason, "epoch");
      // Redis may have lost events that it had acknowledged, so viewers receive the log again.
      const events = viewer.events.slice(gap + 1);
      assertContiguous(events);
      assert.equal(outputOf(events), await readFile(`${root}/two/output.txt`, "utf8"));
      const found = await fetch(`${a.url}/api/builds/${id}/lines?from=1&count=1000`);
      const numbers = events.filter(({ type }) => type === "line").map(({ data }) => JSON.parse(data).number);
      assert.equal((await found.json()).lineCount, Math.max(...numbers));
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

  for (const [state, stop, resume] of [
    ["is down", () => redis.kill(), () => redis.restart()],
    ["does not answer", () => redis.signal("SIGSTOP"), () => redis.signal("SIGCONT")],
  ]) {
    it(`ends web processes and workers while Redis ${state}`, async () => {
      const programs = await Promise.all([run("web.js"), run("worker.js")]);
      await until(() => programs[1].output.includes("is ready"));
      await stop();
      const start = performance.now();
      await Promise.all(programs.map((program) => program.end("SIGTERM")));
      assert.ok(performance.now() - start < 10_000, `they ended after ${performance.now() - start} ms`);
      await resume();
    });
  }

  it("shares a port and a log among the processes of cores.js, and replaces one that is killed", async (t) => {
    const program = await run("cores.js", { PROCESSES: "2" });
    const processes = () => Array.from(program.output.matchAll(/process (\d+)/g), ([, pid]) => Number(pid));
    await until(() => processes().length === 2);
    const publish = async (text) => {
      const response = await fetch(`${program.url}/messages?text=${text}`, { method: "POST" });
      return response.text();
    };
    // The processes receive connections alternately.
    const received = [[], []];
    for (const events of received) {
      const source = new EventSource(`${program.url}/messages`);
      t.after(() => source.close());
      source.addEventListener("gap", (event) => events.push(event));
      source.onmessage = (event) => events.push(event);
      await new Promise((resolve) => (source.onopen = resolve));
    }
    const ids = [];
    const send = async (text) => {
      ids.push(await publish(text));
      await until(() => received.every((events) => events.length === ids.length));
    };
    for (const text of ["a", "b", "c"]) await send(text);
    process.kill(processes()[0], "SIGKILL");
    await until(() => processes().length === 3);
    for (const text of ["d", "e"]) await send(text);
    for (const events of received) {
      assertContiguous(events);
      assert.deepEqual(events.map(({ lastEventId }) => lastEventId), ids);
      assert.equal(events.map(({ data }) => data).join(""), "abcde");
    }
    await end(program);
  });

  it("starts everything with npm start", async () => {
    const program = await run("start.js", { ROOT: fileURLToPath(new URL("../../examples", import.meta.url)) });
    await until(() => program.output.split("\n").filter((line) => /^http|ready$/.test(line)).length === 4);
    const url = /^http.*$/m.exec(program.output)[0];
    const id = await build(url, "sample-project", 0);
    const viewer = await Viewer.open(url, id);
    assert.equal((await viewer.end()).status, "succeeded");
    assert.match(await (await fetch(`${url}/api/builds/${id}/log`)).text(), /^Done: 11 modules$/m);
    // Its processes also end when it cannot signal them.
    const workers = Array.from(program.output.matchAll(/^worker (\d+) is ready$/gm), ([, pid]) => Number(pid));
    assert.equal(workers.length, 2);
    await program.end("SIGKILL");
    await until(() => !workers.some(isRunning));
    await until(() => fetch(url).then(() => false, () => true));
    await program.restart();
    await end(program);
  });
});
