import { createServer } from "node:http";
import { appOptions, readConfig } from "./config.ts";
import { defaultDataFolder, moveOldFolder } from "./data-folder.ts";
import { TailcastError } from "../../error.ts";
import { formatEntry, isLogged } from "../../log-format.ts";
import { printFault, printMessage } from "../../print.ts";
import { OPTIONS } from "./program-options.ts";
import { pipeSizeWarning } from "../../runner/output/pipe-size.ts";
import { buildEnvironment } from "../../runner/program/environment.ts";
import { secretNames } from "../../runner/program/variables.ts";
import { TlsServer } from "../../tls-server.ts";
import { unknownVariables } from "./unknown-variables.ts";
import { BuildApp } from "../../web/build-app.ts";
import { refuseMalformed } from "../../web/refuse-malformed.ts";
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Command } from "../../command.ts";
import type { Config } from "./config.ts";

/**
 * The maximum number of connections that wait until the server accepts them. When more clients reconnect at the same
 * moment, as after the end of another server, the kernel makes them wait for seconds or minutes. Linux reduces the
 * number to `net.core.somaxconn`, 4096 by default; Node's own default is 511.
 */
const BACKLOG = 65_535;

/** `tailcast serve`: serves the build app, and ends cleanly on SIGTERM, SIGINT and SIGHUP. */
export const serve: Command = {
  usage: "[options]",
  about: "Runs the build server: builds projects on request and shows their output live in every browser.",
  options: OPTIONS,
  words: { min: 0, max: 0 },
  examples: [
    ["tailcast --root ~/projects", "serves http://127.0.0.1:3000"],
    ["tailcast --host 0.0.0.0 --token auto", "serves all addresses; prints a link to sign in"],
  ],
  exitCodes: [
    ["0", "shut down by a signal once builds and connections have ended; a second signal kills running builds"],
    ["1", "cannot listen, or cannot store builds"],
  ],
  run: async ({ args }) => {
    start(readConfig(args));
    return undefined;
  },
};

function start(config: Config): void {
  for (const warning of unknownVariables(process.env)) printMessage(`warning: ${warning}`);
  let isReady: (app: BuildApp) => void = () => undefined;
  const ready = new Promise<BuildApp>((resolve) => (isReady = resolve));
  // A client must send the head of a request within 10 s, and the whole request within 30 s. Replies have no time
  // limit.
  const limits = {
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 5000,
    connectionsCheckingInterval: 5000,
    // The app refuses requests without Host, with the headers of its other replies.
    requireHostHeader: false,
  };
  // Requests that arrive during the recovery of an earlier process's builds wait instead of failing.
  const handle: RequestListener = (request, response) => void ready.then((app) => app.handle(request, response));
  const tls = config.tls && new TlsServer(config.tls, limits, handle, printMessage);
  const plain = createServer(limits, handle);
  const server = tls?.server ?? plain;
  refuseMalformed(server, (refused) => void ready.then((app) => app.noteMalformed(refused)));
  server.once("error", (error) => fail(`cannot listen on ${config.host} port ${config.port}: ${error.message}`));
  // Listen first, so that the data folder does not change when another server already uses the port.
  const { port: wantedPort, host } = config;
  server.listen({ port: wantedPort, host, backlog: BACKLOG }, () => {
    const { port } = server.address() as AddressInfo;
    open(config).then(
      (app) => {
        isReady(app);
        // A signal may have arrived already.
        if (!server.listening) return;
        const url = `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
        process.stdout.write(`${url}\n`);
        if (config.isTokenNew) printSignIn(app, url, config.token);
      },
      (error: Error) => {
        if (error instanceof TailcastError && error.code === "INVALID_OPTION") fail(error.message, 2);
        fail(`cannot store builds: ${error.message}`);
      },
    );
  });

  let stoppedAt: number | undefined;
  const stop = (): void => {
    // Under `npm start`, Ctrl-C arrives twice, from the terminal and from npm. Only a later signal kills running
    // builds.
    if (stoppedAt !== undefined && performance.now() - stoppedAt < 1000) return;
    stoppedAt ??= performance.now();
    (tls ?? plain).close();
    ready
      .then((app) => app.close())
      .then(() => (tls ?? plain).closeAllConnections())
      .catch((error: Error) => fail(`cannot end cleanly: ${error.message}`));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  // SIGHUP means that the terminal was closed. Builds have their own process groups, so they would continue. With TLS
  // and without a terminal, SIGHUP reloads the certificate.
  const hasTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
  process.on("SIGHUP", tls === undefined || hasTerminal ? stop : () => tls.reload());
}

async function open(config: Config): Promise<BuildApp> {
  const data = config.data ?? defaultDataFolder(config.roots, process.env);
  if (config.data === undefined) {
    const move = await moveOldFolder(data, process.cwd());
    if (move !== undefined) printMessage(move);
  }
  const app = await BuildApp.open({
    ...appOptions(config),
    data,
    env: buildEnvironment(process.env, config.env, { color: config.color }),
    mask: [...config.mask, ...secretNames(config.env)],
    onError: printFault,
    onLog: (entry) => {
      if (isLogged(entry, config.logLevel)) process.stderr.write(formatEntry(entry, config.logFormat));
    },
  });
  printMessage(`builds are stored in ${data}`);
  const pipeWarning = await pipeSizeWarning();
  for (const warning of [...app.warnings, ...(pipeWarning === undefined ? [] : [pipeWarning])]) {
    printMessage(`warning: ${warning}`);
  }
  return app;
}

function printSignIn(app: BuildApp, url: string, token = ""): void {
  printMessage(`sign in once with ${url}/?code=${app.createSignInCode()}, or with the token ${token}`);
}

function fail(message: string, exitCode = 1): never {
  printMessage(message);
  process.exit(exitCode);
}
