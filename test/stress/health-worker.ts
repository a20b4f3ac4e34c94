import { parentPort, workerData } from "node:worker_threads";
import { ask } from "../support/http.js";

/**
 * Asks a server again and again whether it lives, in a thread of its own, so that what it waits for is the server.
 * Reports how often it was answered, and the longest wait in milliseconds.
 */
const { port } = workerData as { port: number };

let answers = 0;
let worst = 0;
for (;;) {
  const start = performance.now();
  const { status } = await ask(port, "GET", "/healthz");
  if (status !== 200) throw new Error(`/healthz was answered ${status}`);
  worst = Math.max(worst, performance.now() - start);
  answers += 1;
  parentPort?.postMessage({ answers, worst });
  // Often enough to meet any pause that a person would notice; more would be a flood of its own.
  await new Promise((resolve) => setTimeout(resolve, 5));
}
