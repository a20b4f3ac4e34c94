/**
 * Measures examples/cluster/cores.js with one process and with two: deliveries per second to many clients, and the CPU
 * time for a delivery. `npm run bench:cores`; it needs redis-server, and `npm ci` in examples/cluster.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { RedisLogs, ioRedis } from "../../dist/redis/index.js";
import { freePort } from "../ecosystem/support/ports.mjs";
import { Control } from "./control.mjs";
import { describeMachine, prepare } from "./machine.mjs";
import { message } from "./message.mjs";

const { Redis } = createRequire(new URL("../../examples/cluster/package.json", import.meta.url))("ioredis");

const EXAMPLE = new URL("../../examples/cluster/cores.js", import.meta.url).pathname;

/** The bytes of an event. */
const SIZE = 100;

/** The unit of the times in /proc, in microseconds. */
const TICK = 10_000;

const { values } = parseArgs({
  options: {
    batch: { type: "string", default: "1" },
    clients: { type: "string", default: "1000" },
    seconds: { type: "string", default: "5" },
    repeat: { type: "string", default: "3" },
    processes: { type: "string", default: "1,2" },
  },
});
const clients = Number(values.clients);
/** The number of events that are published together. */
const batch = Number(values.batch);
const { binaries } = prepare();
const folder = mkdtempSync(join(tmpdir(), "tailcast-cores-"));
const children = new Set();

/** Starts a program, and resolves when it has printed `lines` lines that match. */
async function start(command, args, env, pattern, lines = 1) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  children.add(child);
  let output = "";
  const found = () => output.match(pattern) ?? [];
  for await (const text of child.stdout.iterator({ destroyOnReturn: false })) {
    output += text;
    if (found().length >= lines) break;
  }
  child.stdout.resume();
  return { child, found: found() };
}

async function end({ child }) {
  child.kill("SIGTERM");
  if (child.exitCode === null) await once(child, "exit");
  children.delete(child);
}

/** The CPU time that processes have used, in microseconds. */
function cpuOf(pids) {
  const times = pids.map((pid) => readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" "));
  return times.reduce((sum, fields) => sum + (Number(fields[11]) + Number(fields[12])) * TICK, 0);
}

async function measure(processes, round, redis) {
  const redisPort = redis.port;
  const env = { REDIS_URL: `redis://127.0.0.1:${redisPort}`, REDIS_PREFIX: `cores-${processes}-${round}`, PORT: "0" };
  const variables = { ...env, PROCESSES: String(processes) };
  const server = await start(process.execPath, [EXAMPLE], variables, /http.*\n/g, processes);
  const pids = server.found.map((line) => Number(/process (\d+)/.exec(line)[1]));
  const port = new URL(server.found[0].split(" ")[0]).port;
  const client = ioRedis(new Redis(env.REDIS_URL, { lazyConnect: true }));
  const logs = new RedisLogs(client, { prefix: env.REDIS_PREFIX });
  const log = await logs.open("messages");
  const path = join(folder, `control-${processes}-${round}`);
  const listening = await Control.listen(path);
  const target = [port, "/messages", String(clients), path];
  const load = spawn(join(binaries, "load"), target, { stdio: ["ignore", "pipe", "inherit"] });
  children.add(load);
  const report = once(load.stdout, "data");
  const control = await listening.opened();
  const publish = async (from) => {
    const events = Array.from({ length: batch }, (_, index) => log.publish(message(from + index, SIZE)));
    await Promise.all(events);
  };
  const flood = async (seconds) => {
    await control.start(clients * batch);
    const began = performance.now();
    let events = 0;
    while (performance.now() - began < seconds * 1000) {
      await publish(events);
      events += batch;
      // A process that is behind writes several events at once, so each would cost less.
      await control.received(events * clients);
    }
    return { deliveries: events * clients, seconds: (performance.now() - began) / 1000 };
  };
  await flood(0.5);
  const [before, redisBefore] = [cpuOf(pids), cpuOf([redis.child.pid])];
  const { deliveries, seconds } = await flood(Number(values.seconds));
  const [cpu, redisCpu] = [cpuOf(pids) - before, cpuOf([redis.child.pid]) - redisBefore];
  control.end();
  await report;
  load.kill();
  children.delete(load);
  await logs.close();
  await end(server);
  const duration = seconds * 1e6;
  const rates = { perSecond: deliveries / seconds, perDelivery: cpu / deliveries };
  return { ...rates, redis: redisCpu / duration, busy: cpu / duration };
}

try {
  const port = String(await freePort());
  const args = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  const redis = { ...(await start("redis-server", args, {}, /Ready to accept/g)), port };
  const counts = values.processes.split(",").map(Number);
  const results = new Map(counts.map((count) => [count, []]));
  for (let round = 1; round <= Number(values.repeat); round++) {
    for (const count of counts) results.get(count).push(await measure(count, round, redis));
  }
  const percent = (part) => `${(part * 100).toFixed(0)} %`;
  const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
  const of = (count, name) => median(results.get(count).map((result) => result[name]));
  console.log(`${describeMachine()}; ${clients} clients, ${batch} events of ${SIZE} bytes at a time\n`);
  const columns = ["processes", "deliveries per second", "ratio", "CPU of all", "CPU for a delivery", "CPU of Redis"];
  columns.push("with a core each");
  console.log(`| ${columns.join(" | ")} |\n|${"---|".repeat(columns.length)}`);
  for (const count of counts) {
    const perSecond = of(count, "perSecond");
    const cells = [
      count,
      Math.round(perSecond).toLocaleString("en"),
      (perSecond / of(counts[0], "perSecond")).toFixed(2),
      percent(of(count, "busy")),
      `${of(count, "perDelivery").toFixed(3)} µs`,
      percent(of(count, "redis")),
      ((count * of(counts[0], "perDelivery")) / (counts[0] * of(count, "perDelivery"))).toFixed(2),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
  await end(redis);
} finally {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
  rmSync(binaries, { recursive: true, force: true });
}
