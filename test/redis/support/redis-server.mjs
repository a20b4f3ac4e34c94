/** A `redis-server` on a free port, with a temporary folder. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "redis";
import { freePort } from "../../ecosystem/support/ports.mjs";

export class RedisServer {
  #folder;
  #args;
  #child;
  #exit;
  port;

  /**
   * Starts a server, which is stopped after the test.
   *
   * @param {{ after(release: () => unknown): void }} t - The test.
   * @param {string[]} [args] - Arguments of the program, such as `--appendonly yes`.
   */
  static async start(t, args = []) {
    const server = new RedisServer();
    server.#folder = await mkdtemp(join(tmpdir(), "tailcast-redis-"));
    server.#args = args;
    server.port = await freePort();
    t.after(async () => {
      await server.kill();
      await rm(server.#folder, { recursive: true, force: true, maxRetries: 5 });
    });
    await server.restart();
    return server;
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid() {
    return this.#child.pid;
  }

  /** Starts the server again, with the files of its folder. */
  async restart() {
    const args = ["--port", this.port, "--bind", "127.0.0.1", "--dir", this.#folder, "--save", "", "--daemonize", "no"];
    // The defaults are for a network: a replica waits for five seconds.
    args.push("--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes", ...this.#args);
    const child = spawn("redis-server", args.map(String), { stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    this.#exit = once(child, "exit");
    let output = "";
    for await (const text of child.stdout.setEncoding("utf8")) {
      output += text;
      if (output.includes("Ready to accept connections")) break;
    }
    if (child.exitCode !== null) throw new Error(`redis-server has ended: ${output}`);
    child.stdout.resume();
  }

  /** Ends the server at once; without persistence its data are lost. */
  async kill() {
    this.#child.kill("SIGKILL");
    await this.#exit;
  }

  signal(name) {
    this.#child.kill(name);
  }

  /** Sends a command over a new connection. */
  async command(...args) {
    const client = createClient({ url: this.url });
    client.on("error", () => undefined);
    await client.connect();
    try {
      return await client.sendCommand(args.map(String));
    } finally {
      client.destroy();
    }
  }

  /** The fields of a section of INFO. */
  async info(section) {
    const text = await this.command("INFO", section);
    return Object.fromEntries([...text.matchAll(/^([^:\n]+):(.*?)\r?$/gm)].map(([, name, value]) => [name, value]));
  }
}
