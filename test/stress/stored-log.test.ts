import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe } from "node:test";
import { createGunzip } from "node:zlib";
import { FloodedServer } from "./support/flooded-server.js";
import { scenario } from "./support/scenario.js";
import type { IncomingMessage } from "node:http";
import type { Round } from "./support/scenario.js";

const CLIENTS = 20;

/** The maximum memory for one client, in MiB, however large the log is. */
const MAX_CLIENT_MIB = 5;

const TEXT =
  "compiled src/components/table/column-header-menu.tsx and wrote dist/assets/column-header-menu-4f2a.js in 12 ms";

/** Reads a log to its end, quickly or slowly. Resolves with its digest, without the opening. */
async function digest(round: Round, response: IncomingMessage, isSlow: boolean): Promise<string> {
  const isGzip = response.headers["content-encoding"] === "gzip";
  const content = isGzip ? response.pipe(createGunzip()) : response;
  const hash = createHash("sha256");
  let hasBegun = false;
  content.on("data", (bytes: Buffer) => {
    // The reconnection time is a separate line.
    hash.update(hasBegun ? bytes : bytes.subarray(bytes.indexOf("\n") + 1));
    hasBegun = true;
    if (!isSlow) return;
    content.pause();
    setTimeout(() => !round.isOver && content.resume(), round.between(1, 4));
  });
  await once(content, "end");
  return hash.digest("hex");
}

/** The time until a client receives the first event after its last one, in milliseconds. */
async function resume(server: FloodedServer, id: string, seen: number): Promise<number> {
  const start = performance.now();
  const response = await server.open(`/api/builds/${id}/events`, { "Last-Event-ID": `${id}-${seen}` });
  let text = "";
  for await (const bytes of response) {
    text += String(bytes);
    if (text.includes("\n\n")) break;
  }
  assert.equal(/^id: (.*)$/m.exec(text)?.[1], `${id}-${seen + 1}`);
  return performance.now() - start;
}

/** The median and the worst. */
function show(sorted: readonly number[]): string {
  return `${sorted[sorted.length >> 1]?.toFixed(1)} ms (at worst ${sorted.at(-1)?.toFixed(1)})`;
}

describe("The program with a stored log", () => {
  scenario("serves a whole log to many clients at once without holding it, from any place", async (round) => {
    const lines = round.isFull ? 2_000_000 : 200_000;
    const builder = await FloodedServer.start(round, {}, ["--log-limit", "1000"]);
    const { id, begin } = await builder.build(`seq -f '%.0f ${TEXT}' ${lines}`);
    const first = digest(round, await builder.open(`/api/builds/${id}/events`), false);
    await begin();
    await first;

    const server = await builder.restart();
    const log = readFileSync(server.logPath(id));
    const expected = createHash("sha256").update(log).digest("hex");
    assert.equal(await first, expected);
    const health = server.watchHealth();
    // Modules that are loaded at their first use do not count for the clients.
    await resume(server, id, 1);
    const before = server.peakMiB;
    const find = async (): Promise<number[]> => {
      const waits = [];
      for (let count = 0; count < 50; count++) waits.push(await resume(server, id, round.between(1, lines)));
      return waits.sort((a, b) => a - b);
    };
    const alone = await find();
    const start = performance.now();
    const clients = Array.from({ length: CLIENTS }, async (_, index) => {
      const headers = { "Accept-Encoding": index % 2 === 0 ? "gzip" : "identity" };
      return digest(round, await server.open(`/api/builds/${id}/events`, headers), index % 4 >= 2);
    });
    const whole = Promise.all(clients);
    const among = await find();
    for (const found of await whole) assert.equal(found, expected);
    const seconds = (performance.now() - start) / 1000;
    const cost = (server.peakMiB - before) / CLIENTS;
    round.report(
      `${(log.length / 1e6).toFixed(0)} MB to ${CLIENTS} clients in ${seconds.toFixed(1)} s, ` +
        `${server.cpuSeconds.toFixed(1)} s of processor time; ${cost.toFixed(1)} MiB for each client; ` +
        `a place found in ${show(alone)} alone, in ${show(among)} among them; ` +
        `/healthz at worst after ${health.worst.toFixed(0)} ms`,
    );
    assert.ok(cost <= MAX_CLIENT_MIB, `each client costs ${cost} MiB`);
  });
});
