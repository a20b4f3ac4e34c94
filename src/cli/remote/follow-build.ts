import { follow } from "../../client/follow.ts";
import { CommandError } from "../../command.ts";
import { TailcastError } from "../../error.ts";
import { readLogLine } from "../../streams/line-data.ts";
import { UNREACHABLE } from "./build-server.ts";
import type { ConnectionReport } from "../../client/connection-report.ts";
import type { BuildRecord } from "../../runner/record.ts";
import type { LinePrinter } from "../lines/line-printer.ts";
import type { BuildServer } from "./build-server.ts";

/** The time without a byte after which the client reconnects, in milliseconds. A server sends heartbeats. */
const SILENCE = 60_000;

/** The time between two attempts to connect, in milliseconds. */
const RETRY = { initial: 500, max: 5000 };

/** A build to follow, and the output for its lines. */
export interface BuildFollowing {
  readonly server: BuildServer;
  readonly id: string;
  readonly printer: LinePrinter;
  /** How long the server may be unreachable, in milliseconds. */
  readonly patience: number;
  /** Receives each state of the build. */
  readonly onState?: (build: BuildRecord) => void;
}

/**
 * Prints the lines of a build from the first one to the last one, each once, also when the server restarts meanwhile.
 *
 * @returns The build at its end.
 * @throws {CommandError} When the server no longer knows the build, or cannot be reached.
 */
export async function followBuild(following: BuildFollowing): Promise<BuildRecord> {
  const { server, id, printer, onState = () => undefined } = following;
  const outage = new Outage(following);
  const events = follow(server.address(`api/builds/${id}/events`), {
    headers: server.headers,
    retryStatuses: true,
    silence: SILENCE,
    retry: RETRY,
    signal: outage.signal,
    onConnection: (report) => outage.note(report),
  });
  try {
    for await (const { type, data } of events) {
      if (type === "line") {
        const line = readLogLine(data);
        if (line !== undefined) await printer.line(line);
      } else if (type === "build" || type === "end") {
        const build = JSON.parse(data) as BuildRecord;
        onState(build);
        if (type === "end") return build;
      } else if (type === "gap") {
        printer.message("lines are missing here: the server no longer has them");
      }
    }
  } catch (error) {
    throw outage.signal.aborted ? outage.signal.reason : refusal(error, id);
  } finally {
    outage.end();
    await printer.end();
  }
  throw new CommandError(`The server has ended the stream of the build ${id} without its end`, UNREACHABLE);
}

function refusal(error: unknown, id: string): unknown {
  if (!(error instanceof TailcastError) || error.code !== "STREAM_REFUSED") return error;
  const isLost = error.status === 404;
  const message = isLost ? `The server does not have the build ${id}` : error.message;
  return new CommandError(message, UNREACHABLE, { cause: error });
}

/** Reports when the server cannot be reached, and aborts after some time. */
class Outage {
  readonly #following: BuildFollowing;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #isReported = false;

  constructor(following: BuildFollowing) {
    this.#following = following;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  note({ state, attempt, error }: ConnectionReport): void {
    const { printer, id, patience } = this.#following;
    if (state === "open") {
      this.end();
      if (this.#isReported) printer.message("reconnected");
      this.#isReported = false;
    }
    if (state !== "waiting") return;
    this.#timer ??= setTimeout(() => {
      const outage = `Cannot reach the server for ${patience / 1000} s`;
      const message = `${outage}; the build ${id} may continue without this program`;
      this.#controller.abort(new CommandError(message, UNREACHABLE));
    }, patience);
    // A server may end a stream at any time. Only a failed attempt to reconnect is reported.
    if (attempt === 0 || this.#isReported) return;
    this.#isReported = true;
    printer.message(`connection to the server lost (${reasonOf(error)}); reconnecting`);
  }

  /** Stops the timer of the outage. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "the server closed it";
  const { cause = error } = error;
  const { code, message } = cause as NodeJS.ErrnoException;
  return code ?? message;
}
