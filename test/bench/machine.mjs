import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, release, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The most clients of a workload, and some. Node raises its own limit to what is allowed, and children inherit it. */
const FILES = 6000;

/**
 * Finds two cores and compiles the C programs.
 *
 * @returns {{ binaries: string, cores: { server: string, load: string } }}
 * @throws {Error} A core, a tool or the limit of open files is missing; the message names it.
 */
export function prepare() {
  const files = Number(/Max open files\s+(\d+)/.exec(readFileSync("/proc/self/limits", "utf8"))[1]);
  if (files < FILES) throw new Error(`Cannot open ${FILES} files: the limit is ${files}; raise it with "ulimit -Hn"`);
  const cores = allowedCores();
  if (cores.length < 2) throw new Error("Cannot measure on one core: the server and the load generator need one each");
  for (const tool of ["cc", "taskset"]) {
    try {
      execFileSync(tool, ["--version"], { stdio: "ignore" });
    } catch {
      throw new Error(`Cannot run "${tool}": it is not installed (Debian: gcc, util-linux)`);
    }
  }
  const binaries = mkdtempSync(join(tmpdir(), "tailcast-bench-"));
  for (const path of ["load", "c-loop", "builds/child"]) {
    const source = fileURLToPath(new URL(`./${path}.c`, import.meta.url));
    const binary = join(binaries, basename(path));
    execFileSync("cc", ["-O3", "-march=native", "-Wall", "-Wextra", "-o", binary, source]);
  }
  return { binaries, cores: { server: cores[0], load: cores[1] } };
}

/** The machine in one line, without its name. */
export function describeMachine() {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const kernel = release().split(".").slice(0, 2).join(".");
  return `${availableParallelism()} cores (${model}), Linux ${kernel}, Node ${process.versions.node}`;
}

/** The cores that this process may run on, as proc(5) lists them: `0-3,8`. */
function allowedCores() {
  const list = /Cpus_allowed_list:\s+(\S+)/.exec(readFileSync("/proc/self/status", "utf8"))[1];
  return list.split(",").flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => String(first + i));
  });
}
