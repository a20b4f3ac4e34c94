import { open as openHandle } from "node:fs/promises";
import { addAbortSignal } from "node:stream";
import { CommandError } from "../../command.ts";
import { parseHttpUrl } from "../../doctor/check-options.ts";
import { formatLine } from "../../doctor/inspect.ts";
import { TailcastError, invalidOption } from "../../error.ts";
import { StreamExplainer } from "../../protocol/explain.ts";
import { printMessage } from "../../print.ts";
import { REQUEST_OPTIONS, readRequest } from "./request-options.ts";
import type { Command } from "../../command.ts";
import type { PaintPart } from "../../doctor/inspect.ts";
import type { RequestParts } from "./request-options.ts";

const FAILED = 1;
const UNREACHABLE = 4;
const MAX_SECONDS = 86_400;
const COLOURS: Readonly<Record<Parameters<PaintPart>[0], string>> = { event: "32", fault: "31", rule: "2" };

/** `tailcast inspect`: shows an event stream line by line, with what a client does with each line. */
export const inspect: Command = {
  usage: "URL|FILE|- [options]",
  about: [
    "Shows an event stream line by line: the bytes, made visible, and what the standard (HTML 9.2.6) does with them.",
    '"!" marks a mistake, and "=>" the event that the client dispatches at a blank line.',
    "",
    "A URL is read once, without a reconnection, until the server ends the response. - stands for the standard input.",
  ].join("\n"),
  options: [
    { flag: "for", value: "SECONDS", help: "stop after this time (never)" },
    { flag: "last-event-id", value: "ID", help: "continue after this event (none)" },
    ...REQUEST_OPTIONS,
  ],
  words: { min: 1, max: 1 },
  examples: [
    ["tailcast inspect http://127.0.0.1:3000/api/log/push", "shows a stream as it arrives"],
    ["tailcast inspect events.txt", "shows a file"],
    ["curl -N URL | tailcast inspect -", "shows what another program receives"],
  ],
  exitCodes: [
    ["0", "the stream, or the time of --for, has ended"],
    ["1", "the connection failed in the middle, or an event exceeds 16 MiB"],
    ["4", "the URL or file cannot be read, or the status is not 200"],
  ],
  run: async ({ args, words: [source = ""], stdout }) => {
    const seconds = args.text("for") === undefined ? undefined : args.integer("for", 0, 1, MAX_SECONDS);
    const signal = seconds === undefined ? undefined : AbortSignal.timeout(1000 * seconds);
    const id = args.text("last-event-id");
    const resume = id === undefined ? {} : { "Last-Event-ID": Buffer.from(id).toString("latin1") };
    const { headers, body } = readRequest(args);
    const chunks = await open(source, { headers: { ...headers, ...resume }, body }, signal);
    const explainer = new StreamExplainer();
    const paint: PaintPart = (part, text) => stdout.colour(COLOURS[part], text);
    let hasFailed = false;
    try {
      for await (const chunk of chunks) {
        await stdout.write(explainer.explain(chunk).map((line) => formatLine(line, paint)).join(""));
      }
    } catch (error) {
      if (signal?.aborted === true) return 0;
      if (error instanceof TailcastError) throw new CommandError(error.message, FAILED, { cause: error });
      printMessage(`the connection failed: ${reasonOf(error)}`);
      hasFailed = true;
    }
    await stdout.write(explainer.end().map((line) => formatLine(line, paint)).join(""));
    return hasFailed ? FAILED : 0;
  },
};

async function open(
  source: string,
  { headers, body: sent }: RequestParts,
  signal: AbortSignal | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  if (source === "-") return signal === undefined ? process.stdin : addAbortSignal(signal, process.stdin);
  const url = parseHttpUrl(source);
  if (url === undefined) return openFile(source);
  let response;
  try {
    response = await fetch(url, {
      method: sent === undefined ? "GET" : "POST",
      body: sent ?? null,
      headers: { "Accept": "text/event-stream", "Cache-Control": "no-cache", ...headers },
      signal: signal ?? null,
    });
  } catch (error) {
    const reason = signal?.aborted === true ? "the server sent no response in the time of --for" : reasonOf(error);
    throw new CommandError(`Cannot reach ${url.href}: ${reason}`, UNREACHABLE, { cause: error });
  }
  const { status, body } = response;
  if (status !== 200 || body === null) {
    await body?.cancel();
    throw new CommandError(`Cannot read ${url.href}: the server answers with status ${status}`, UNREACHABLE);
  }
  printMessage(`status 200, Content-Type: ${response.headers.get("content-type") ?? "none"}`);
  return body as AsyncIterable<Uint8Array>;
}

async function openFile(path: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    const file = await openHandle(path);
    if ((await file.stat()).isDirectory()) throw new Error("it is a directory");
    return file.createReadStream();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") throw new CommandError(`Cannot read ${path}: ${message}`, UNREACHABLE, { cause: error });
    throw invalidOption("URL|FILE|-", `"${path}" is neither a file nor a URL of http or https`);
  }
}

/** `fetch` gives its reason as the cause. */
function reasonOf(error: unknown): string {
  const { cause = error } = error as { cause?: unknown };
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause);
}
