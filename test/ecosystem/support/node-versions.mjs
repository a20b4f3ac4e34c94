import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** The version of Node that runs the tests. */
const RUNNING = process.versions.node.split(".")[0];

const programs = new Map();

/** Resolves with the path of a version of Node, which npx brings. */
export async function findNode(version) {
  if (version === RUNNING) return process.execPath;
  const args = ["--yes", `--package=node@${version}`, "--", "sh", "-c", "command -v node"];
  if (!programs.has(version)) programs.set(version, promisify(execFile)("npx", args));
  return (await programs.get(version)).stdout.trim();
}
