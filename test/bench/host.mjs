/**
 * One server under one workload, in a process of its own: starts the server, lets the load generator connect,
 * publishes, and tells its parent what it cost. Its one argument is JSON:
 * `{ server, workload, directory, binaries, core }`.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Control } from "./control.mjs";
import { costOf } from "./cost.mjs";
import { flood, paced } from "./publish.mjs";

const { server, workload, directory, binaries, core } = JSON.parse(process.argv[2]);

/** The time in which the system gets back the memory that a collection frees, in milliseconds. */
const COLLECTION_TIME = 300;

/** A server runs for this time before the count starts, so that its code is compiled. */
const WARM_UP_SECONDS = 0.5;

const { start } = await import(`./servers/${server}.mjs`);
const { port, publish, pids } = await start({ directory, binaries, core });
const { opened } = await Control.listen(join(directory, "control"));

if (workload.kind === "idle") await settle();
const idle = costOf(pids);
process.send({ port });
const control = await opened();
const open = costOf(pids);
const result = { acceptCpu: open.cpu - idle.cpu };

if (workload.kind === "idle") {
  await settle();
  await control.start(1);
  result.rss = costOf(pids).rss - idle.rss;
  result.published = 0;
} else {
  const run = workload.kind === "flood" ? flood : paced;
  await run(publish, control, { ...workload, events: undefined, seconds: WARM_UP_SECONDS });
  const before = costOf(pids);
  result.published = await run(publish, control, workload);
  const after = costOf(pids);
  result.cpu = after.cpu - before.cpu;
  result.peak = after.peak;
}
control.end();
process.send({ result });

/** Garbage is not counted as memory that connections need. */
async function settle() {
  globalThis.gc();
  await sleep(COLLECTION_TIME);
  globalThis.gc();
  await sleep(COLLECTION_TIME);
}
