import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { ask, postJson } from "../../support/http.js";
import { bodiesFor } from "./parts.js";
import { Viewer } from "./viewer.js";
import type { BuildRecord } from "../../../dist/runner/record.js";
import type { FloodedServer, Holdings } from "../support/flooded-server.js";
import type { Round } from "../support/scenario.js";
import type { Places } from "./parts.js";

/**
 * Plays the script with this number on a connection of its own. Resolves with the statuses of the replies.
 *
 * @throws {Error} When the server sends anything that the protocol does not allow, or a 500. The message has the
 * script.
 */
export type Play = (number: number, places: Places) => Promise<readonly number[]>;

/** The number of a single script that fails; without it all are played. */
const ONLY = process.env["STRESS_ONLY"];

/** How many scripts are played at the same time. */
const AT_ONCE = 24;

/** How much the memory of the server may grow, beside three times the logs, which its streams keep, in bytes. */
const MAX_GROWTH = { heap: 8 * 1024 * 1024, rss: 96 * 1024 * 1024 };

/** A build of numbered lines that ends with its gate's second message. */
const LINES = (name: string): string =>
  `exec node -e '
    let count = 0;
    const timer = setInterval(() => { for (let left = 4; left > 0; left--) console.log("${name} " + ++count); }, 10);
    const stop = () => { clearInterval(timer); console.log("${name} is over"); };
    require("node:fs").readFile("gate", stop);'`;

/** Plays scripts at the same time; the first that fails is named so that it can be played again. */
async function playAll(round: Round, count: number, places: Places, play: Play): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count && !round.isOver) {
      const number = ONLY === undefined ? next++ : Number(ONLY);
      if (ONLY !== undefined) next = count;
      try {
        for (const status of await play(number, places)) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      } catch (error) {
        throw new Error(`${(error as Error).message}\nSTRESS_ONLY=${number}`, { cause: error });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return statuses;
}

/** Nothing is left of the connections, and no fault was reported. */
function assertNothingKept(server: FloodedServer, before: Holdings, after: Holdings, builds: readonly string[]): void {
  assert.match(server.stderr, /^tailcast: builds are stored in .*\n$/, "no fault");
  assert.deepEqual(after.resources, before.resources);
  assert.equal(after.descriptors, before.descriptors);
  const kept = builds.reduce((sum, id) => sum + 3 * statSync(server.logPath(id)).size, 0);
  const grown = after.heapUsed + after.external - before.heapUsed - before.external;
  assert.ok(grown < MAX_GROWTH.heap + kept, `${grown} bytes of heap and buffers, ${kept} for logs`);
  assert.ok(after.rss - before.rss < MAX_GROWTH.rss + kept, `${after.rss - before.rss} bytes, ${kept} for logs`);
}

const mebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);

/**
 * Plays scripts while two builds run and ten viewers watch: the server must lose no line, report no fault, and keep
 * nothing.
 */
export async function fuzzWhileBuilding(round: Round, server: FloodedServer, count: number, play: Play): Promise<void> {
  const { port } = server;
  const project = server.project("true");
  const idle = await server.holdings();
  // The first requests load modules, and make caches.
  await playAll(round, Math.ceil(count / 10), { watched: "none", free: "none", bodies: bodiesFor("none") }, play);
  const before = await server.settled(idle);
  const names = ["first", "second"] as const;
  const builds = await Promise.all(names.map((name) => server.build(LINES(name))));
  const [watched = "", other = ""] = builds.map(({ id }) => id);
  // It waits for a place while the others run.
  const free = (await postJson(port, "/api/project/build", { projectPath: project })).json["build"] as BuildRecord;
  const places = { watched, free: free.id, bodies: bodiesFor(project) };

  const viewers = [
    `/api/builds/${watched}/events`,
    `/api/builds/${watched}/events`,
    `/api/builds/${other}/events`,
    `/api/builds/${other}/events`,
    "/api/log/push",
    "/api/log/push",
    `/api/builds/${watched}/log`,
    `/api/builds/${watched}/log?ansi`,
    `/api/builds/${other}/log`,
    `/api/builds/${other}/log`,
  ].map((path) => {
    const seen = path.includes(watched) ? ["first"] : path.includes(other) ? ["second"] : names;
    return new Viewer(round, port, path, seen);
  });
  // The feed has no line for clients that come later. A log answers with its first line.
  await round.until(() => viewers.every(({ isOpen, names: seen }) => isOpen || seen.length === 1));
  // Half of the viewers lose their connection again and again.
  const timer = setInterval(() => round.pick(viewers.filter((_, index) => index % 2 === 0)).drop(), 100);
  round.after(() => clearInterval(timer));
  const health = server.watchHealth();
  for (const { begin } of builds) await begin();
  const start = performance.now();
  const statuses = await playAll(round, count, places, play);
  const seconds = (performance.now() - start) / 1000;

  clearInterval(timer);
  for (const { begin } of builds) await begin();
  await round.until(() => viewers.every((viewer) => viewer.names.every((name) => viewer.hasAll(name))));
  for (const name of names) {
    const counts = viewers.filter((viewer) => viewer.names.includes(name)).map((viewer) => viewer.count(name));
    assert.equal(new Set(counts).size, 1, `each viewer has every line: ${counts.join()}`);
  }
  for (const viewer of viewers) viewer.close();
  const lines = viewers.reduce((sum, viewer) => sum + viewer.count("first") + viewer.count("second"), 0);
  const connections = viewers.reduce((sum, viewer) => sum + viewer.connections, 0);

  for (const { id } of builds) {
    // It ends with the build.
    await ask(port, "GET", `/api/builds/${id}/log`);
    assert.equal((await ask(port, "GET", `/api/builds/${id}`)).json["status"], "succeeded");
  }
  const list = (await ask(port, "GET", "/api/builds?limit=100")).json["builds"] as BuildRecord[];
  for (const { id } of list) await ask(port, "POST", `/api/builds/${id}/cancel`);
  for (const { id } of list) await ask(port, "GET", `/api/builds/${id}/log`);
  await server.vacant();
  await health.stop();
  const after = await server.settled(before);
  const sorted = [...statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${status}: ${times}`);
  round.report(
    `${count} scripts in ${seconds.toFixed(1)} s (${sorted.join(", ")}); ${lines} lines to 10 viewers on ` +
      `${connections} connections; /healthz at worst after ${health.worst.toFixed(0)} ms; ` +
      `${before.descriptors} -> ${after.descriptors} descriptors, heap ${mebibytes(before.heapUsed)} -> ` +
      `${mebibytes(after.heapUsed)} MiB, external ${mebibytes(before.external)} -> ` +
      `${mebibytes(after.external)} MiB, ` +
      `RSS ${mebibytes(before.rss)} -> ${mebibytes(after.rss)} MiB`,
  );
  assert.ok(health.answers > 0);
  assertNothingKept(
    server,
    before,
    after,
    builds.map(({ id }) => id),
  );
}
