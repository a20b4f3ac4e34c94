#!/usr/bin/env node
/**
 * The program: reads its options, serves the build app, and ends cleanly on SIGTERM, SIGINT and SIGHUP.
 *
 * Exit codes: 0 when it has printed a text, or after a signal, when all builds and connections have ended (a second
 * signal kills running builds); 1 if it cannot listen or cannot store builds; 2 for bad arguments.
 */
import { createServer } from "node:http";
import { appOptions, readConfig } from "./config.ts";
import { defaultDataFolder, moveOldFolder } from "./data-folder.ts";
import { TailcastError } from "./error.ts";
import { formatEntry, isLogged } from "./log-format.ts";
import { printFault, printMessage } from "./print.ts";
import { helpText } from "./program-options.ts";
import { pipeSizeWarning } from "./runner/output/pipe-size.ts";
import { buildEnvironment } from "./runner/program/environment.ts";
import { secretNames } from "./runner/program/variables.ts";
import { TlsServer } from "./tls-server.ts";
import { unknownVariables } from "./unknown-variables.ts";
import { BuildApp } from "./web/build-app.ts";
import { refuseMalformed } from "./web/refuse-malformed.ts";
import { version } from "./web/monitoring/version.ts";
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Config } from "./config.ts";

main();

function main(): void {
  let invocation;
  try {
    invocation = readConfig(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof TailcastError)) throw error;
    printMessage(error.message);
    process.stderr.write('Try "tailcast --help".\n');
    process.exitCode = 2;
    return;
  }
  switch (invocation.kind) {
    case "serve":
      serve(invocation.config);
      return;
    case "help":
      process.stdout.write(helpText());
      return;
    case "version":
      process.stdout.write(`${version()}\n`);
      return;
    default:
      invocation satisfies never;
  }
}

function serve(config: Config): void {
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
  server.listen(config.port, config.host, () => {
    const { port } = server.address() as AddressInfo;
    open(config).then(
      (app) => {
        isReady(app);
        // A signal may have arrived already.
        if (!server.listening) return;
        const host = config.host.includes(":") ? `[${config.host}]` : config.host;
        const url = `${tls ? "https" : "http"}://${host}:${port}`;
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
