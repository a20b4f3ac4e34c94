import { follow as followStream } from "../client/follow.ts";
import { CommandError } from "../command.ts";
import { TailcastError, invalidOption } from "../error.ts";
import { printMessage } from "../print.ts";
import { colouredText, plainText } from "../terminal/plain-text.ts";
import { BuildServer, SERVER_OPTIONS, UNREACHABLE } from "./remote/build-server.ts";
import { HEADER_OPTION, readHeaders } from "./request-headers.ts";
import type { ConnectionReport } from "../client/connection-report.ts";
import type { Command } from "../command.ts";
import type { Output } from "../output.ts";
import type { DecodedEvent } from "../protocol/decode.ts";

/** `tailcast follow`: prints the events of any event stream. */
export const follow: Command = {
  usage: "URL [options]",
  about: [
    "Prints the events of an event stream (Server-Sent Events). It reconnects and resumes, until the server ends the",
    "stream with the status 204. Reports of the connection are on stderr.",
    "",
    "An event of the type \"message\" is printed as its data. Another type is printed before the data: [type] data.",
    "On a terminal, control functions are removed from the data, except colours.",
    "A URL without a host, such as /api/log/push, belongs to the server of --server, which receives the token.",
  ].join("\n"),
  options: [
    { flag: "json", value: "", help: "print each event as a line of JSON: type, data, lastEventId (off)" },
    {
      flag: "event",
      value: "TYPE",
      help: "print only events of this type, as their data; repeatable (all)",
      multiple: true,
    },
    { flag: "once", value: "", help: "end after the first event that is printed (off)" },
    { flag: "no-reconnect", value: "", help: "end when the connection ends (off)" },
    { flag: "last-event-id", value: "ID", help: "continue after this event (none)" },
    HEADER_OPTION,
    ...SERVER_OPTIONS,
  ],
  words: { min: 1, max: 1 },
  examples: [
    ["tailcast follow https://sse.example/events", "prints the data of each event"],
    ["tailcast follow /api/log/push", "prints the lines of all builds of the server on this machine"],
    ["tailcast follow URL --event done --once --json", "waits for an event"],
    ["tailcast follow URL --header @headers.txt", "sends the headers in a file, one on each line"],
  ],
  exitCodes: [
    ["0", "the server has ended the stream, or an event was printed with --once"],
    ["2", "wrong arguments"],
    ["4", "the server does not send an event stream; with --no-reconnect, also: the connection has failed"],
  ],
  run: async ({ args, words: [target = ""], stdout }) => {
    const server = new BuildServer(args);
    const url = readUrl(server, target);
    const types = args.list("event", ",");
    const isSingle = args.isOn("no-reconnect");
    const token = args.hasFlag("token") || args.hasFlag("token-file") || server.has(url) ? server.headers : {};
    const events = followStream(url, {
      headers: { ...token, ...readHeaders(args) },
      lastEventId: args.text("last-event-id"),
      retryStatuses: !isSingle,
      onConnection: (report) => {
        if (!isSingle) return reportConnection(report, stdout.isTerminal);
        if (report.state === "waiting") throw new ConnectionEnd(report.error);
      },
    });
    try {
      for await (const event of events) {
        if (types.length > 0 && !types.includes(event.type)) continue;
        await stdout.write(`${args.isOn("json") ? JSON.stringify(event) : format(event, types, stdout)}\n`);
        if (args.isOn("once")) break;
      }
      return 0;
    } catch (error) {
      return endOf(error);
    }
  },
};

/** The end of the only connection. */
class ConnectionEnd extends Error {
  constructor(cause: unknown) {
    super("the connection has ended", { cause });
  }
}

function endOf(error: unknown): number {
  if (error instanceof TailcastError && error.code !== "INVALID_OPTION") {
    throw new CommandError(error.message, UNREACHABLE, { cause: error });
  }
  if (!(error instanceof ConnectionEnd)) throw error;
  if (error.cause === undefined) return 0;
  throw new CommandError(`The connection has failed: ${reasonOf(error.cause)}`, UNREACHABLE, { cause: error.cause });
}

function reportConnection({ state, delay = 0, error, attempt }: ConnectionReport, isTerminal: boolean): void {
  if (state === "waiting") {
    const reason = error === undefined ? "the server has ended the connection" : reasonOf(error);
    printMessage(`${reason}; reconnecting in ${(delay / 1000).toFixed(1)} s`);
  } else if (state === "open" && (attempt > 1 || isTerminal)) printMessage("connected");
}

function reasonOf(error: unknown): string {
  const { cause = error } = error as { cause?: unknown };
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause);
}

function format({ type, data }: DecodedEvent, types: readonly string[], stdout: Output): string {
  const text = shown(data, stdout);
  if (type === "message" || types.length === 1) return text;
  return `${stdout.colour("36", `[${shown(type, stdout)}]`)} ${text}`;
}

/** The text of an event: on a terminal, without control functions. */
function shown(text: string, { isTerminal, hasColours }: Output): string {
  if (!isTerminal) return text;
  const lines = text.split("\n").map((line) => {
    const harmless = hasColours ? colouredText(line) : plainText(line);
    return harmless.includes("\x1b") ? `${harmless}\x1b[0m` : harmless;
  });
  return lines.join("\n");
}

function readUrl(server: BuildServer, target: string): URL {
  const isPath = target.startsWith("/");
  try {
    return isPath ? server.address(target.slice(1)) : new URL(target);
  } catch (error) {
    throw invalidOption("URL", `it must be an address such as https://example.org/events, not "${target}"`, error);
  }
}
