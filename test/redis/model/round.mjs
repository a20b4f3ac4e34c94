/** One round of the model: processes, clients, faults, and the check of the streams of all clients. */
import { setTimeout as delay } from "node:timers/promises";
import { RedisLogs } from "../../../dist/redis/index.js";
import { createRandom } from "../../../dist-test/support/random.js";
import { publishAll } from "../support/check.mjs";
import { CLIENTS } from "../support/clients.mjs";
import { Client } from "./client.mjs";
import { Cluster } from "./cluster.mjs";
import { FAULTS } from "./faults.mjs";
import { Ledger, readId } from "./ledger.mjs";

/** The processes and clients of a round. */
const SERVERS = 3;
const WRITERS = 2;
const CLIENT_COUNT = 8;

/** The time that the clients have to receive the last event, in milliseconds. */
const SETTLE_TIME = 20_000;

/** How often the check at the end is repeated while the epoch changes. */
const ATTEMPTS = 5;

/**
 * Runs a round.
 *
 * @param {{ after(release: () => unknown): void }} t - Releases everything at its end.
 * @param {{ seed: number, faults: number, only?: string }} options - Faults have a name that starts with `only`.
 * @returns The counts, the faults and the problems.
 */
export async function runRound(t, { seed, faults, only = "" }) {
  const random = createRandom(seed);
  const ledger = new Ledger();
  const isPersistent = random(2) === 0;
  const onFate = (...fate) => ledger.onFate(...fate);
  const timeout = 300 + random(1200);
  const cluster = await Cluster.start(t, { isPersistent, servers: SERVERS, writers: WRITERS, timeout, onFate });
  const readers = [];
  for (let index = 0; index < CLIENT_COUNT; index++) {
    readers.push(new Client(`client ${index + 1}`, cluster.ports, createRandom(seed * 1000 + index), ledger));
  }
  t.after(() => Promise.all(readers.map((reader) => reader.close())));

  const names = Object.keys(FAULTS).filter((name) => name.startsWith(only));
  const done = [];
  for (let number = 0; number < faults; number++) {
    await delay(random(400));
    const name = names[random(names.length)];
    done.push(name);
    await FAULTS[name](cluster, random);
  }
  await checkEnd(cluster, readers, ledger);
  const { problems, counts, epochs } = ledger;
  return { seed, isPersistent, faults: done, counts: { ...counts, epochs }, problems };
}

/**
 * All clients must receive the last event, and the log must have all acknowledged events. Redis changes its replication
 * id, and so the epoch, when its first replica connects, which can be after the last fault. The check is then repeated.
 */
async function checkEnd(cluster, readers, ledger) {
  for (const writer of cluster.writers) await writer.kill();
  const logs = new RedisLogs(CLIENTS["redis 5"](cluster.master.url), { timeout: 5000 });
  try {
    const log = await logs.open("model");
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const data = `last ${attempt}`;
      const [last] = await publishAll(log, [data]);
      ledger.onFate(data, last);
      const { epoch } = readId(last);
      for (const end = performance.now() + SETTLE_TIME; performance.now() < end; await delay(20)) {
        if (readers.every((reader) => reader.last === last)) break;
        await log.refresh();
        if (log.epoch !== epoch) break;
      }
      const positions = readers.map((reader) => reader.last);
      const events = await readLog(log, epoch);
      if (events === undefined) continue;
      for (const [index, position] of positions.entries()) {
        if (position !== last) ledger.problem(`client ${index + 1} is at ${position}, the log at ${last}`);
      }
      for (const peer of cluster.servers) if (peer.hasFailed) ledger.problem("a server has ended");
      ledger.onLog(epoch, events);
      return;
    }
    ledger.problem(`the epoch changed ${ATTEMPTS} times after the last fault`);
  } finally {
    await logs.close();
  }
}

/** Returns all events of an epoch by id; `undefined` when the log has another epoch. */
async function readLog(log, epoch) {
  const events = new Map();
  await log.refresh();
  if (log.epoch !== epoch) return undefined;
  const reader = log.read(log.start);
  try {
    for (let next = log.start; next < log.end;) {
      const piece = await reader.next();
      for (const [, id, data] of piece.bytes.toString().matchAll(/^id: (.*)\ndata: (.*)$/gm)) events.set(id, data);
      next = piece.next;
    }
  } catch (error) {
    if (log.epoch === epoch) throw error;
    return undefined;
  } finally {
    reader.close();
  }
  return log.epoch === epoch ? events : undefined;
}
