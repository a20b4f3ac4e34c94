/** @typedef {import("./run.mjs").Measurement} Measurement */

/**
 * The tables, in Markdown.
 *
 * @param {object} all
 * @param {readonly import("./rows.mjs").Child[]} all.children
 * @param {readonly import("./rows.mjs").Reader[]} all.readers
 * @param {ReadonlyMap<string, readonly Measurement[]>} all.measurements - By `shared|apart <child> <reader>`.
 * @param {number} all.lines
 * @param {number} all.repetitions
 * @param {string} all.machine
 */
export function report({ children, readers, measurements, lines, repetitions, machine }) {
  const validOf = (layout, child, reader) =>
    measurements.get(`${layout} ${child.name} ${reader.name}`)?.filter(({ invalid }) => invalid === undefined) ?? [];
  const floor = (layout, child) => median(validOf(layout, child, { name: "cat" }), "seconds");
  const table = (title, rows, show) => {
    const lines = rows.map(
      (reader) => `| ${[reader.title, ...children.map((child) => show(child, reader))].join(" | ")} |`,
    );
    if (rows.length === 0) return [];
    return [
      `## ${title}`,
      "",
      `| the child | ${children.map((child) => child.title).join(" | ")} |`,
      `|---|${"---:|".repeat(children.length)}`,
      ...lines,
      "",
    ];
  };
  const rate = (layout, key) => (child, reader) => {
    const valid = validOf(layout, child, reader);
    if (valid.length === 0) return "invalid";
    const seconds = median(valid, key(reader));
    const ratio = seconds / floor(layout, child);
    return `${(lines / seconds / 1000).toFixed(0)}${Number.isNaN(ratio) ? "" : ` (1/${ratio.toFixed(2)})`}`;
  };
  const programs = readers.filter(({ command }) => command === undefined);
  const viewed = programs.filter(({ viewers }) => viewers > 0);
  const own = (show) => (child, reader) => {
    const valid = validOf("shared", child, reader);
    return valid.length === 0 ? "invalid" : show(valid);
  };
  const apart = readers.filter((reader) => reader.apart);
  return [
    "# Builds, from the child to the disk and 200 viewers",
    "",
    `${machine}.`,
    `${lines} lines of 120 bytes; medians of ${repetitions}, interleaved. README.md says how to read this.`,
    "",
    ...table(
      "Thousands of lines a second until the last is in the file (part of the floor), child and reader on one core",
      readers,
      rate("shared", () => "seconds"),
    ),
    ...table(
      "The same, child and reader on a core each",
      apart,
      rate("apart", () => "seconds"),
    ),
    ...table(
      "Thousands of lines a second until the last viewer has the last one",
      viewed,
      rate("shared", () => "viewed"),
    ),
    ...table(
      "CPU of the server for a line, with all its viewers, microseconds",
      programs,
      own((valid) => ((median(valid, "cpu") / lines) * 1e6).toFixed(1)),
    ),
    ...table(
      "Peak memory of the server, MiB",
      programs,
      own((valid) => (median(valid, "peak") / 1024 / 1024).toFixed(0)),
    ),
    ...table(
      "Bytes that a viewer reads for a line",
      viewed,
      own((valid) => (median(valid, "sent") / lines).toFixed(0)),
    ),
    ...problems(measurements),
  ].join("\n");
}

function problems(measurements) {
  const lines = [...measurements].flatMap(([key, all]) =>
    all.filter(({ invalid }) => invalid !== undefined).map(({ invalid }) => `- ${key}: ${invalid}`),
  );
  return lines.length === 0 ? [] : ["## Not measured", "", ...lines, ""];
}

/** @param {readonly Measurement[]} measurements @param {keyof Measurement} key */
function median(measurements, key) {
  const values = measurements.map((measurement) => measurement[key]).sort((a, b) => a - b);
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}
