import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { ask, postJson } from "../../support/http.js";
import type { ChildProcess } from "node:child_process";
import type { IncomingMessage } from "node:http";
import type { BuildRecord } from "../../../dist/runner/record.js";
import type { Round } from "./scenario.js";

const PROGRAM = fileURLToPath(new URL("../../../dist/server.js", import.meta.url));

/** The environment without variables that set options of the program or of Node.js. */
const clean = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(PORT|HOST|TAILCAST_.*|NODE_.*)$/.test(name)),
);

const OBSERVER = new URL("./observer.js", import.meta.url).href;

/** The resources of the process of a server. */
export interface Holdings {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  /** The kinds of its handles and timers. */
  readonly resources: readonly string[];
  /** How many files and sockets are open. */
  readonly descriptors: number;
}

/** The answers to constant health checks. */
export interface Health {
  readonly answers: number;
  /** The longest time of an answer, in milliseconds. */
  readonly worst: number;
  readonly stop: () => Promise<unknown>;
}

/** The real program as a process, with projects whose builds are shell scripts. */
export class FloodedServer {
  /** The port for requests over HTTP/1.1. A test may put a relay in front of a server that speaks TLS. */
  port: number;
  /** Its standard error until now. */
  stderr = "";
  readonly #child: ChildProcess;
  readonly #root: string;
  readonly #options: readonly string[];
  readonly #round: Round;

  private constructor(round: Round, child: ChildProcess, port: number, root: string, options: readonly string[]) {
    this.#round = round;
    this.#child = child;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      process.stderr.write(text);
    });
    this.port = port;
    this.#root = root;
    this.#options = options;
  }

  static start(
    round: Round,
    env: Readonly<Record<string, string>> = {},
    options: readonly string[] = [],
  ): Promise<FloodedServer> {
    const root = mkdtempSync(join(tmpdir(), "tailcast-flood-"));
    // A killed process may still have written something.
    round.after(() => rmSync(root, { recursive: true, force: true, maxRetries: 10 }));
    return FloodedServer.#launch(round, env, root, options);
  }

  static async #launch(
    round: Round,
    env: Readonly<Record<string, string>>,
    root: string,
    options: readonly string[],
  ): Promise<FloodedServer> {
    const places = ["--port", "0", "--root", root, "--data", join(root, "data")];
    const node = ["--expose-gc", "--import", OBSERVER];
    const child = spawn(process.execPath, [...node, PROGRAM, ...places, ...options], {
      env: { ...clean, ...env },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    round.after(() => child.kill("SIGKILL"));
    child.once("exit", (code, signal) => {
      if (code !== 0) round.fail(new Error(`the server has ended (${code ?? signal})`));
    });
    const [address] = child.stdout === null ? [] : ((await once(child.stdout, "data")) as [Buffer]);
    return new FloodedServer(round, child, Number(/:(\d+)\n/.exec(String(address))?.[1]), root, options);
  }

  /** Stops the program and starts another with the same builds. */
  async restart(): Promise<FloodedServer> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await exited;
    return FloodedServer.#launch(this.#round, {}, this.#root, this.#options);
  }

  /** The file that holds the log of a build. */
  logPath(id: string): string {
    return join(this.#root, "data", "builds", id, "events");
  }

  /** The peak of its memory, in MiB. */
  get peakMiB(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }

  /** The processor time that it has used, in seconds. */
  get cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** The resources of the process after a collection of garbage. */
  async holdings(): Promise<Holdings> {
    this.#child.send("holdings");
    const [held] = (await once(this.#child, "message")) as [Omit<Holdings, "descriptors">];
    return { ...held, descriptors: readdirSync(`/proc/${this.#child.pid}/fd`).length };
  }

  /**
   * The same, as soon as the process holds no more descriptors than before. Heads and handshakes that stop half-way
   * have ten seconds.
   */
  async settled(before: Holdings): Promise<Holdings> {
    let held = await this.holdings();
    const end = performance.now() + 15_000;
    while (performance.now() < end && held.descriptors > before.descriptors) held = await this.holdings();
    return held;
  }

  /** The sum of the samples of a metric. */
  async metric(name: string): Promise<number> {
    const { text } = await ask(this.port, "GET", "/metrics");
    const samples = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    assert.ok(samples.length > 0, `there is a metric ${name}`);
    return samples.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  }

  /** Waits until every place of clients and requests is free. */
  async vacant(): Promise<void> {
    while ((await this.metric("tailcast_clients")) > 0) continue;
    // The request for the metrics itself.
    while ((await this.metric("tailcast_requests_under_way")) > 1) continue;
  }

  /** Makes the folder of a project whose build is this command. */
  project(command: string): string {
    const project = mkdtempSync(join(this.#root, "project-"));
    writeFileSync(join(project, "package.json"), JSON.stringify({ scripts: { build: command } }));
    return project;
  }

  /** Starts a build that runs a shell's script as soon as `begin` is called. */
  async build(script: string): Promise<{ id: string; begin: () => Promise<void> }> {
    const project = this.project("exec sh flood.sh");
    const gate = join(project, "gate");
    execFileSync("mkfifo", [gate]);
    writeFileSync(join(project, "flood.sh"), `read begin < gate\n${script}\n`);
    const answer = await postJson(this.port, "/api/project/build", { projectPath: project });
    if (answer.status !== 202) throw new Error(answer.text);
    return { id: (answer.json["build"] as BuildRecord).id, begin: () => writeFile(gate, "\n") };
  }

  /** Checks its health constantly, until the end of the round. */
  watchHealth(): Health {
    const worker = new Worker(new URL("./health-worker.js", import.meta.url), { workerData: { port: this.port } });
    const health = { answers: 0, worst: 0, stop: () => worker.terminate() };
    worker.on("message", (news: Pick<Health, "answers" | "worst">) => Object.assign(health, news));
    worker.on("error", (error) => this.#round.fail(error));
    this.#round.after(() => worker.terminate());
    return health;
  }

  /** Opens a stream. */
  open(path: string, headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = get({ port: this.port, path, host: "127.0.0.1", headers, agent: false }, (response) => {
        this.#round.after(() => response.destroy());
        // When the round is over, the server is killed.
        response.on("error", () => undefined);
        resolve(response);
      });
      request.once("error", reject);
    });
  }
}
