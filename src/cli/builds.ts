import { formatDuration } from "../terminal/duration.ts";
import { plainText } from "../terminal/plain-text.ts";
import { BuildServer, SERVER_OPTIONS } from "./remote/build-server.ts";
import type { Command } from "../command.ts";
import type { BuildRecord, BuildStatus } from "../runner/record.ts";

/** The colours of statuses, as parameters of SGR. */
const COLOURS: Readonly<Record<BuildStatus, string>> = {
  queued: "2",
  running: "36",
  succeeded: "32",
  failed: "31",
  cancelled: "33",
  "timed-out": "33",
  lost: "35",
};

/** `tailcast builds`: lists the builds of a server. */
export const builds: Command = {
  usage: "[options]",
  about: "Lists the builds of a server, the newest first: id, status, start, duration and project.",
  options: [
    { flag: "limit", value: "N", help: "the maximum number of builds, 1 to 500 (20)" },
    { flag: "status", value: "STATUS", help: "only builds with this status, or these, separated by commas (all)" },
    { flag: "project", value: "PROJECT", help: "only builds of this project: its path or its name (all)" },
    { flag: "search", value: "TEXT", help: "only builds with TEXT in the path, the name or the id (all)" },
    { flag: "json", value: "", help: "print each build as a line of JSON (off)" },
    ...SERVER_OPTIONS,
  ],
  words: { min: 0, max: 0 },
  examples: [
    ["tailcast builds --status failed,lost", "lists builds that did not end well"],
    ["tailcast builds --json | head -n 1", "prints the newest build"],
  ],
  exitCodes: [
    ["0", "the list was printed"],
    ["2", "wrong arguments, or the server refuses the request"],
    ["4", "the server cannot be reached"],
  ],
  run: async ({ args, stdout }) => {
    const query = new URLSearchParams({ limit: String(args.integer("limit", 20, 1, 500)) });
    for (const name of ["status", "project", "search"]) {
      const value = args.text(name);
      if (value !== undefined) query.set(name, value);
    }
    const reply = await new BuildServer(args).request("GET", `api/builds?${query}`);
    const list = reply["builds"] as readonly BuildRecord[];
    for (const build of list) {
      const { status, startedAt, queuedAt, projectName, projectPath } = build;
      if (args.isOn("json")) {
        await stdout.write(`${JSON.stringify(build)}\n`);
        continue;
      }
      const shown = stdout.colour(COLOURS[status] ?? "", plainText(status).padEnd(9));
      const start = (startedAt ?? queuedAt).slice(0, 19).replace("T", " ");
      const name = `${plainText(projectName)} (${plainText(projectPath)})`;
      await stdout.write(`${plainText(build.id)}  ${shown}  ${start}  ${durationOf(build).padStart(11)}  ${name}\n`);
    }
    return 0;
  },
};

function durationOf({ startedAt, finishedAt }: BuildRecord): string {
  if (startedAt === null) return "-";
  const end = finishedAt === null ? Date.now() : Date.parse(finishedAt);
  return formatDuration(end - Date.parse(startedAt), finishedAt === null);
}
