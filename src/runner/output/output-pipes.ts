import { openPipes } from "./pipe.ts";
import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import type { Pipe } from "./pipe.ts";

/** Each possible {@link OutputMode}. */
export const outputModes = ["merged", "separate"] as const;

/**
 * How the output of a command is read:
 * - `merged`: stdout and stderr are one pipe, as in a terminal. The order of writing is kept, and every line counts as
 *   `stdout`.
 * - `separate`: a pipe for each. The stream of each line is known, but lines of the two can be out of order.
 */
export type OutputMode = (typeof outputModes)[number];

/** One stream of a command's output. */
export interface OutputSource {
  readonly stream: "stdout" | "stderr";
  readonly reader: Readable;
}

/** The `stdio` of a child process: without stdin, so that no program waits for an answer. */
export type OutputStdio = ["ignore", number | "pipe", number | "pipe"];

/** The pipes for the output of one command. */
export class OutputPipes {
  /** The reason why sockets are used instead of pipes, as a sentence; `undefined` when pipes are used. */
  readonly problem: string | undefined;
  readonly #pipes: readonly Pipe[];

  private constructor(pipes: readonly Pipe[], problem?: string) {
    this.#pipes = pipes;
    this.problem = problem;
  }

  /**
   * Opens the pipes. When no pipe can be made, Node.js creates sockets when the command starts, as it does on Windows.
   */
  static async open(mode: OutputMode): Promise<OutputPipes> {
    if (process.platform === "win32") return new OutputPipes([]);
    try {
      return new OutputPipes(await openPipes(mode === "merged" ? [2] : [1, 1]));
    } catch (error) {
      const effects = "/dev/stdout cannot be opened, and lines of stdout and stderr can change places";
      return new OutputPipes([], `no pipe could be made for the output (${(error as Error).message}): ${effects}`);
    }
  }

  /** The `stdio` for starting the command. */
  get stdio(): OutputStdio {
    const [out = "pipe", error = "pipe"] = this.#pipes.flatMap(({ writers }) => writers);
    return ["ignore", out, error];
  }

  /** The streams to read after the command has started. */
  sources(child: ChildProcess): readonly OutputSource[] {
    child.once("exit", () => this.closeWriters());
    const readers = this.#pipes.length > 0 ? this.#pipes.map(({ reader }) => reader) : [child.stdout, child.stderr];
    const streams = ["stdout", "stderr"] as const;
    return streams.flatMap((stream, index) => {
      const reader = readers[index] ?? undefined;
      return reader === undefined ? [] : [{ stream, reader }];
    });
  }

  /** Closes the ends that belong to the command. Call it when the command has ended. */
  closeWriters(): void {
    for (const pipe of this.#pipes) pipe.closeWriters();
  }

  /** Closes all ends. Call it when no command was started. */
  close(): void {
    this.closeWriters();
    for (const { reader } of this.#pipes) reader.destroy();
  }
}
