import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const HOST = fileURLToPath(new URL("./host.mjs", import.meta.url));
const GZIP_LOAD = fileURLToPath(new URL("./load-gzip.mjs", import.meta.url));

/** A run that takes this long, in milliseconds, has lost an event. */
const TIMEOUT = 60_000;

/**
 * The figures of one run; without `invalid` every client has received every event exactly once.
 *
 * @typedef {object} Measurement
 * @property {string} [invalid] - Why it does not count.
 * @property {number} [cpu] - CPU of the server, microseconds per delivered event.
 * @property {number} [perSecond] - Delivered events per second.
 * @property {boolean} [loadBound] - Whether the load generator was busy all the time, so that the rate is its own.
 * @property {number} [p50] - Milliseconds from publication to the client's read.
 * @property {number} [p99]
 * @property {number} [bytes] - Read from the sockets, per delivered event.
 * @property {number} [peak] - The server's largest memory, bytes.
 * @property {number} [rss] - Memory of an idle connection, bytes.
 * @property {number} acceptCpu - CPU of the server for accepting a connection, microseconds.
 */

/**
 * Runs one server under one workload, in processes of their own, each on its core.
 *
 * @param {import("./servers.mjs").Server} server
 * @param {import("./workloads.mjs").Workload} workload
 * @param {{ binaries: string, cores: { server: string, load: string } }} machine
 * @returns {Promise<Measurement>}
 */
export async function measure(server, workload, { binaries, cores }) {
  const directory = await mkdtemp(join(binaries, "run-"));
  const failure = new AbortController();
  const { signal } = failure;
  const fail = (reason) => failure.abort(new Error(reason));
  const timer = setTimeout(fail, TIMEOUT, "not all events came in time");
  const children = new Set();
  // Each in a group of its own, which is ended as a whole: a server may have started others.
  const start = (name, core, command, stdio) => {
    const child = spawn("taskset", ["-c", core, ...command], { stdio, detached: true });
    children.add(child);
    let errors = "";
    child.stderr.on("data", (data) => (errors = (errors + data).slice(-500)));
    child.on("error", (error) => fail(error.message));
    child.on("exit", () => {
      children.delete(child);
      killGroup(child.pid);
    });
    child.on("close", (code, killedBy) => {
      const reason = /^\w*Error.*$/m.exec(errors)?.[0] ?? errors.trim();
      if (code !== 0) fail(`the ${name} ended with ${code ?? killedBy}: ${reason}`);
    });
    return child;
  };
  const killAll = () => {
    for (const { pid } of children) if (pid !== undefined) killGroup(pid);
  };
  process.once("exit", killAll);

  try {
    const job = JSON.stringify({ server: server.name, workload, directory, binaries, core: cores.server });
    // A server that is a process of its own is only fed by the host, which then belongs to the load's side.
    const hostCore = server.external === true ? cores.load : cores.server;
    const command = [process.execPath, "--expose-gc", HOST, job];
    const host = start("server", hostCore, command, ["ignore", "ignore", "pipe", "ipc"]);
    const [{ port }] = await once(host, "message", { signal });
    const load = workload.gzip === true ? [process.execPath, GZIP_LOAD] : [join(binaries, "load")];
    const target = [String(port), "/", String(workload.clients), join(directory, "control")];
    const generator = start("load generator", cores.load, [...load, ...target], ["ignore", "pipe", "pipe"]);
    const [[{ result }], [output]] = await Promise.all([
      once(host, "message", { signal }),
      once(generator.stdout, "data", { signal }),
    ]);
    return summary(workload, result, JSON.parse(output));
  } catch (error) {
    return { invalid: (signal.reason ?? error).message, acceptCpu: NaN };
  } finally {
    clearTimeout(timer);
    process.off("exit", killAll);
    killAll();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Ends what is left of a process group of ours. */
function killGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** @returns {Measurement} */
function summary(workload, result, report) {
  const { clients } = workload;
  const acceptCpu = result.acceptCpu / clients;
  const { lost, min, max, seconds } = report;
  if (lost > 0) return { invalid: `${lost} connections were lost`, acceptCpu };
  if (min !== result.published || max !== result.published) {
    return { invalid: `clients got ${min} to ${max} of ${result.published} events`, acceptCpu };
  }
  if (workload.kind === "idle") return { acceptCpu, rss: result.rss / clients };
  const deliveries = result.published * clients;
  return {
    acceptCpu,
    cpu: result.cpu / deliveries,
    perSecond: deliveries / seconds,
    loadBound: report.cpuSeconds / seconds > 0.9,
    p50: report.p50,
    p99: report.p99,
    bytes: report.bytes / deliveries,
    peak: result.peak,
  };
}
