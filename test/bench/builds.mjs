/**
 * From a build's child to its log on disk and its viewers:
 * `npm run bench:builds [-- --lines N | --repeat N | --child NAME,... | --reader NAME,... | --profile DIRECTORY]`.
 */
import { rmSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { report } from "./builds/report.mjs";
import { CHILDREN, READERS } from "./builds/rows.mjs";
import { run } from "./builds/run.mjs";
import { describeMachine, prepare } from "./machine.mjs";

const { values } = parseArgs({
  options: {
    lines: { type: "string", default: "300000" },
    repeat: { type: "string", default: "3" },
    child: { type: "string" },
    reader: { type: "string" },
    profile: { type: "string" },
  },
});
const chosen = (all, names) => all.filter(({ name }) => names === undefined || names.split(",").includes(name));
const children = chosen(CHILDREN, values.child);
const readers = chosen(READERS, values.reader);
const lines = Number(values.lines);
const repetitions = Number(values.repeat);
const { profile } = values;

const machine = prepare();
process.on("exit", () => rmSync(machine.binaries, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

const measurements = new Map();
for (let repetition = 1; repetition <= repetitions; repetition++) {
  for (const isApart of [false, true]) {
    for (const child of children) {
      for (const reader of readers) {
        if (isApart && !reader.apart) continue;
        const measurement = await run(child, reader, { lines, isApart, profile }, machine);
        if (measurement.invalid !== undefined) process.exitCode = 1;
        const key = `${isApart ? "apart" : "shared"} ${child.name} ${reader.name}`;
        measurements.set(key, [...(measurements.get(key) ?? []), measurement]);
        console.error(`${repetition}/${repetitions} ${key} ${JSON.stringify(measurement)}`);
      }
    }
  }
}

const text = report({ children, readers, measurements, lines, repetitions, machine: describeMachine() });
console.log(text);
// Only a whole run may stand in the repository.
if (values.child === undefined && values.reader === undefined && profile === undefined) {
  writeFileSync(new URL("./results-builds.md", import.meta.url), text);
}
