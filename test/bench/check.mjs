/**
 * Checks each server of the benchmark as `tailcast check` does, and prints a table of what is not right.
 *
 * Usage: `node check.mjs [NAME...]`. With one name and `--here`, it runs that server in this process.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { check } from "../../dist/doctor/check.js";
import { PEERS, SERVERS, versionsOf } from "./servers.mjs";

/** The time in milliseconds between two events. */
const PERIOD = 90;
const LINES = "two\nlines";

const args = process.argv.slice(2);
const here = args.includes("--here");
const names = args.filter((name) => name !== "--here");

if (here) await checkHere(names[0]);
else await checkAll(names.length > 0 ? names : PEERS);

async function checkAll(chosen) {
  console.log("| Server | Wrong | Doubtful |\n|---|---|---|");
  for (const name of chosen) {
    const server = SERVERS.find((other) => other.name === name);
    if (server === undefined) throw new Error(`there is no server "${name}"`);
    const missing = server.missing?.();
    if (missing !== undefined) {
      console.log(`| ${name}: ${missing} | | |`);
      continue;
    }
    const { findings } = await checkApart(name);
    const ids = (level) => findings.filter((found) => found.level === level).map(({ id }) => `\`${id}\``);
    const title = versionsOf(server).join(", ") || name;
    console.log(`| ${title} | ${ids("wrong").join(", ")} | ${ids("doubtful").join(", ")} |`);
  }
}

/** Runs a server in a group of its own, so that its processes end with it. */
function checkApart(name) {
  return new Promise((resolve, reject) => {
    const command = [fileURLToPath(import.meta.url), name, "--here"];
    const child = spawn(process.execPath, command, { stdio: ["ignore", "inherit", "inherit", "ipc"], detached: true });
    child.once("message", (report) => {
      resolve(report);
      process.kill(-child.pid, "SIGKILL");
    });
    child.once("close", () => reject(new Error(`the check of ${name} has ended without a report`)));
  });
}

async function checkHere(name) {
  const directory = mkdtempSync(join(tmpdir(), "tailcast-check-"));
  const { start } = await import(`./servers/${name}.mjs`);
  const { port, publish } = await start({ directory, core: "0" });
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    publish(count % 10 === 0 ? LINES : JSON.stringify({ count, at: new Date().toISOString() }));
  }, PERIOD);
  await sleep(10 * PERIOD);
  const report = await check(`http://127.0.0.1:${port}/`, { watch: 8000 });
  clearInterval(timer);
  for (const { level, id, evidence } of report.findings) {
    if (level !== "ok") console.error(`${name}: ${level}: ${id}: ${evidence}`);
  }
  rmSync(directory, { recursive: true });
  process.send(report);
}
