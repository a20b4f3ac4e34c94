import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe } from "node:test";
import { routes } from "../../dist/web/routes.js";
import { ask, postJson } from "../support/http.js";
import { FloodedServer } from "./support/flooded-server.js";
import { scenario } from "./support/scenario.js";
import type { Socket } from "node:net";
import type { Services } from "../../dist/web/routes.js";
import type { BuildRecord } from "../../dist/runner/record.js";
import type { Health, Holdings } from "./support/flooded-server.js";
import type { Round } from "./support/scenario.js";

/** The maximum wait for `/healthz`, in milliseconds: generous, since tests share processors with the server. */
const MAX_WAIT = 10_000;

/** How much the memory of the heap may grow, in bytes. */
const MAX_GROWTH = 16 * 1024 * 1024;

/** The number of bytes that a replay reads before it leaves, unless it reads all. */
const GLANCE = 4_000_000;

const TEXT = "compiled src/components/table/column-header-menu.tsx and wrote dist/assets/column-header.js in 12 ms";

/** A server that is warm, with a health check from another thread. */
interface Scene {
  readonly server: FloodedServer;
  readonly before: Holdings;
  readonly health: Health;
}

async function openScene(round: Round): Promise<Scene> {
  const limits = ["--max-clients-per-address", "2000", "--max-clients", "2000", "--max-requests-per-address", "4000"];
  const server = await FloodedServer.start(round, {}, ["--log-level", "error", ...limits]);
  // The first build and the first requests load modules, and make caches.
  await finishBuild(server, "echo warm");
  await server.vacant();
  const before = await server.holdings();
  const health = server.watchHealth();
  // A short scenario would end before the first answer.
  await round.until(() => health.answers > 0);
  return { server, before, health };
}

/** Runs a build to its end. */
async function finishBuild(server: FloodedServer, script: string): Promise<string> {
  const { id, begin } = await server.build(script);
  await begin();
  const events = await server.open(`/api/builds/${id}/events`);
  events.resume();
  await once(events, "end");
  assert.equal((await ask(server.port, "GET", `/api/builds/${id}`)).json["status"], "succeeded");
  return id;
}

/** Cancels builds until all have ended. A rerun of a gated build waits for its gate until it is cancelled. */
async function cancelAll(server: FloodedServer): Promise<void> {
  for (;;) {
    const list = (await ask(server.port, "GET", "/api/builds?limit=100")).json["builds"] as BuildRecord[];
    const open = list.filter(({ status }) => status === "queued" || status === "running");
    if (open.length === 0) return;
    for (const { id } of open) await ask(server.port, "POST", `/api/builds/${id}/cancel`);
  }
}

/** The server has answered other clients, has reported no fault, and has kept nothing. */
async function assertUnharmed(round: Round, { server, before, health }: Scene, what: string): Promise<void> {
  await server.vacant();
  await health.stop();
  const after = await server.settled(before);
  const grown = after.heapUsed + after.external - before.heapUsed - before.external;
  round.report(
    `${what}; /healthz ${health.answers} times, at worst after ${health.worst.toFixed(0)} ms; ` +
      `${before.descriptors} -> ${after.descriptors} descriptors, ${(grown / 1e6).toFixed(1)} MB more, ` +
      `peak ${server.peakMiB.toFixed(0)} MiB`,
  );
  assert.match(server.stderr, /^tailcast: builds are stored in .*\n$/, "no fault");
  assert.equal(after.descriptors, before.descriptors);
  assert.ok(grown < MAX_GROWTH, `${grown} bytes of heap and buffers`);
  assert.ok(health.answers > 0);
  assert.ok(health.worst < MAX_WAIT, `/healthz was answered after ${health.worst} ms`);
}

/** Connects, and survives the end of the connection. */
function open(round: Round, port: number): Socket {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  round.after(() => socket.destroy());
  return socket;
}

/** Ends a connection in one of three ways. */
function leave(round: Round, socket: Socket): void {
  if (round.chance(33)) socket.end().resume();
  else if (round.chance(50)) socket.resetAndDestroy();
  else socket.destroy();
}

/** Resolves when the socket has this number of bytes, or is over. */
function received(socket: Socket, count: number): Promise<void> {
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
    socket.on("data", () => {
      if (socket.bytesRead >= count) resolve();
    });
  });
}

/** Sends the first piece, then single bytes, until the server closes. Returns what the server sent. */
async function drip(round: Round, port: number, first: string): Promise<string> {
  const socket = open(round, port);
  let reply = "";
  socket.on("data", (bytes: Buffer) => (reply += String(bytes)));
  socket.write(first);
  const timer = setInterval(() => socket.write("x"), 500);
  round.after(() => clearInterval(timer));
  await once(socket, "close");
  clearInterval(timer);
  return reply;
}

/** Every request of the route table, with these builds. */
function everyRequest(running: string, ended: string, project: string): readonly string[] {
  const requests: string[] = [];
  // The handlers are not called.
  for (const [pattern, route] of Object.entries(routes({ settings: {} } as Services))) {
    const path = pattern.replace("*file", pattern.startsWith("/page") ? "main.js" : "style.js");
    for (const method of ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT"]) {
      const body = method === "POST" && "POST" in route ? JSON.stringify({ projectPath: project, token: "guess" }) : "";
      const ids = method === "POST" ? [ended] : [running, ended];
      for (const id of path.includes(":id") ? ids : [""]) {
        requests.push(
          [
            `${method} ${path.replace(":id", id)} HTTP/1.1`,
            "Host: localhost",
            "Content-Type: application/json",
            `Content-Length: ${body.length}`,
            "",
            body,
          ].join("\r\n"),
        );
      }
    }
  }
  return requests;
}

describe("The program under abuse", () => {
  scenario("answers others and accepts builds while heads and bodies arrive slowly, and drops them", async (round) => {
    const count = round.isFull ? 500 : 30;
    const scene = await openScene(round);
    const { port } = scene.server;
    const start = performance.now();
    const common = "Host: localhost\r\nContent-Type: application/json\r\n";
    const heads = Array.from({ length: count }, () => drip(round, port, "GET / HTTP/1.1\r\nX-Slow: "));
    const bodies = Array.from({ length: count }, () => {
      return drip(round, port, `POST /api/project/build HTTP/1.1\r\n${common}Content-Length: 9999\r\n\r\n{`);
    });
    await round.until(() => scene.health.answers > 10);
    await finishBuild(scene.server, "echo among them");
    for (const reply of await Promise.all(heads)) assert.match(reply, /^HTTP\/1\.1 408 /);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    // The bodies have 30 s.
    if (!round.isFull) {
      for (const body of bodies) body.catch(() => undefined);
      const accepted = await postJson(port, "/api/project/build", { projectPath: scene.server.project("true") });
      assert.equal(accepted.status, 202);
      await ask(port, "GET", `/api/builds/${(accepted.json["build"] as BuildRecord).id}/log`);
      round.report(`${count} slow heads were dropped within ${seconds} s`);
      return;
    }
    for (const reply of await Promise.all(bodies)) assert.match(reply, /^HTTP\/1\.1 408 /);
    const all = ((performance.now() - start) / 1000).toFixed(1);
    await assertUnharmed(round, scene, `${count} slow heads were dropped within ${seconds} s, bodies within ${all} s`);
  });

  scenario("keeps nothing of connections that are dropped at once", async (round) => {
    const count = round.isFull ? 5000 : 500;
    const scene = await openScene(round);
    const { port } = scene.server;
    const start = performance.now();
    let left = count;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const socket = open(round, port);
        if (round.chance(75)) await Promise.race([once(socket, "connect"), once(socket, "close")]);
        if (round.chance(50)) socket.write("GET /api/log/push HTTP/1.1\r\nHost: loc".slice(0, round.between(1, 38)));
        if (round.chance(50)) await round.turns(1);
        leave(round, socket);
        if (!socket.closed) await once(socket, "close");
      }
    };
    await Promise.all(Array.from({ length: 50 }, worker));
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    await assertUnharmed(round, scene, `${count} connections in ${seconds} s`);
  });

  scenario("gives every place back after pipelines of each route that close at every stage", async (round) => {
    const scene = await openScene(round);
    const { server } = scene;
    const ended = await finishBuild(server, `seq -f '%.0f ${TEXT}' ${round.isFull ? 20_000 : 2000}`);
    const { id: running } = await server.build("echo over");
    const requests = everyRequest(running, ended, server.project("true"));
    const lengths = round.isFull ? [2, 16, 17, 100, 1000] : [3, 40];
    // After this number of bytes of the replies; 0: at once; -1: after a while without reading.
    const stages = [0, -1, 1, 1000, 100_000];
    const jobs = requests.flatMap((text) => {
      return lengths.flatMap((length) => stages.map((stage) => ({ text, length, stage })));
    });
    let next = 0;
    const start = performance.now();
    const worker = async (): Promise<void> => {
      for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) {
        const socket = open(round, server.port);
        await once(socket, "connect");
        socket.write(job.text.repeat(job.length));
        // A pipeline may have fewer bytes, or wait for a stream.
        const patience = new Promise((resolve) => setTimeout(resolve, 50));
        if (job.stage === -1) await round.turns(20);
        else if (job.stage > 0) await Promise.race([received(socket, job.stage), patience]);
        leave(round, socket);
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    await cancelAll(server);
    await server.vacant();
    // Requests that were under way may have started builds meanwhile.
    await cancelAll(server);
    await assertUnharmed(round, scene, `${jobs.length} pipelines of ${requests.length} requests in ${seconds} s`);
  });

  scenario("answers others and accepts builds beside unread replies and many replays of a log", async (round) => {
    const lines = round.isFull ? 800_000 : 20_000;
    const [unread, replays] = round.isFull ? [200, 1000] : [30, 60];
    const scene = await openScene(round);
    const { server } = scene;
    const id = await finishBuild(server, `seq -f '%.0f ${TEXT}' ${lines}`);
    const large = ["/log", "/log?ansi", "/events"].map((end) => `/api/builds/${id}${end}`);
    const paths = [...large, "/api/builds?limit=100", "/metrics", "/page/main.js", "/api/log/push"];
    const start = performance.now();
    const silent = paths.flatMap((path) => {
      return Array.from({ length: path === large[0] ? unread : Math.ceil(unread / 10) }, () => {
        const socket = open(round, server.port).pause();
        const count = path.startsWith("/api/builds/") ? 1 : 100;
        socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(count));
        return socket;
      });
    });
    const replay = async (index: number): Promise<number> => {
      const response = await server.open(large[index % 3] ?? "");
      assert.equal(response.statusCode, 200);
      let bytes = 0;
      for await (const piece of response) {
        bytes += (piece as Buffer).length;
        if (index % 20 > 0 && bytes > GLANCE) break;
      }
      return bytes;
    };
    const running = Array.from({ length: replays }, (_, index) => replay(index));
    await finishBuild(server, "echo among them");
    const accepted = ((performance.now() - start) / 1000).toFixed(1);
    const bytes = (await Promise.all(running)).reduce((sum, count) => sum + count, 0);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    for (const socket of silent) leave(round, socket);
    await assertUnharmed(
      round,
      scene,
      `${silent.length} silent clients and ${replays} replays (${(bytes / 1e6).toFixed(0)} MB) in ${seconds} s, ` +
        `a build among them in ${accepted} s`,
    );
  });
});
