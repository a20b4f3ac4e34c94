/** @typedef {import("./sites.mjs").Site} Site */

const MIB = 1024 * 1024;

/** How the figures of one measurement are shown. Without a value, the page was too busy to answer. */
const COUNT = (value) => String(Math.round(value));
const MIBS = (value) => (value / MIB).toFixed(value >= 10 * MIB ? 0 : 1);
const SECONDS = (value) => (value / 1000).toFixed(2);
const ONE = (value) => value.toFixed(1);

/** The columns of each table: a heading, the key of the figure, and how it is shown. */
const FLOOD = [
  ["frames / s", "fps", COUNT],
  ["tasks > 100 ms", "long", COUNT],
  ["longest, ms", "longest", COUNT],
  ["longest by CPU, ms", "longestCpu", COUNT],
  ["CPU, s", "cpu", ONE],
  ["behind, ms", "late", COUNT],
  ["nodes", "nodes", COUNT],
  ["heap, MiB", "heap", MIBS],
  ["memory, MiB", "total", MIBS],
];
const FINISHED = [
  ["first line", "first", SECONDS],
  ["line 5", "fifth", SECONDS],
  ["last line", "last", SECONDS],
  ["word found", "found", SECONDS],
  ["nodes", "nodes", COUNT],
  ["heap, MiB", "heap", MIBS],
  ["memory, MiB", "total", MIBS],
];
const REQUESTS = [
  ["200 lines, CPU ms", "lines", ONE],
  ["slowest, ms", "slowest", COUNT],
  ["outline, CPU ms", "outline", ONE],
  ["search, s", "search", SECONDS],
  ["its CPU, s", "searchCpu", SECONDS],
  ["no progress for, ms", "progress", COUNT],
  ["peak memory, MiB", "peak", MIBS],
];

/** The figures of the pages that are also shown as ratios to the first page. */
const RATIOS = new Set(["cpu", "longestCpu", "first", "fifth", "last", "found", "heap", "total"]);

/**
 * The tables, in Markdown.
 *
 * @param {object} all
 * @param {readonly Site[]} all.sites
 * @param {ReadonlyMap<string, readonly object[]>} all.measurements - By `<part> [<lines>] [<site>]`.
 * @param {readonly number[]} all.sizes - The numbers of lines of the logs that have ended.
 * @param {{ lines: number, rate: number }} all.pace
 * @param {number} all.repetitions
 * @param {string} all.machine
 * @param {{ least: number, most: number }} all.load
 */
export function report({ sites, measurements, sizes, pace, repetitions, machine, load }) {
  const siteTable = (title, part, columns) => {
    const rows = sites.map((site) => [site.title, measurements.get(`${part} ${site.name}`) ?? []]);
    return table(title, "page", columns, rows);
  };
  const requestRows = sizes.map((size) => [size.toLocaleString("en"), measurements.get(`requests ${size}`) ?? []]);
  return [
    "# Pages that show a log",
    "",
    `${machine}.`,
    `Load of the machine meanwhile, this benchmark included: ${ONE(load.least)} to ${ONE(load.most)}.`,
    "",
    `Medians of ${repetitions}; in parentheses the ratio to the first row. README.md says how to read this.`,
    "",
    ...siteTable(`A build that prints ${pace.rate} lines a second, ${pace.lines} in all`, "flood", FLOOD),
    ...sizes.flatMap((size) => {
      const title = `A log of ${size.toLocaleString("en")} lines: seconds from opening the page`;
      return siteTable(title, `finished ${size}`, FINISHED);
    }),
    ...table("The server of the first page, by the number of lines in the log", "lines", REQUESTS, requestRows),
  ].join("\n");
}

function table(title, head, columns, rows) {
  const measured = rows.filter(([, all]) => all.length > 0);
  if (measured.length === 0) return [];
  const [, base] = measured[0];
  const lines = measured.map(([name, all]) => {
    const cells = columns.map(([, key, show]) => {
      const value = median(all, key);
      if (value === undefined) return "gave up";
      const own = all === base || !RATIOS.has(key) ? undefined : median(base, key);
      return own === undefined ? show(value) : `${show(value)} (${(value / own).toFixed(1)})`;
    });
    return `| ${[name, ...cells].join(" | ")} |`;
  });
  const heading = [head, ...columns.map(([name]) => name)];
  return [`## ${title}`, "", `| ${heading.join(" | ")} |`, `|---|${"---:|".repeat(columns.length)}`, ...lines, ""];
}

/** The median of a figure; `undefined` if most measurements lack it. */
function median(all, key) {
  const values = all.map((measurement) => measurement[key] ?? Infinity).sort((a, b) => a - b);
  const value = values[values.length >> 1];
  return value === Infinity ? undefined : value;
}
