/** The share of a build's time that a skipped install saves: `npm run bench:installs [-- --repeat N | --only NAME]`. */
import { mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BuildServer } from "../ecosystem/support/build-server.mjs";
import { factsOf, pathWith, run } from "../ecosystem/support/managers.mjs";
import { writeProject } from "../ecosystem/support/projects.mjs";

const { values } = parseArgs({ options: { repeat: { type: "string", default: "3" }, only: { type: "string" } } });
const PACKAGE_MANAGERS = values.only?.split(",") ?? ["npm", "pnpm", "yarn"];
const BUNDLERS = ["vite", "webpack"];

const median = (numbers) => numbers.sort((one, other) => one - other)[Math.floor(numbers.length / 2)];
const percent = (share) => `${Math.round(share * 100)} %`;
const time = ({ startedAt, finishedAt }) => Date.parse(finishedAt) - Date.parse(startedAt);

/** Builds, and returns the time of the script and the time of everything before it, in milliseconds. */
async function build(server, project, inputs, expected) {
  const { id } = await server.build(project, inputs);
  const log = await server.log(id);
  const [record] = await server.builds();
  const names = record.steps.map(({ name }) => name).join(" ");
  if (record.status !== "succeeded" || names !== expected) throw new Error(`not ${expected}:\n${log.join("\n")}`);
  const script = time(record.steps.at(-1));
  return { script, before: time(record) - script };
}

async function measure(manager, bundler, t) {
  const root = await mkdtemp(join(tmpdir(), "tailcast-installs-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  const path = await pathWith(t, manager);
  const { command, lock } = factsOf(manager);
  const { project } = await writeProject(root, { manager, bundler });
  // The program of the project waits for this file.
  await run(root, path, ["touch", "open"]);
  await run(root, path, [command, ...lock.args], lock.env);
  const server = await BuildServer.start(t, { args: ["--root", root], path });
  const shares = { clean: [], repeated: [] };
  for (let count = 0; count < Number(values.repeat); count++) {
    const clean = await build(server, project, { install: "clean" }, CLEAN[manager] ?? "plan clean install build");
    const skipped = await build(server, project, {}, "plan build");
    await utimes(join(root, "node_modules", bundler, "package.json"), count, count);
    const repeated = await build(server, project, {}, "plan install build");
    shares.clean.push((clean.before - skipped.before) / (clean.before + clean.script));
    shares.repeated.push((repeated.before - skipped.before) / (repeated.before + repeated.script));
  }
  return `| ${manager} | ${bundler} | ${percent(median(shares.clean))} | ${percent(median(shares.repeated))} |`;
}

/** The frozen install of npm removes `node_modules` itself. */
const CLEAN = { npm: "plan install build" };

console.log("| package manager | bundler | of a clean install | of an install without changes |\n|---|---|---:|---:|");
for (const manager of PACKAGE_MANAGERS) {
  for (const bundler of BUNDLERS) {
    const ends = [];
    try {
      console.log(await measure(manager, bundler, { after: (end) => ends.push(end) }));
    } finally {
      for (const end of ends) await end();
    }
  }
}
