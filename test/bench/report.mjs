import { versionsOf } from "./servers.mjs";

/** @typedef {import("./measure.mjs").Measurement} Measurement */
/** @typedef {import("./workloads.mjs").Workload} Workload */

const COLUMNS = 120;

/**
 * The tables, in Markdown.
 *
 * @param {object} run
 * @param {readonly Workload[]} run.workloads
 * @param {readonly import("./servers.mjs").Server[]} run.servers
 * @param {ReadonlyMap<string, string>} run.missing - Why a server could not run, by its name.
 * @param {ReadonlyMap<string, readonly Measurement[]>} run.measurements - By `<workload> <server>`.
 * @param {string} run.machine
 * @param {number} run.repetitions
 */
export function report({ workloads, servers, missing, measurements, machine, repetitions }) {
  const everyone = servers.filter(({ variant }) => variant !== true).map(({ name }) => name);
  const common = workloads.filter((workload) => workload.servers === undefined);
  const floods = common.filter(({ kind }) => kind === "flood");
  const paced = common.filter(({ kind }) => kind === "paced");
  const idle = common.filter(({ kind }) => kind === "idle");
  const special = workloads.filter((workload) => workload.servers !== undefined);

  const validOf = (workload, server) =>
    measurements.get(`${workload.name} ${server}`)?.filter(({ invalid }) => invalid === undefined);
  const cell = (workload, server, show) => {
    if (missing.has(server)) return missing.get(server).split(" (")[0];
    const valid = validOf(workload, server);
    if (valid === undefined) return "-";
    return valid.length === 0 ? "invalid" : show(valid, workload);
  };
  const table = (title, columns, show) => {
    if (columns.length === 0) return [];
    const head = ["server", ...columns.map(({ name }) => name)];
    const rows = everyone.map((server) => [server, ...columns.map((workload) => cell(workload, server, show))]);
    return [`## ${title}`, "", ...markdown(head, rows), ""];
  };
  const specialTable = (workload) => {
    const figures = [["CPU us", cpu], ["bytes", bytes], ...(workload.gzip === true ? [] : [["p50 / p99 ms", times]])];
    const rows = workload.servers
      .filter((server) => servers.some(({ name }) => name === server))
      .map((server) => [server, ...figures.map(([, show]) => cell(workload, server, show))]);
    const head = ["per delivered event", ...figures.map(([name]) => name)];
    return rows.length === 0 ? [] : [`## ${workload.title}`, "", ...markdown(head, rows), ""];
  };
  const ratio = (valid, workload) => {
    const own = validOf(workload, "tailcast") ?? [];
    return own.length === 0 ? "-" : digits(median(valid, "cpu") / median(own, "cpu"));
  };

  return [
    "# Benchmark",
    "",
    `${machine}.`,
    ...wrap(servers.filter(({ name }) => !missing.has(name)).flatMap(versionsOf)),
    "",
    `Medians of ${repetitions}, interleaved. 1000x10: to 1000 clients, 10 events in each turn of the event loop.`,
    "README.md says how to read this.",
    "",
    ...table("Server CPU per delivered event; tailcast = 1, more costs more", floods, ratio),
    ...table("Server CPU per delivered event, microseconds, ± half the range", [...floods, ...paced], cpu),
    ...table("Delivered events per second, thousands; * as many as the load generator can take", floods, rate),
    ...table("Milliseconds from publication to the client, p50 / p99", [...paced, ...floods.filter(isLog)], times),
    ...table("Bytes on the wire per delivered event", floods, bytes),
    ...table("Idle connections: KB of memory for each / CPU microseconds to accept it", idle, connection),
    ...special.flatMap(specialTable),
    ...problems(missing, measurements),
  ].join("\n");
}

const isLog = ({ lines }) => lines === true;

const cpu = (valid) => digits(median(valid, "cpu")) + (valid.length === 1 ? "" : ` ±${halfRange(valid, "cpu")} %`);

const rate = (valid) => {
  const mark = valid.some(({ loadBound }) => loadBound) ? "*" : "";
  return digits(median(valid, "perSecond") / 1000, 0) + mark;
};

const times = (valid) => `${digits(median(valid, "p50"))} / ${digits(median(valid, "p99"))}`;

const bytes = (valid) => digits(median(valid, "bytes"), 1);

const connection = (valid) => `${digits(median(valid, "rss") / 1024, 1)} / ${digits(median(valid, "acceptCpu"), 0)}`;

function problems(missing, measurements) {
  const lines = [...missing].map(([server, reason]) => `- ${server}: ${reason}`);
  for (const [run, all] of measurements) {
    for (const { invalid } of all) if (invalid !== undefined) lines.push(`- ${run}: ${invalid.split("\n")[0]}`);
  }
  return lines.length === 0 ? [] : ["## Not measured", "", ...lines, ""];
}

/** A list of versions as a sentence, in lines of at most 120 columns. */
function wrap(versions) {
  const lines = [];
  for (const version of versions.map((text, index) => text + (index + 1 < versions.length ? "," : "."))) {
    const last = lines.at(-1);
    if (last === undefined || last.length + version.length >= COLUMNS) lines.push(version);
    else lines[lines.length - 1] = `${last} ${version}`;
  }
  return lines;
}

function markdown(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), `|---|${"---:|".repeat(head.length - 1)}`, ...rows.map(line)];
}

/** @param {readonly Measurement[]} measurements @param {keyof Measurement} key */
function median(measurements, key) {
  const values = measurements.map((measurement) => measurement[key]).sort((a, b) => a - b);
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/** In percent of the median. */
function halfRange(measurements, key) {
  const values = measurements.map((measurement) => measurement[key]);
  return Math.round(((Math.max(...values) - Math.min(...values)) / 2 / median(measurements, key)) * 100);
}

/** With as many decimals as tell something, or as asked for. */
function digits(value, decimals = value >= 10 ? 1 : value >= 0.1 ? 2 : 3) {
  return value.toFixed(decimals);
}
