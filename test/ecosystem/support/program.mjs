import { spawn } from "node:child_process";
import { once } from "node:events";

/** A server as a child process, which prints its address as its first line. */
export class Program {
  #commandOf;
  #child;
  #ended;
  /** `http://127.0.0.1:<port>` */
  url = "";
  /** The text that the program has printed to stdout since its last start. */
  output = "";

  /**
   * Starts it on a free port; it ends with the test.
   *
   * @param commandOf - Returns, for a port, the arguments of Node and the environment; optionally another version of
   * Node as `program`, and a file for stderr.
   */
  static async start(t, commandOf) {
    const program = new this();
    // First: it may write to folders of the test until it has ended.
    t.after(() => program.end("SIGTERM"));
    program.#commandOf = commandOf;
    await program.#spawn("0");
    return program;
  }

  /** Sends a signal, and waits for its end. Resolves with its exit code, or else with the signal that ended it. */
  async end(signal) {
    this.#child?.kill(signal);
    const [code, cause] = (await this.#ended) ?? [];
    return code ?? cause;
  }

  /** Starts it again after its end, at the same address. */
  async restart() {
    await this.#spawn(new URL(this.url).port);
  }

  async #spawn(port) {
    const { program = process.execPath, args, env, stderr = "inherit" } = this.#commandOf(port);
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", stderr],
    });
    this.#child = child;
    this.#ended = once(child, "close");
    this.output = "";
    child.stdout.setEncoding("utf8").on("data", (piece) => (this.output += piece));
    const failed = this.#ended.then(() => {
      throw new Error(`the program ended before it listened: ${args.join(" ")}`);
    });
    while (!this.output.includes("\n")) await Promise.race([once(child.stdout, "data"), failed]);
    failed.catch(() => {});
    this.url = this.output.slice(0, this.output.indexOf("\n"));
  }
}
