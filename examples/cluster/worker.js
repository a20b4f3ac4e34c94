// A process that runs builds, and shows nothing: node examples/cluster/worker.js
import { dirname } from "node:path";
import { Worker } from "bullmq";
import { SharedBuilder } from "tailcast";
import { QUEUE, bull, openLogs } from "./store.js";

const roots = [process.env.ROOT ?? dirname(import.meta.dirname)];
const concurrency = Number(process.env.CONCURRENCY ?? 1);
/** The time after which a build counts as lost if its worker does not renew its claim, in milliseconds. */
const lockDuration = Number(process.env.LOST_AFTER ?? 30_000);

/** A folder for this worker only. If the worker is killed, the next one with this folder ends its processes. */
const data = process.env.DATA;

const logs = openLogs();
const builder = await SharedBuilder.open(logs, { roots, concurrency, data, onError: console.error });
const run = async ({ data }) => void (await builder.run(data));
// A job whose worker has ended goes to another worker, which marks its build as lost.
const claims = { lockDuration, stalledInterval: lockDuration, maxStalledCount: 1000 };
const worker = new Worker(QUEUE, run, { ...bull, ...claims, concurrency });
worker.on("error", (error) => console.error(error.message));
await worker.waitUntilReady();
console.log(`worker ${process.pid} is ready`);

async function close() {
  // The worker accepts no further jobs, and ends when its builds are cancelled.
  const closed = worker.close();
  await builder.close({ grace: Number(process.env.GRACE ?? 0) });
  // Without Redis, the worker cannot return its jobs, and would wait for Redis. Another worker receives them later.
  setTimeout(() => process.exit(1), 2000).unref();
  await closed;
  await logs.close();
}

let closing;
// "disconnect": start.js was killed.
for (const event of ["SIGTERM", "disconnect"]) process.once(event, () => (closing ??= close()));
process.channel?.unref();
