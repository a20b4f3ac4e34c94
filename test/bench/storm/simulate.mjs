/**
 * Simulates the reconnections after one of several machines has ended, in virtual time.
 *
 * Each remaining machine is one event loop that accepts connections one after the other. Its kernel holds a limited
 * number of connections that wait to be accepted, and drops the SYN of further ones; the client's kernel sends it again
 * after 1, 3, 7, 15 and 31 s (RFC 6298, 2.1 and 5.5).
 */
import { createRandom } from "../../../dist-test/support/random.js";

/** The delays in milliseconds between a SYN and the next one of the same connection. */
const SYN_DELAYS = [1000, 2000, 4000, 8000, 16_000];

/** The delay between further SYNs. Linux gives up after 6 of them, and an EventSource then starts again. */
const LAST_DELAY = 32_000;

/** The simulated time ends after ten minutes. */
const LIMIT = 600_000;

/** More machines than this are alike, so their results are not computed. */
const MAX_MACHINES = 8;

/**
 * @typedef {object} Storm
 * @property {number} viewers - The viewers of all machines together.
 * @property {number} machines - Including the one that ends.
 * @property {number} lost - The number of viewers that must reconnect.
 * @property {number} retry - The reconnection time in milliseconds.
 * @property {number} spread - The viewers reconnect after `retry` to `retry * (1 + spread)`.
 * @property {number} latency - Timers and networks delay each viewer by up to this time in milliseconds.
 * @property {number} service - The CPU time in milliseconds for one connection: TCP, TLS, request and first bytes.
 * @property {number} replay - The CPU time in milliseconds to send the missed events to one client.
 * @property {number} busy - The part of the CPU time that the connected clients need, from 0 to below 1.
 * @property {number} backlog - The number of connections that wait to be accepted: `server.listen({ backlog })`.
 * @property {number} seed
 */

/**
 * @param {Storm} storm
 * @returns The times, in milliseconds after the machine has ended, when half of the viewers and all of them are
 * connected; `Infinity` after ten minutes.
 */
export function simulateStorm(storm) {
  const { machines, lost, retry, spread, latency, service, replay, busy, backlog } = storm;
  const random = createRandom(storm.seed);
  const share = () => random(2 ** 32) / 2 ** 32;
  const remaining = machines - 1;
  const connected = [];
  const arrivals = Array.from({ length: Math.min(remaining, MAX_MACHINES) }, () => []);
  for (let viewer = 0; viewer < lost; viewer++) {
    // A load balancer that chooses at random: the machines do not get the same number.
    arrivals[random(remaining)]?.push(retry * (1 + spread * share()) + latency * share());
  }
  const cost = (service + replay) / (1 - busy);
  for (const times of arrivals) simulateMachine(times, cost, backlog, connected);
  connected.sort((a, b) => a - b);
  const count = arrivals.reduce((all, { length }) => all + length, 0);
  const at = (part) => connected[Math.min(count - 1, Math.floor(count * part))] ?? (count === 0 ? 0 : Infinity);
  return { half: at(0.5), all: at(1) };
}

/** Adds the time when each connection is accepted to `connected`. */
function simulateMachine(times, cost, backlog, connected) {
  const attempts = new Queue();
  for (const at of times) attempts.push({ at, tries: 0 });
  /** When the event loop has finished with each connection. Those from `oldest` on still wait. */
  const ends = [];
  let oldest = 0;
  let freeAt = 0;
  for (let attempt = attempts.pop(); attempt !== undefined; attempt = attempts.pop()) {
    const { at, tries } = attempt;
    if (at > LIMIT) return;
    while (oldest < ends.length && ends[oldest] <= at) oldest++;
    if (ends.length - oldest > backlog) {
      attempts.push({ at: at + (SYN_DELAYS[tries] ?? LAST_DELAY), tries: tries + 1 });
      continue;
    }
    freeAt = Math.max(freeAt, at) + cost;
    ends.push(freeAt);
    connected.push(freeAt);
  }
}

/** A priority queue by `at`: a binary heap. */
class Queue {
  #items = [];

  push(item) {
    const items = this.#items;
    let index = items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (items[parent].at <= item.at) break;
      items[index] = items[parent];
      index = parent;
    }
    items[index] = item;
  }

  pop() {
    const items = this.#items;
    const first = items[0];
    const item = items.pop();
    if (first === item || item === undefined) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1].at < items[child].at) child++;
      if (items[child].at >= item.at) break;
      items[index] = items[child];
      index = child;
    }
    items[index] = item;
    return first;
  }
}
