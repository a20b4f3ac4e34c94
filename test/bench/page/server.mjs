import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WORD, wordLine } from "./word.mjs";

const PROGRAM = fileURLToPath(new URL("../../../dist/server.js", import.meta.url));
const CHILD = fileURLToPath(new URL("./child.mjs", import.meta.url));

/** More than any log has, in MiB. */
const SIZE_LIMIT = "100000";

/** The time between two checks whether a build has ended, in milliseconds. */
const LOOK_INTERVAL = 200;

/**
 * @typedef {object} Log - A build that has ended.
 * @property {string} id
 * @property {number} lineCount
 * @property {{ number: number, text: string }} fifth - The line 5.
 * @property {{ number: number, text: string }} last
 * @property {{ number: number, text: string }} marked - The line with the word.
 */

/** The build server as a process of its own, with builds that print numbered lines. */
export class PageServer {
  #directory = mkdtempSync(join(tmpdir(), "tailcast-page-"));
  #program;
  #builds = 0;
  url = "";

  /** @param {string} origin - That of the other pages. @param {string} [profile] - A folder for CPU profiles. */
  static async start(origin, profile) {
    const server = new PageServer();
    const profiling = profile === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", profile];
    const limits = ["--log-limit", SIZE_LIMIT, "--keep-size", SIZE_LIMIT];
    const places = ["--root", server.#directory, "--data", join(server.#directory, "data")];
    const call = [...profiling, PROGRAM, "--port", "0", "--allowed-origin", origin, ...limits, ...places];
    server.#program = spawn(process.execPath, call, { stdio: ["ignore", "pipe", "inherit"] });
    const [address] = await once(server.#program.stdout, "data");
    server.url = /http:\S+/.exec(String(address))[0];
    return server;
  }

  get pid() {
    return this.#program.pid;
  }

  /**
   * Starts a build. It prints when `go` is called.
   *
   * @returns {Promise<{ id: string, go: () => Promise<void>, ended: () => Promise<Log> }>}
   */
  async build(lines, rate) {
    const project = join(this.#directory, `project-${++this.#builds}`);
    const gate = join(project, "gate");
    mkdirSync(project);
    execFileSync("mkfifo", [gate]);
    const script = [process.execPath, CHILD, gate, lines, rate].map((part) => `'${part}'`).join(" ");
    writeFileSync(join(project, "package.json"), JSON.stringify({ scripts: { build: `exec ${script}` } }));
    const body = JSON.stringify({ projectPath: project, install: "skip" });
    const init = { method: "POST", headers: { "Content-Type": "application/json" }, body };
    const { build } = await this.json("/api/project/build", init);
    const go = async () => (await open(gate, "w")).close();
    return { id: build.id, go, ended: () => this.#ended(build.id, lines) };
  }

  async json(path, init) {
    const response = await fetch(this.url + path, init);
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
    return response.json();
  }

  /** Ends the server and removes its files. */
  async close() {
    const exited = once(this.#program, "exit");
    this.#program.kill("SIGTERM");
    await exited;
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #ended(id, lines) {
    for (;;) {
      const build = await this.json(`/api/builds/${id}`);
      if (build.status === "succeeded") break;
      if (!["queued", "running"].includes(build.status)) throw new Error(`The build ${id} has ${build.status}`);
      await sleep(LOOK_INTERVAL);
    }
    const line = async (from) => (await this.json(`/api/builds/${id}/lines?from=${from}&count=1`)).lines[0];
    const { lineCount } = await this.json(`/api/builds/${id}/outline`);
    // The lines of the child follow some of the server.
    const around = await this.json(`/api/builds/${id}/lines?from=${wordLine(lines)}&count=20`);
    const marked = around.lines.find(({ text }) => text.includes(WORD));
    return { id, lineCount, fifth: await line(5), last: await line(lineCount), marked };
  }
}
