import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Control } from "../control.mjs";
import { costOf } from "../cost.mjs";

const PROGRAM = fileURLToPath(new URL("../../../dist/server.js", import.meta.url));

/** How long a line is, with its end. */
const LINE_BYTES = 120;

/** The time between two checks whether a log is complete, in milliseconds. */
const LOOK_INTERVAL = 5;

/** A run that takes this long, in milliseconds, hangs. */
const TIMEOUT = 120_000;

/** More than any run prints. */
const LOG_LIMIT_MIB = "100000";

/**
 * @typedef {object} Measurement
 * @property {string} [invalid] - Why it does not count.
 * @property {number} seconds - From the child's first line until the last is in the file.
 * @property {number} [ended] - Until the build's last event is, too, after what is said at its end.
 * @property {number} [viewed] - Until the last viewer has the last line, and its stream has ended.
 * @property {number} [cpu] - CPU of the program until then, seconds.
 * @property {number} [peak] - Its largest memory, bytes.
 * @property {number} [sent] - Bytes that a viewer read.
 */

/**
 * One child, and what reads from it, in processes of their own.
 *
 * @param {import("./rows.mjs").Child} child
 * @param {import("./rows.mjs").Reader} reader
 * @param {{ lines: number, isApart: boolean, profile: string | undefined }} options - Where to write a CPU profile.
 * @param {{ binaries: string, cores: { server: string, load: string } }} machine
 * @returns {Promise<Measurement>}
 */
export async function run(child, reader, { lines, isApart, profile }, { binaries, cores }) {
  const directory = mkdtempSync(join(binaries, "run-"));
  const gate = join(directory, "gate");
  execFileSync("mkfifo", [gate]);
  const command = [...(isApart ? ["taskset", "-c", cores.load] : []), ...child.command(gate, lines, binaries)];
  const failure = new AbortController();
  const { signal } = failure;
  const fail = (reason) => failure.abort(new Error(reason));
  const timer = setTimeout(fail, TIMEOUT, "it takes too long");
  const children = new Set();
  const start = (core, call, stdio) => {
    const process = spawn("taskset", ["-c", core, ...call], { stdio, detached: true });
    children.add(process);
    process.once("error", (error) => fail(error.message));
    process.once("exit", (code, name) => {
      children.delete(process);
      if (code !== 0) fail(`${call[0]} ended with ${code ?? name}`);
    });
    return process;
  };
  const scene = { directory, gate, lines, command, cores, binaries, profile, start, signal };
  try {
    return await (reader.command === undefined ? runProgram(reader, scene) : runFloor(reader, scene));
  } catch (error) {
    return { invalid: (signal.reason ?? error).message, seconds: NaN };
  } finally {
    clearTimeout(timer);
    // A child that still waits at the gate continues, and ends because nobody reads its output.
    closeSync(openSync(gate, "r+"));
    for (const { pid } of children) if (pid !== undefined) process.kill(-pid, "SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The child's lines, straight to a file. */
async function runFloor({ command: reader }, { directory, gate, lines, command, cores, start, signal }) {
  const file = join(directory, "log");
  const process = start(cores.server, [...reader, file, ...command], ["ignore", "ignore", "inherit"]);
  const exited = once(process, "exit", { signal });
  const begin = await openGate(gate);
  await exited;
  const seconds = (performance.now() - begin) / 1000;
  const { size } = statSync(file);
  return size === lines * LINE_BYTES ? { seconds } : { invalid: `the file has ${size} bytes`, seconds };
}

/** The child as a project's build script, in the real program. */
async function runProgram({ viewers, coding }, scene) {
  const { directory, gate, lines, command, cores, binaries, profile, start, signal } = scene;
  const project = join(directory, "project");
  mkdirSync(project);
  const script = command.map((part) => `'${part}'`).join(" ");
  writeFileSync(join(project, "package.json"), JSON.stringify({ scripts: { build: `exec ${script}` } }));
  const data = join(directory, "data");
  const profiling = profile === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", profile];
  const options = ["--port", "0", "--root", project, "--data", data, "--log-limit", LOG_LIMIT_MIB];
  const call = [process.execPath, ...profiling, PROGRAM, ...options];
  const program = start(cores.server, call, ["ignore", "pipe", "inherit"]);
  const [address] = await once(program.stdout, "data", { signal });
  const url = /http:\S+/.exec(String(address))[0];
  const body = JSON.stringify({ projectPath: project, install: "skip" });
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body, signal };
  const { build } = await (await fetch(`${url}/api/project/build`, request)).json();

  let control;
  let report;
  if (viewers > 0) {
    const socket = join(directory, "control");
    const { opened } = await Control.listen(socket);
    const target = [new URL(url).port, `/api/builds/${build.id}/events`, String(viewers), socket, coding];
    const load = start(cores.load, [join(binaries, "load"), ...target], ["ignore", "pipe", "inherit"]);
    report = once(load.stdout, "data", { signal });
    control = await opened();
    await control.start(0);
  }
  const before = costOf([program.pid]);
  const begin = await openGate(gate);
  const log = join(data, "builds", build.id, "events");
  const last = new RegExp(`~\\d+ ${lines} `);
  await hasAtEnd(log, (text) => last.test(text), signal);
  const seconds = (performance.now() - begin) / 1000;
  await hasAtEnd(log, (text) => text.endsWith("\n\n") && text.includes("\nevent: end\n"), signal);
  const ended = (performance.now() - begin) / 1000;
  await Promise.race([control?.closed, once(signal, "abort").then(() => Promise.reject(signal.reason))]);
  const viewed = (performance.now() - begin) / 1000;
  const after = costOf([program.pid]);
  const measurement = { seconds, ended, viewed, cpu: (after.cpu - before.cpu) / 1e6, peak: after.peak };

  const content = readFileSync(log);
  const stored = count(content, "~");
  if (stored !== lines) return { ...measurement, invalid: `the log has ${stored} lines` };
  if (viewers > 0) {
    const numbers = await (await fetch(`${url}/metrics`, { signal })).text();
    const number = (name) => Number(new RegExp(`^tailcast_${name}\\{stream="build"\\} (\\d+)$`, "m").exec(numbers)[1]);
    const delivered = number("events_delivered_total") / viewers;
    if (delivered !== count(content, "\n\n") || number("gaps_total") > 0) {
      return { ...measurement, invalid: `${delivered} events were delivered, with ${number("gaps_total")} gaps` };
    }
    control.end();
    const { min, max, bytes } = JSON.parse((await report)[0]);
    if (coding === "identity" && (min !== lines || max !== lines)) {
      return { ...measurement, invalid: `viewers got ${min} to ${max} lines` };
    }
    measurement.sent = bytes / viewers;
  }
  if (profile !== undefined) {
    const exited = once(program, "exit");
    program.kill("SIGTERM");
    await exited;
  }
  return measurement;
}

/** Lets the child begin, as soon as it waits for it. Returns when. */
async function openGate(path) {
  const gate = await open(path, "w");
  const begin = performance.now();
  await gate.close();
  return begin;
}

/** Resolves when the end of a log is as wanted. Looked at from outside, so that it costs the program nothing. */
async function hasAtEnd(log, isWanted, signal) {
  const file = await open(log, "r");
  const tail = Buffer.alloc(16 * 1024);
  try {
    for (; ; await sleep(LOOK_INTERVAL, undefined, { signal })) {
      const { size } = await file.stat();
      const { bytesRead } = await file.read(tail, 0, tail.length, Math.max(0, size - tail.length));
      if (isWanted(tail.toString("latin1", 0, bytesRead))) return;
    }
  } finally {
    await file.close();
  }
}

/** How often a text occurs. */
function count(bytes, text) {
  let found = 0;
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + text.length)) found++;
  return found;
}
