/**
 * @typedef {object} Workload
 * @property {string} name - For `--workload`, and in the tables.
 * @property {"flood" | "paced" | "idle"} kind - As fast as the clients take it, at a fixed rate, or nothing at all.
 * @property {number} clients
 * @property {number} [perTurn] - Events published in one turn of the event loop.
 * @property {number} [size] - Bytes of data in an event.
 * @property {boolean} [lines] - Whether the data looks like a build's output instead of filler.
 * @property {number} [events] - A flood ends after this number of events,
 * @property {number} [seconds] - or after this time, whichever comes first. For a paced run: its length.
 * @property {number} [rate] - Events per second of a paced run.
 * @property {string[]} [servers] - Names of the servers that run it, if not all do; it then gets a separate table,
 * @property {string} [title] - with this title.
 * @property {boolean} [gzip] - Whether the clients ask for gzip.
 * @property {boolean} [quick] - Whether `--quick` runs it.
 */

const flood = (clients, perTurn, quick = false) => ({
  name: `${clients}x${perTurn}`,
  kind: "flood",
  clients,
  perTurn,
  size: 100,
  seconds: 1.5,
  quick,
});

const buildLog = { kind: "flood", clients: 200, perTurn: 100, size: 120, lines: true, events: 20_000, seconds: 5 };

const WINDOW = ["tailcast", "tailcast-window", "node-loop-batch"];

/** @type {readonly Workload[]} */
export const WORKLOADS = [
  flood(100, 1),
  flood(100, 10),
  flood(1000, 1, true),
  flood(1000, 10, true),
  flood(5000, 1),
  flood(5000, 10),
  { name: "build-log", ...buildLog, quick: true },
  { name: "paced-100", kind: "paced", clients: 100, perTurn: 1, size: 100, rate: 50, seconds: 3 },
  { name: "paced-1000", kind: "paced", clients: 1000, perTurn: 1, size: 100, rate: 10, seconds: 3, quick: true },
  { name: "idle-5000", kind: "idle", clients: 5000, quick: true },
  {
    name: "window",
    title: "1000 single events per second to 100 clients: a window of 10 ms",
    kind: "paced",
    clients: 100,
    perTurn: 1,
    size: 100,
    rate: 1000,
    seconds: 2,
    servers: WINDOW,
  },
  { name: "window-log", title: "The build log: a window of 10 ms", ...buildLog, servers: WINDOW },
  {
    name: "gzip",
    title: "The build log to clients that ask for gzip",
    ...buildLog,
    gzip: true,
    servers: ["tailcast", "tailcast-gzip", "express-gzip"],
  },
];
