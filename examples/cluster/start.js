// Two web processes, which share one port, and two workers: npm start
import { fork } from "node:child_process";
import cluster from "node:cluster";
import { once } from "node:events";
import { join } from "node:path";

const webs = Number(process.env.WEBS ?? 2);
const workers = Number(process.env.WORKERS ?? 2);
/** The delay before the next process starts in the place of one that has ended unexpectedly, in milliseconds. */
const RESTART_DELAY = 1000;

/** The folder for the processes of builds. */
const data = process.env.DATA ?? join(import.meta.dirname, ".tailcast");

const path = (name) => join(import.meta.dirname, name);
cluster.setupPrimary({ exec: path("web.js"), silent: true });
const starters = [
  ...Array.from({ length: webs }, () => () => cluster.fork().process),
  ...Array.from({ length: workers }, (_, index) => () => startWorker(`${data}/worker-${index + 1}`)),
];
const running = new Set();
let isEnding = false;

for (const start of starters) keepRunning(start);
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, end);

async function keepRunning(start) {
  while (!isEnding) {
    const child = start();
    running.add(child);
    child.stdout.on("data", (text) => process.stdout.write(text));
    child.stderr.on("data", (text) => process.stderr.write(text));
    await once(child, "exit");
    running.delete(child);
    if (!isEnding) await new Promise((resolve) => setTimeout(resolve, RESTART_DELAY));
  }
}

function startWorker(data) {
  return fork(path("worker.js"), { silent: true, env: { ...process.env, DATA: data } });
}

function end() {
  isEnding = true;
  for (const child of running) child.kill("SIGTERM");
}
