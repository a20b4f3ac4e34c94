import { CommandError } from "../../command.ts";
import { check as checkStream } from "../../doctor/check.ts";
import { formatReport } from "../../doctor/report.ts";
import { TailcastError } from "../../error.ts";
import { printMessage } from "../../print.ts";
import { REQUEST_OPTIONS, readRequest } from "./request-options.ts";
import type { Command } from "../../command.ts";
import type { CheckReport } from "../../doctor/check.ts";
import type { FindingLevel } from "../../doctor/findings/finding.ts";

const UNREACHABLE = 4;
const DEFAULT_SECONDS = 8;
const MAX_SECONDS = 86_400;
const COLOURS: Readonly<Record<FindingLevel, string>> = { wrong: "1;31", doubtful: "1;33", ok: "1;32" };

/** `tailcast check`: checks an event stream and reports mistakes. */
export const check: Command = {
  usage: "URL [options]",
  about: [
    "Checks an event stream (Server-Sent Events) of any server, and says what is right, doubtful and wrong, each with",
    "the reason, the section of the standard, and the remedy.",
    "",
    "It reads the stream for the time of --for, and sends about ten other requests: HEAD, HTTP/1.0, another Accept,",
    "reconnections, and with --origin those of a page. It takes about 2 s longer than --for, at most 15 s longer.",
    "With --data, it sends only the POST, and sends it once.",
  ].join("\n"),
  options: [
    {
      flag: "for",
      value: "SECONDS",
      help: `read the stream for this time; 60 shows whether heartbeats and proxies keep it open (${DEFAULT_SECONDS})`,
    },
    { flag: "origin", value: "ORIGIN", help: "check CORS for a page of this origin, e.g. https://app.example (none)" },
    ...REQUEST_OPTIONS,
    { flag: "json", value: "", help: "print the report as JSON (off)" },
  ],
  words: { min: 1, max: 1 },
  examples: [
    ["tailcast check http://127.0.0.1:3000/api/log/push", "checks a stream"],
    ["tailcast check URL --for 70 --origin https://app.example", "checks CORS as well, and reads for longer"],
    ["tailcast check URL --data @request.json", "checks the response to a POST"],
    ["tailcast check URL --json | jq -r .findings[].id", "prints the ids of all findings"],
  ],
  exitCodes: [
    ["0", "nothing is wrong; some findings may be doubtful"],
    ["1", "something is wrong"],
    ["4", "no connection is possible"],
  ],
  run: async ({ args, words: [url = ""], stdout }) => {
    const watch = 1000 * args.integer("for", DEFAULT_SECONDS, 1, MAX_SECONDS);
    const options = { watch, origin: args.text("origin"), ...readRequest(args) };
    if (process.stderr.isTTY) printMessage(`reading the stream for ${watch / 1000} s`);
    const report = await run(url, options);
    const text = args.isOn("json")
      ? `${JSON.stringify(report, undefined, 2)}\n`
      : formatReport(report, (level, title) => stdout.colour(COLOURS[level], title));
    await stdout.write(text);
    return report.findings.some(({ level }) => level === "wrong") ? 1 : 0;
  },
};

async function run(...[url, options]: Parameters<typeof checkStream>): Promise<CheckReport> {
  try {
    return await checkStream(url, options);
  } catch (error) {
    if (!(error instanceof TailcastError) || error.code !== "STREAM_LOST") throw error;
    throw new CommandError(error.message, UNREACHABLE, { cause: error });
  }
}
