import { spawn } from "node:child_process";
import { once } from "node:events";

/** The address that a server prints. */
const ADDRESS = /\b(https?):\/\/[\w.]+:(\d+)\s/;

/** A server as a child process, which prints its address. */
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
   * Node as `program`, a folder as `cwd`, a file for stderr, and, for a program that does not listen, the expression
   * `ready` for what it prints when it is ready.
   * @param port - The port, for a program that does not report a port that it chooses.
   */
  static async start(t, commandOf, port = 0) {
    const program = new this();
    // First: it may write to folders of the test until it has ended.
    t.after(() => program.end("SIGTERM"));
    program.#commandOf = commandOf;
    await program.#spawn(String(port));
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

  async #spawn(listenPort) {
    const { program = process.execPath, args, env, cwd, stderr = "inherit", ready } = this.#commandOf(listenPort);
    const child = spawn(program, args, {
      cwd,
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
    while (!(ready ?? ADDRESS).test(this.output)) await Promise.race([once(child.stdout, "data"), failed]);
    failed.catch(() => {});
    if (ready !== undefined) return;
    const [, scheme, port] = ADDRESS.exec(this.output);
    this.url = `${scheme}://127.0.0.1:${port}`;
  }
}
