import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { message } from "./message.mjs";

/** The approximate number of deliveries in a block, which has whole turns. Clients acknowledge blocks only. */
const BLOCK = 500;

/**
 * The maximum number of blocks under way: one that the clients receive, and one that the server writes meanwhile. With
 * more blocks a server could run ahead of delayed clients, and a client that reads several events at once is cheaper.
 */
const WINDOW = 2;

/**
 * Publishes as fast as all clients receive it, `perTurn` events in each turn of the event loop.
 *
 * @param {(data: string) => void} publish
 * @param {import("./control.mjs").Control} control
 * @param {import("./workloads.mjs").Workload} workload
 * @returns {Promise<number>} How many events were published, when all clients have received them.
 */
export async function flood(publish, control, { clients, perTurn, size, lines, events = Infinity, seconds }) {
  const turns = Math.max(1, Math.round(BLOCK / (clients * perTurn)));
  const block = turns * perTurn;
  await control.start(block * clients);
  const deadline = performance.now() + seconds * 1000;
  let published = 0;
  while (published < events && performance.now() < deadline) {
    await control.received((published - (WINDOW - 1) * block) * clients);
    for (let turn = 0; turn < turns; turn++) {
      for (let i = 0; i < perTurn; i++) publish(message(published++, size, lines));
      await nextTurn();
    }
  }
  await control.received(published * clients);
  return published;
}

/** Publishes at a fixed rate, one event in a turn. A late timer is made up for in the next turns. */
export async function paced(publish, control, { clients, size, rate, seconds }) {
  const events = rate * seconds;
  await control.start(events * clients);
  const start = performance.now();
  for (let i = 0; i < events; i++) {
    const wait = start + (i * 1000) / rate - performance.now();
    await (wait > 0.5 ? sleep(wait) : nextTurn());
    publish(message(i, size));
  }
  await control.received(events * clients);
  return events;
}
