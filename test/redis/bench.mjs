/**
 * Compares the cost of publishing through Redis with a raw XADD and with a log in memory, alternately on one machine.
 *
 *     node bench.mjs [--seconds 2] [--rounds 3] [--bytes 100]
 */
import { parseArgs } from "node:util";
import { createClient } from "redis";
import { MemoryLog } from "../../dist/index.js";
import { CLIENTS, openLogs } from "./support/clients.mjs";
import { RedisServer } from "./support/redis-server.mjs";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    bytes: { type: "string", default: "100" },
  },
});
const TIME = Number(values.seconds) * 1000;
const data = "x".repeat(Number(values.bytes));

/** The number of events that are published together. */
const PATTERNS = { "one awaited": 1, "10 at once": 10, "100 at once": 100, "1000 at once": 1000 };

const releases = [];
const t = { after: (release) => releases.push(release) };
const server = await RedisServer.start(t);
const client = await createClient({ url: server.url }).connect();
t.after(() => client.destroy());

/** Each way to publish an event. */
const TRIM = { strategy: "MAXLEN", strategyModifier: "~", threshold: 10_000 };
const ways = { XADD: () => client.xAdd("raw", "*", { data }, { TRIM }) };
for (const [name, makeClient] of Object.entries(CLIENTS)) {
  const log = await openLogs(t, server, { timeout: 60_000 }, makeClient).open(name);
  ways[`RedisLog, ${name}`] = () => log.publish(data);
}
const memory = new MemoryLog({ capacity: 10_000 });
ways.MemoryLog = () => memory.publish(data);

async function redisTime() {
  const { used_cpu_user: user, used_cpu_sys: system } = await server.info("cpu");
  return (Number(user) + Number(system)) * 1000;
}

/** Publishes for a time. Returns the events in a second, and microseconds of CPU for an event here and in Redis. */
async function measure(publish, together) {
  const redisBefore = await redisTime();
  const cpu = process.cpuUsage();
  const began = performance.now();
  let count = 0;
  while (performance.now() - began < TIME) {
    await Promise.all(Array.from({ length: together }, publish));
    count += together;
  }
  const time = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  const here = (user + system) / count;
  const there = ((await redisTime()) - redisBefore) * (1000 / count);
  return { perSecond: count / (time / 1000), here, there };
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

for (const [pattern, together] of Object.entries(PATTERNS)) {
  const results = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [name, publish] of Object.entries(ways)) results[name].push(await measure(publish, together));
  }
  console.log(pattern);
  const base = median(results.XADD.map(({ perSecond }) => perSecond));
  for (const [name, measured] of Object.entries(results)) {
    const of = (key) => median(measured.map((result) => result[key]));
    const ratio = (of("perSecond") / base).toFixed(2);
    const cost = `${of("here").toFixed(1)} us here, ${of("there").toFixed(1)} us in Redis`;
    console.log(`  ${name.padEnd(22)} ${Math.round(of("perSecond"))}/s, ${ratio} of XADD, ${cost}`);
  }
}
for (const release of releases.reverse()) await release();
