import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { message } from "./message.mjs";

/** About so many deliveries, in whole turns, make a block. The clients acknowledge blocks, which costs little. */
const BLOCK = 500;

/**
 * So many blocks may be under way: one that is being delivered, and one for the server to go on with. More would let a
 * server run ahead of clients that the machine holds up, and a client that reads several events at once is cheaper.
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
