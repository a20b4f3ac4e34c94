import { constants } from "node:os";
import { inspect } from "node:util";
import { checkNames, checkTexts, checkValue, hasMethod } from "../check-options.ts";
import { invalidOption } from "../error.ts";
import { HiddenServersEnd, NodeServerEnd } from "../http/server-end.ts";
import { DEFAULT_DEADLINE, checkCloseOptions, closeOptionNames } from "./settings.ts";
import type { Server } from "node:net";
import type { Kind, OptionNames } from "../check-options.ts";
import type { ServerEnd } from "../http/server-end.ts";
import type { CloseOptions } from "./options.ts";

/** The result of `Bun.serve`. */
interface BunServer {
  stop(closeActiveConnections?: boolean): Promise<void>;
}

/** The result of `Deno.serve`. */
interface DenoServer {
  shutdown(): Promise<void>;
}

/**
 * A server of `node:http`, `node:https` or `node:http2`, or the result of `Bun.serve` or `Deno.serve`. `"framework"`:
 * the server of a framework on Node that gives no access to it, and closes it itself on the signal, as Next, SvelteKit
 * and React Router do. `closeOnSignal` then ends only the idle connections of all servers of the process.
 */
export type ClosableServer = Server | BunServer | DenoServer | "framework";

/** The streams of a server: a `Channel`, a `ChannelGroup`, a `BuildApp`, or an object with this method. */
export interface ClosableStreams {
  close(options: CloseOptions): Promise<unknown>;
}

/** The options of {@link closeOnSignal}: its signals, and how the streams end. */
export interface CloseOnSignalOptions extends CloseOptions {
  /** Default `["SIGTERM"]`. */
  signals?: readonly NodeJS.Signals[] | undefined;
}

const optionNames: OptionNames<CloseOnSignalOptions> = { ...closeOptionNames, signals: true };

/** The signals that no process can handle. */
const UNCATCHABLE: readonly string[] = ["SIGKILL", "SIGSTOP"];

const closable: Kind = {
  description: "a channel, or an object with a method close",
  includes: (value) => hasMethod(value, "close"),
};

/**
 * Closes a server and its event streams when the process receives a signal, so that the process ends within a second
 * and no client is lost:
 *
 * 1. The server accepts no more connections.
 * 2. The streams end as `Channel.close` describes: clients reconnect to the next process.
 * 3. Idle connections end, including those of HTTP/2 and those that a browser opened in advance. Requests that have
 *    started are answered first.
 * 4. After `deadline`, all other connections are dropped.
 *
 * ```js
 * const server = createServer(channel.handle).listen(3000);
 * closeOnSignal(server, channel, { retry: 1000 });
 * ```
 *
 * While the server closes, further signals have no effect. Afterwards they have their usual effect again. The process
 * ends when nothing else keeps it running. A server that starts to listen after the signal closes at once.
 *
 * @param server - Call this function before the server accepts connections. Call it once for each server; servers may
 * share channels.
 * @param streams - A channel or a group, or several.
 * @returns A function that closes the server without a signal. Its promise settles when the last connection is over and
 * every channel is closed. If `close` of the streams or of the server failed, it rejects with that error, or with an
 * `AggregateError` of several. After a signal, a failure is also emitted as a process warning. Further calls return the
 * same promise, also after a signal.
 * @throws {TailcastError} `INVALID_OPTION`
 */
export function closeOnSignal(
  server: ClosableServer,
  streams: ClosableStreams | readonly ClosableStreams[],
  options: CloseOnSignalOptions = {},
): () => Promise<void> {
  checkNames(options, optionNames);
  const { signals = ["SIGTERM"], ...rest } = options;
  const closeOptions = checkCloseOptions(rest);
  for (const signal of checkTexts("signals", signals)) {
    if (signal in constants.signals && !UNCATCHABLE.includes(signal)) continue;
    throw invalidOption("signals", `"${signal}" is not a signal that a process can handle`);
  }
  const all = Array.isArray(streams) ? (streams as readonly ClosableStreams[]) : [streams as ClosableStreams];
  if (all.length === 0) throw invalidOption("streams", "the array is empty; pass the channels of the server");
  for (const each of all) checkValue("streams", each, closable);
  const end = serverEnd(server);

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeAll(end, all, closeOptions).finally(stopListening));
  const onSignal = (): void => {
    // No caller has this promise. An unhandled rejection would end the process.
    if (closing === undefined) close().catch(warn);
  };
  const stopListening = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return close;
}

/** Closes everything, also when a part fails. Then it throws the error of the part. */
async function closeAll(end: ServerEnd, all: readonly ClosableStreams[], options: CloseOptions): Promise<void> {
  const parts = [() => end.close(), ...all.map((streams) => () => streams.close(options))];
  const timer = setTimeout(() => end.drop(), options.deadline ?? DEFAULT_DEADLINE);
  // An `async` function, since `close` of an application may also throw.
  const results = await Promise.allSettled(parts.map(async (close) => close()));
  clearTimeout(timer);
  const errors = results.flatMap((result): unknown[] => (result.status === "rejected" ? [result.reason] : []));
  if (errors.length > 1) throw new AggregateError(errors, "Cannot close the streams of the server");
  if (errors.length === 1) throw errors[0];
}

/** Reports that something could not be closed after a signal. */
function warn(error: unknown): void {
  const details = { type: "TailcastWarning", code: "TAILCAST_CLOSE", detail: inspect(error) };
  process.emitWarning("The streams of a server could not be closed after a signal", details);
}

/** @throws {TailcastError} `INVALID_OPTION` for another value than a server. */
function serverEnd(server: ClosableServer): ServerEnd {
  if (server === "framework") return new HiddenServersEnd();
  if (isDeno(server)) {
    // Deno ends idle connections itself, and cannot drop the others.
    return { close: () => server.shutdown(), drop: () => undefined };
  }
  if (isBun(server)) return { close: () => server.stop(), drop: () => void server.stop(true) };
  if (hasMethod(server, "close") && hasMethod(server, "on")) return new NodeServerEnd(server);
  const wanted = 'a server of node:http, node:https, node:http2, Bun or Deno, or "framework"';
  throw invalidOption("server", `it must be ${wanted}`);
}

function isDeno(server: ClosableServer): server is DenoServer {
  return hasMethod(server, "shutdown");
}

function isBun(server: ClosableServer): server is BunServer {
  return hasMethod(server, "stop");
}
