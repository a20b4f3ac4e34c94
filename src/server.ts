#!/usr/bin/env node
/**
 * The program: reads its options, serves the build app, and ends cleanly on SIGTERM, SIGINT and SIGHUP.
 *
 * Exit codes: 0 after a signal, once everything is over (a second signal kills what takes its time); 1 when it cannot
 * listen; 2 for bad options.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { helpText, readConfig } from "./config.ts";
import { TailcastError } from "./error.ts";
import { BuildApp } from "./web/build-app.ts";
import type { AddressInfo } from "node:net";
import type { Config } from "./config.ts";

main();

function main(): void {
  let invocation;
  try {
    invocation = readConfig(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof TailcastError)) throw error;
    process.stderr.write(`tailcast: ${error.message}\nTry "tailcast --help".\n`);
    process.exitCode = 2;
    return;
  }
  if (invocation.kind === "help") process.stdout.write(helpText());
  else if (invocation.kind === "version") process.stdout.write(`${version()}\n`);
  else serve(invocation.config);
}

function serve(config: Config): void {
  const app = new BuildApp({
    ...config,
    queueLimit: config.queue,
    timeoutMs: config.timeout,
    silenceMs: config.silence,
    onError: (error) => process.stderr.write(`tailcast: ${error instanceof Error ? error.stack : String(error)}\n`),
  });
  for (const warning of app.warnings) process.stderr.write(`tailcast: warning: ${warning}\n`);
  const server = createServer(
    // A request has ten seconds for its head and thirty in all; an open stream is an answer and has no such limit.
    { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5000, connectionsCheckingInterval: 5000 },
    app.handle,
  );
  server.once("error", (error) => {
    process.stderr.write(`tailcast: cannot listen on ${config.host} port ${config.port}: ${error.message}\n`);
    process.exit(1);
  });
  server.listen(config.port, config.host, () => {
    const { port } = server.address() as AddressInfo;
    const host = config.host.includes(":") ? `[${config.host}]` : config.host;
    process.stdout.write(`http://${host}:${port}\n`);
  });

  let stoppedAt: number | undefined;
  const stop = (): void => {
    // Ctrl-C under `npm start` arrives twice, from the terminal and from npm: only a later one means "now".
    if (stoppedAt !== undefined && performance.now() - stoppedAt < 1000) return;
    stoppedAt ??= performance.now();
    server.close();
    void app.close().then(() => server.closeAllConnections());
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  // The terminal was closed: builds have process groups of their own, and would run on.
  process.on("SIGHUP", stop);
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return manifest.version;
}
