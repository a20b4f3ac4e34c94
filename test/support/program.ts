import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lastFirst } from "./lifetime.js";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import type { Lifetime } from "./lifetime.js";

const PROGRAM = fileURLToPath(new URL("../../dist/server.js", import.meta.url));

/** The environment without variables that set options of the program. */
const clean = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(PORT|HOST|TAILCAST_.*)$/.test(name)),
);

/** Makes a folder for the program's builds, which is removed after the test. */
export function dataFolder(t: Lifetime): string {
  const path = mkdtempSync(join(tmpdir(), "tailcast-data-"));
  t.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

/** The program as a child process. Without `TAILCAST_DATA` or `--data` it gets a temporary folder. */
export class Program {
  readonly child: ChildProcessWithoutNullStreams;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  stdout = "";
  stderr = "";

  /**
   * @param limit - A limit for `ulimit`: `-f` of the size of its files, in blocks of 512 bytes, as on a full disk; `-n`
   *   of its file descriptors.
   */
  constructor(
    t: Lifetime,
    args: readonly string[],
    env: Record<string, string> = {},
    limit?: `-${"f" | "n"} ${number}`,
  ) {
    const life = lastFirst(t);
    const data = args.includes("--data") ? {} : { TAILCAST_DATA: dataFolder(life) };
    const command = [process.execPath, PROGRAM, ...args];
    const shell = limit === undefined ? [] : ["sh", "-c", `ulimit ${limit}; exec "$0" "$@"`];
    const [program = "", ...rest] = [...shell, ...command];
    this.child = spawn(program, rest, { env: { ...clean, ...data, ...env } });
    this.child.stdout.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.ended = once(this.child, "close").then(([code, signal]) => (code as number | null) ?? String(signal));
    life.after(async () => {
      this.child.kill("SIGKILL");
      await this.ended;
    });
  }

  /** The port that it listens on. */
  async port(): Promise<number> {
    while (!this.stdout.includes("\n")) {
      await Promise.race([once(this.child.stdout, "data"), this.#failed()]);
    }
    return Number(/:(\d+)\n/.exec(this.stdout)?.[1]);
  }

  async #failed(): Promise<never> {
    const end = await this.ended;
    throw new Error(`the program has ended (${end}): ${this.stderr}`);
  }
}
