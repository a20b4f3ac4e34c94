// A process that answers HTTP. It runs no builds: node examples/cluster/web.js
import { createServer } from "node:http";
import { dirname } from "node:path";
import { BuildApp, SharedBuilds, closeOnSignal } from "tailcast";
import { BullJobs, openLogs } from "./store.js";

const roots = [process.env.ROOT ?? dirname(import.meta.dirname)];
const logs = openLogs();
const jobs = new BullJobs();
/** The time between two searches for builds that no worker knows, in milliseconds. */
const checkInterval = Number(process.env.LOST_AFTER ?? 30_000);
const app = await BuildApp.open({
  roots,
  builders: (context) => SharedBuilds.open(logs, jobs, { ...context, checkInterval }),
  onError: console.error,
});
const server = createServer(app.handle);
closeOnSignal(server, {
  close: async () => {
    await app.close();
    // Do not wait for a Redis that does not answer.
    setTimeout(() => process.exit(1), 2000).unref();
    await Promise.all([jobs.close(), logs.close()]);
    process.disconnect?.(); // from start.js
  },
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
