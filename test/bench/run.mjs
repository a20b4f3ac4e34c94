/**
 * The benchmark: `npm run bench [-- --quick | --only SERVER,... | --workload NAME,... | --repeat N]`.
 */
import { rmSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { describeMachine, prepare } from "./machine.mjs";
import { measure } from "./measure.mjs";
import { report } from "./report.mjs";
import { SERVERS } from "./servers.mjs";
import { WORKLOADS } from "./workloads.mjs";

/** A quick run lasts for this share of the time. */
const QUICK = 0.5;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    workload: { type: "string" },
    repeat: { type: "string" },
  },
});
const servers = chosen(SERVERS, values.only, "server");
const workloads = chosen(WORKLOADS, values.workload, "workload")
  .filter(({ quick }) => !values.quick || values.workload !== undefined || quick === true)
  .map((workload) => (values.quick ? { ...workload, seconds: workload.seconds * QUICK } : workload));
const repetitions = Number(values.repeat ?? (values.quick ? 1 : 3));
if (!Number.isInteger(repetitions) || repetitions < 1) stop("--repeat must be a whole number from 1 on");

let machine;
try {
  machine = prepare();
} catch (error) {
  stop(error.message);
}
process.on("exit", () => rmSync(machine.binaries, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

const takesPart = (server, workload) => workload.servers?.includes(server.name) ?? server.variant !== true;
const needed = servers.filter((server) => workloads.some((workload) => takesPart(server, workload)));
const missing = new Map();
for (const server of needed) {
  const reason = server.missing?.();
  if (reason === undefined) continue;
  missing.set(server.name, reason);
  console.error(`${server.name}: ${reason}`);
  if (server.optional !== true) process.exitCode = 1;
}

const measurements = new Map();
for (let repetition = 1; repetition <= repetitions; repetition++) {
  for (const workload of workloads) {
    for (const server of needed) {
      if (!takesPart(server, workload) || missing.has(server.name)) continue;
      const measurement = await measure(server, workload, machine);
      if (measurement.invalid !== undefined) process.exitCode = 1;
      const key = `${workload.name} ${server.name}`;
      measurements.set(key, [...(measurements.get(key) ?? []), measurement]);
      console.error(`${repetition}/${repetitions} ${key} ${JSON.stringify(measurement)}`);
    }
  }
}

const text = report({ workloads, servers: needed, missing, measurements, machine: describeMachine(), repetitions });
console.log(text);
// Only a whole run may stand in the repository.
if (!values.quick && values.only === undefined && values.workload === undefined) {
  writeFileSync(new URL("./results.md", import.meta.url), text);
}

/** Those of `all` that a comma-separated list names. */
function chosen(all, list, what) {
  if (list === undefined) return all;
  return list.split(",").map((name) => {
    const found = all.find((one) => one.name === name);
    return found ?? stop(`No ${what} "${name}"; there are ${all.map((one) => one.name).join(", ")}`);
  });
}

/** Ends with a message. @returns {never} */
function stop(message) {
  console.error(message);
  process.exit(2);
}
