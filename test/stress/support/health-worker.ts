import { parentPort, workerData } from "node:worker_threads";
import { ask } from "../../support/http.js";

/**
 * Checks a server's health constantly, in a separate thread, so that it waits only for the server. Reports the number
 * of answers, and the longest wait in milliseconds.
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
  // Often enough to catch any pause that a person would notice; more would be a flood itself.
  await new Promise((resolve) => setTimeout(resolve, 5));
}
