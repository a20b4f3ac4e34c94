import { once } from "node:events";
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CommandError } from "../../command.ts";
import { printFault, printMessage } from "../../print.ts";
import { settlesWithin } from "../../runner/process/waiting.ts";
import { BuildApp } from "../../web/build-app.ts";
import { refuseMalformed } from "../../web/refuse-malformed.ts";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { StepResult, StepRunOptions } from "../../runner/process/run-step.ts";
import type { CastConfig } from "./cast-options.ts";

/** The exit code when the page cannot be served. */
export const CANNOT_CAST = 125;

/** How long the last requests may take after the end, in milliseconds. Streams have their own deadline. */
const END_TIMEOUT = 5000;

/** The output that a cast shows. */
export interface CastSource {
  readonly name: string;
  /** The command line, for the page. */
  readonly command: string;
  readonly args: readonly string[];
  /** The first line of the log. */
  readonly reason: string;
  /** Produces the output: see `Step.run`. */
  readonly run: (options: StepRunOptions) => Promise<StepResult>;
}

/**
 * A page with the output of one program: a build server in this process, which shows a single build and starts no
 * other. Its log is in a temporary folder.
 */
export class Cast {
  readonly #config: CastConfig;
  readonly #app: BuildApp;
  readonly #server: Server;
  readonly #folder: string;
  /** Aborts when the build of this page has ended. */
  readonly #ended: AbortSignal;

  private constructor(config: CastConfig, app: BuildApp, server: Server, folder: string, ended: AbortSignal) {
    this.#config = config;
    this.#app = app;
    this.#server = server;
    this.#folder = folder;
    this.#ended = ended;
  }

  /** Opens the server. @throws {CommandError} When it cannot listen. */
  static async open(config: CastConfig): Promise<Cast> {
    const { host, port, token, logLimit, allowedOrigins } = config;
    const folder = await realpath(await mkdtemp(join(tmpdir(), "tailcast-cast-")));
    const ending = new AbortController();
    let app: BuildApp | undefined;
    try {
      const roots = join(folder, "projects");
      await mkdir(roots);
      app = await BuildApp.open({
        roots: [roots],
        data: join(folder, "data"),
        readOnly: true,
        env: Object.fromEntries(Object.entries(process.env).map(([name, value = ""]) => [name, value])),
        timeout: 0,
        host,
        token,
        logLimit,
        allowedOrigins,
        onError: printFault,
        onLog: ({ event }) => {
          if (event === "build ended") ending.abort();
        },
      });
      const opened = app;
      const server = createServer({ requireHostHeader: false }, app.handle);
      refuseMalformed(server, (refused) => opened.noteMalformed(refused));
      server.listen(port, host);
      await once(server, "listening");
      return new Cast(config, app, server, folder, ending.signal);
    } catch (error) {
      await app?.close();
      await rm(folder, { recursive: true, force: true });
      if (!(error as NodeJS.ErrnoException).syscall) throw error;
      const message = `Cannot serve the page on ${host} port ${port}: ${(error as Error).message}`;
      throw new CommandError(message, CANNOT_CAST, { cause: error });
    }
  }

  /**
   * Prints the address of the page and shows the output of a source until its end.
   *
   * @throws {CommandError} When the log cannot be stored; the program has not started then.
   */
  async show({ name, command, args, reason, run }: CastSource): Promise<void> {
    const cwd = process.cwd();
    const projectName = this.#config.name ?? name;
    const plan = { projectPath: cwd, projectName, packageManager: null, reason, warnings: [] };
    let result: Promise<StepResult> | undefined;
    let start: () => void = () => undefined;
    const started = new Promise<void>((resolve) => (start = resolve));
    const step = {
      name: "command",
      command,
      args,
      cwd,
      run: (options: StepRunOptions): Promise<StepResult> => {
        result = run(options);
        start();
        return result;
      },
    };
    const { id } = this.#app.add({ ...plan, steps: [step] });
    printMessage(`live at ${this.#address(id)}`);
    const ended = new Promise((resolve) => this.#ended.addEventListener("abort", resolve));
    await Promise.race([started, ended]);
    if (result === undefined) throw new CommandError(`Cannot store the log in ${this.#folder}`, CANNOT_CAST);
    await result;
  }

  /** Closes the page after the time of `--linger`, when its clients have read the end or a time limit is reached. */
  async close(signal?: AbortSignal): Promise<void> {
    const { linger } = this.#config;
    if (linger > 0) await delay(linger, undefined, { signal }).catch(() => undefined);
    const closed = once(this.#server, "close");
    this.#server.close();
    // The build has ended, or ends now: this waits for the last lines, and for the clients.
    await this.#app.close();
    this.#server.closeIdleConnections();
    await settlesWithin(closed, END_TIMEOUT);
    this.#server.closeAllConnections();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #address(id: string): string {
    const { host, token } = this.#config;
    const { port } = this.#server.address() as AddressInfo;
    const name = host.includes(":") ? `[${host}]` : host;
    const code = token === undefined ? "" : `?code=${this.#app.createSignInCode()}`;
    return `http://${name}:${port}/builds/${id}${code}`;
  }
}
