/**
 * Simulates the reconnections after one of several machines has ended, and prints how long they last.
 *
 * Usage: `npm run bench:storm -- [--viewers N] [--machines N] [--retry MS] [--service MS] [--tls MS] [--replay MS]
 * [--busy SHARE] [--backlog N,...] [--latency MS] [--seed N]`. With `--measure`, it kills real servers instead, and
 * compares the result with the simulation.
 */
import { parseArgs } from "node:util";
import { describeMachine } from "./machine.mjs";
import { measureStorm } from "./storm/measure.mjs";
import { simulateStorm } from "./storm/simulate.mjs";

const { values } = parseArgs({
  options: {
    viewers: { type: "string" },
    machines: { type: "string" },
    retry: { type: "string", default: "2000" },
    service: { type: "string", default: "0.17" },
    tls: { type: "string", default: "0.8" },
    replay: { type: "string", default: "0.02" },
    busy: { type: "string", default: "0.5" },
    latency: { type: "string", default: "200" },
    backlog: { type: "string", default: "511,65535" },
    seed: { type: "string", default: "1" },
    measure: { type: "boolean", default: false },
  },
});
const { measure: isMeasured, backlog: backlogTexts, ...texts } = values;
const numbers = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, number(name, text)]));
const backlogs = backlogTexts.split(",").map((text) => number("backlog", text));
if (numbers.busy >= 1) stop("--busy must be less than 1");

if (isMeasured) await compare();
else simulateAll();

/** One process on each machine: the sizes that the capacity note of the channel names. */
function simulateAll() {
  const isGiven = numbers.viewers !== undefined || numbers.machines !== undefined;
  const { viewers = 100_000, machines = 4 } = numbers;
  if (!(machines >= 2)) stop("--machines must be at least 2");
  const sizes = isGiven ? [{ viewers, machines }] : [{ viewers, machines }, { viewers: 10_000_000, machines: 125 }];
  const rows = [];
  for (const size of sizes) {
    const part = Math.ceil(size.viewers / size.machines);
    const cases = [
      ["one machine is killed", part, 0, size.machines],
      ["one machine is closed", part, 1, size.machines],
      // The simulation removes a machine, and all of them remain here.
      ["all viewers reconnect", size.viewers, 0, size.machines + 1],
    ];
    for (const [title, lost, spread, total] of cases) {
      const { service, tls, ...rest } = numbers;
      const storm = { ...rest, machines: total, lost, spread, service: service + tls };
      const results = backlogs.map((waiting) => simulateStorm({ ...storm, backlog: waiting }));
      const times = results.flatMap(({ half, all }) => [half, all].map(seconds));
      rows.push([whole(size.viewers), whole(size.machines), title, whole(lost), ...times]);
    }
  }
  const columns = backlogs.flatMap((waiting) => [`backlog ${whole(waiting)}: 50 %`, "all"]);
  print(["viewers", "machines", "event", "reconnect", ...columns], rows);
}

async function compare() {
  const rows = [];
  for (const secure of [false, true]) {
    for (const missed of [0, 100]) {
      const count = secure ? 1000 : 2000;
      const real = await measureStorm({ count, secure, missed });
      const fixed = { machines: 2, lost: count, spread: 0, replay: 0, busy: 0, backlog: backlogs[0] };
      const { retry, seed } = numbers;
      const simulated = simulateStorm({ ...fixed, retry, seed, latency: real.spread, service: real.service });
      rows.push([
        whole(count),
        secure ? "yes" : "no",
        missed,
        `${real.service.toFixed(3)} ms`,
        ...[real.half, simulated.half, real.all, simulated.all].map(seconds),
      ]);
    }
  }
  console.log(`${describeMachine()}\n`);
  const times = ["50 %", "50 %, simulated", "all", "all, simulated"];
  print(["clients", "TLS", "missed events", "CPU for a client", ...times], rows);
}

function print(columns, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  console.log([line(columns), `|${columns.map(() => "---:|").join("")}`, ...rows.map(line)].join("\n"));
}

function whole(value) {
  return value.toLocaleString("en");
}

function seconds(milliseconds) {
  return milliseconds === Infinity ? "over 10 min" : `${(milliseconds / 1000).toFixed(2)} s`;
}

function number(name, text) {
  const value = Number(text);
  if (text === "" || !Number.isFinite(value) || value < 0) stop(`--${name} must be a number of at least 0`);
  return value;
}

/** Ends with a message. @returns {never} */
function stop(message) {
  console.error(message);
  process.exit(1);
}
