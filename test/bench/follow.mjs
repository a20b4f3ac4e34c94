/**
 * Follows each server of the benchmark with `follow()`, kills it in the middle with SIGKILL, starts it again, and
 * prints a table. Exits with 1 if the client loses or repeats an event of a connection, or does not reconnect.
 *
 * Usage: `node follow.mjs [NAME...]`. With `--here NAME NUMBER`, it runs that server in this process, and publishes
 * numbers from NUMBER on.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { follow } from "../../dist/client/index.js";
import { PEERS, SERVERS, versionsOf } from "./servers.mjs";

/** The time in milliseconds between two events. */
const PERIOD = 5;
/** The number of events that a connection must bring before the server is killed, and after the last start. */
const EVENTS = 200;
const RESTARTS = 3;
/** Event data that a client can spoil: several lines, spaces, and characters of several bytes. */
const PADDING = " first\n  second: €豆腐😀\n";

const [flag, name, number] = process.argv.slice(2);
if (flag === "--here") await publishHere(name, Number(number));
else await followAll(process.argv.length > 2 ? process.argv.slice(2) : PEERS);

async function followAll(names) {
  console.log("| Server | Restarts | Events received | Lost or repeated in a connection | Reconnected after |");
  console.log("|---|---|---|---|---|");
  for (const name of names) {
    const server = SERVERS.find((other) => other.name === name);
    if (server === undefined) throw new Error(`there is no server "${name}"`);
    const title = versionsOf(server).join(", ") || name;
    const missing = server.missing?.();
    const cells = missing === undefined ? await followOne(name) : [missing, "", "", ""];
    console.log(`| ${[title, ...cells].join(" | ")} |`);
  }
}

/** Follows a server through its restarts; returns the cells of its row. */
async function followOne(name) {
  const directory = mkdtempSync(join(tmpdir(), "tailcast-follow-"));
  let server = await startApart(name, 0, directory);
  let [connections, received, faults, previous] = [0, 0, 0, undefined];
  let killed = 0;
  const waits = [];
  const follower = follow("http://127.0.0.1/", {
    retry: { initial: 100, attempts: 100 },
    silence: 5000,
    // A restarted server listens on another port.
    fetch: (_, init) => fetch(`http://127.0.0.1:${server.port}/`, init),
    onConnection: ({ state }) => {
      if (state !== "open") return;
      if (killed > 0) waits.push(performance.now() - killed);
      connections++;
      previous = undefined;
    },
  });
  let inConnection = 0;
  for await (const { type, data } of follower) {
    if (type === "gap") continue;
    const current = readNumber(data);
    if (previous === undefined) inConnection = 0;
    else if (current !== previous + 1) faults++;
    previous = current;
    received++;
    if (++inConnection < EVENTS) continue;
    if (connections > RESTARTS) break;
    server.kill();
    killed = performance.now();
    inConnection = Number.NEGATIVE_INFINITY;
    // The client tries to reconnect while the server starts.
    void startApart(name, current + 1000, directory).then((started) => (server = started));
  }
  server.kill();
  rmSync(directory, { recursive: true });
  if (faults > 0 || connections !== RESTARTS + 1) process.exitCode = 1;
  return [connections - 1, received, faults, waits.map((wait) => `${(wait / 1000).toFixed(1)} s`).join(", ")];
}

/** Returns the number of an event. Peers send the data as it is or as JSON. */
function readNumber(data) {
  const text = data.startsWith('"') ? JSON.parse(data) : data;
  const [digits = ""] = /^\d+/.exec(text) ?? [];
  if (text !== digits + PADDING) throw new Error(`unexpected data: ${JSON.stringify(data)}`);
  return Number(digits);
}

/** Starts a server in a group of its own, so that its processes end with it. */
async function startApart(name, first, directory) {
  const command = [fileURLToPath(import.meta.url), "--here", name, String(first)];
  const env = { ...process.env, DIRECTORY: mkdtempSync(join(directory, "run-")) };
  const stdio = ["ignore", "ignore", "inherit", "ipc"];
  const child = spawn(process.execPath, command, { stdio, env, detached: true });
  const [port] = await once(child, "message");
  return { port, kill: () => process.kill(-child.pid, "SIGKILL") };
}

async function publishHere(name, first) {
  const { start } = await import(`./servers/${name}.mjs`);
  const { port, publish } = await start({ directory: process.env.DIRECTORY, core: "0" });
  let next = first;
  setInterval(() => publish(`${next++}${PADDING}`), PERIOD);
  process.send(port);
}
