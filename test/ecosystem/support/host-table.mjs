import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { CHECKS } from "./host-checks.mjs";
import { NODE_VERSIONS } from "./hosts.mjs";

const EXAMPLES = new URL("../../../examples/", import.meta.url);
const README = new URL("README.md", EXAMPLES);
const ECOSYSTEM = new URL("../package.json", import.meta.url);

/**
 * Compares the table of these hosts in examples/README.md with the results of their checks; `UPDATE=1` writes it.
 *
 * @param name - Stands in the comment above the table.
 * @param passed - The number of runs in which a host passed, by `<title of the host>: <of the check>`.
 */
export function assertTable(name, hosts, passed) {
  const rows = hosts.map((host) => {
    const results = CHECKS.map(({ title, appliesTo }) => {
      if (appliesTo?.(host) === false) return "";
      const runs = host.runtime === undefined ? NODE_VERSIONS.length : 1;
      return passed.get(`${host.title}: ${title}`) === runs ? "yes" : "no";
    });
    return [host.title, packagesOf(host), runtimeOf(host), `[${host.file}](${host.file})`, ...results];
  });
  const head = ["host", "version", "runtime", "program", ...CHECKS.map(({ title }) => title)];
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`);
  const text = readFileSync(README, "utf8");
  const place = new RegExp(`(?<=<!-- ${name} -->\\n)[^]*?(?=<!-- end of ${name} -->)`);
  assert.match(text, place);
  const updated = text.replace(place, `\n${lines.join("")}\n`);
  if (process.env.UPDATE === "1") writeFileSync(README, updated);
  else assert.equal(text, updated, "UPDATE=1 writes the table");
}

function packagesOf({ packages = [], file }) {
  if (packages.length === 0) return "";
  const { dependencies } = readJson(new URL(`${file.split("/")[0]}/package.json`, EXAMPLES));
  return packages.map((name) => `${name} ${dependencies[name]}`).join(", ");
}

function runtimeOf({ runtime }) {
  if (runtime !== undefined) return `${runtime} ${readJson(ECOSYSTEM).devDependencies[runtime]}`;
  return `Node ${NODE_VERSIONS.join(", ")}`;
}

function readJson(url) {
  return JSON.parse(readFileSync(url, "utf8"));
}
