/**
 * Pages that show a log: `npm run bench:page [-- --site NAME,... | --part flood,finished,requests | --repeat N |
 * --lines N | --huge N | --profile DIRECTORY]`.
 */
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { describeMachine } from "./machine.mjs";
import { finished } from "./page/finished.mjs";
import { flood } from "./page/flood.mjs";
import { report } from "./page/report.mjs";
import { requests } from "./page/requests.mjs";
import { PageServer } from "./page/server.mjs";
import { SITES, serveSites } from "./page/sites.mjs";

const { values } = parseArgs({
  options: {
    site: { type: "string" },
    part: { type: "string", default: "flood,finished,requests" },
    repeat: { type: "string", default: "3" },
    lines: { type: "string", default: "200000" },
    huge: { type: "string", default: "5000000" },
    profile: { type: "string" },
  },
});
const chosen = SITES.filter(({ name }) => values.site === undefined || values.site.split(",").includes(name));
const parts = values.part.split(",");
const repetitions = Number(values.repeat);
const lines = Number(values.lines);
const pace = { lines, rate: 10_000 };

const sites = await serveSites();
const server = await PageServer.start(sites.origin, values.profile);
const place = { server, sites };
const measurements = new Map();
const loads = [];

/** Notes a measurement, by its part and its row. */
async function measure(key, run) {
  const measurement = await run();
  measurements.set(key, [...(measurements.get(key) ?? []), measurement]);
  loads.push(loadavg()[0]);
  console.error(`${key} ${JSON.stringify(measurement)}`);
}

/** Makes a log as fast as the server reads it. */
async function makeLog(count) {
  const build = await server.build(count, 0);
  await build.go();
  return build.ended();
}

try {
  for (let repetition = 1; parts.includes("flood") && repetition <= repetitions; repetition++) {
    for (const site of chosen) await measure(`flood ${site.name}`, () => flood(site, pace, place));
  }
  const sizes = [lines, 1_000_000, Number(values.huge)].filter((count) => count <= Number(values.huge));
  const logs = new Map();
  for (const count of parts.some((part) => part !== "flood") ? sizes : []) logs.set(count, await makeLog(count));
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    for (const [count, log] of logs) {
      if (parts.includes("requests")) await measure(`requests ${count}`, () => requests(log, server));
      if (!parts.includes("finished") || count === 1_000_000) continue;
      for (const site of chosen) {
        await measure(`finished ${count} ${site.name}`, () => finished(site, log, place));
      }
    }
  }
  const machine = describeMachine();
  const load = { least: Math.min(...loads), most: Math.max(...loads) };
  const text = report({ sites: chosen, measurements, sizes: [...logs.keys()], pace, repetitions, machine, load });
  console.log(text);
  // Only a whole run may stand in the repository.
  const isWhole = ["site", "profile"].every((name) => values[name] === undefined) && parts.length === 3;
  if (isWhole) writeFileSync(new URL("./results-page.md", import.meta.url), text);
} finally {
  sites.close();
  await server.close();
}
