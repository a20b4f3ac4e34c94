import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { CommandError } from "../command.ts";
import { invalidOption } from "../error.ts";
import { printMessage } from "../print.ts";
import { plainText } from "../terminal/plain-text.ts";
import { linePrinter } from "./lines/line-printer.ts";
import { BuildServer, SERVER_OPTIONS, ServerRefusal, UNREACHABLE } from "./remote/build-server.ts";
import { Cancellation } from "./remote/cancellation.ts";
import { followBuild } from "./remote/follow-build.ts";
import { PATIENCE_OPTION, readPatience } from "./remote/patience.ts";
import { QueuePosition } from "./remote/queue-position.ts";
import type { Command, CommandContext } from "../command.ts";
import type { BuildRecord, BuildStatus } from "../runner/record.ts";

const EXIT_CODES: Readonly<Record<BuildStatus, number>> = {
  succeeded: 0,
  failed: 1,
  cancelled: 3,
  "timed-out": 3,
  lost: UNREACHABLE,
  // A build that has ended has neither of these.
  queued: UNREACHABLE,
  running: UNREACHABLE,
};

/** `tailcast build`: starts a build on a server and prints its output. */
export const build: Command = {
  usage: "[PATH] [options]",
  about: [
    "Starts a build on a server and prints its output, like a command on this machine.",
    "",
    "PATH is the folder of the project; default: the working directory. If the server runs on this machine, PATH is",
    "relative to the working directory; otherwise, or if there is no such folder, to a root of the server.",
    "",
    "The build belongs to the server: it continues when the terminal is closed. The command reconnects when it loses",
    "the connection. The first Ctrl-C asks for confirmation, the second cancels the build, and the third kills its",
    "processes. SIGTERM cancels the build at once.",
  ].join("\n"),
  options: [
    { flag: "script", value: "NAME", help: "the script of package.json to run (build)" },
    { flag: "install", value: "MODE", help: "auto, clean (removes node_modules first), update or skip (auto)" },
    { flag: "color", value: "", help: "ask programs to colour their output (off)" },
    { flag: "detach", value: "", help: "print the id of the build and end; the build continues (off)" },
    ...SERVER_OPTIONS,
    PATIENCE_OPTION,
  ],
  words: { min: 0, max: 1 },
  examples: [
    ["tailcast build", "builds the project in the working directory"],
    ["tailcast build packages/app --script bundle", "runs another script"],
    ["TAILCAST_TOKEN=... tailcast build app --server https://ci.example", "builds a project on another machine"],
  ],
  exitCodes: [
    ["0", "the build has succeeded"],
    ["1", "the build has failed"],
    ["2", "wrong arguments, or the server refuses the build: unknown project, not permitted, already building"],
    ["3", "the build was cancelled, or has timed out"],
    ["4", "the build is lost, or the server cannot be reached or is too busy"],
  ],
  run: async (context) => {
    const { args, stdout } = context;
    const server = new BuildServer(args);
    const patience = readPatience(args);
    const started = await startBuild(server, context);
    if (args.isOn("detach")) {
      await stdout.write(`${started.id}\n`);
      return 0;
    }
    const printer = linePrinter(stdout, printMessage);
    const position = new QueuePosition((text) => printer.message(text));
    const cancellation = new Cancellation(server, started.id, (text) => printer.message(text));
    try {
      const onState = (state: BuildRecord): void => position.note(state);
      const ended = await followBuild({ server, id: started.id, printer, patience, onState });
      return EXIT_CODES[ended.status] ?? UNREACHABLE;
    } finally {
      position.end();
      cancellation.end();
    }
  },
};

async function startBuild(server: BuildServer, { args, words: [path] }: CommandContext): Promise<BuildRecord> {
  const request = {
    projectPath: projectPath(server, path),
    script: args.text("script"),
    install: args.text("install"),
    color: args.isOn("color") ? true : undefined,
  };
  try {
    const { build: started } = await server.request("POST", "api/project/build", request);
    return started as BuildRecord;
  } catch (error) {
    const hint = error instanceof ServerRefusal ? hintOf(error, request.projectPath) : undefined;
    if (!(error instanceof ServerRefusal) || hint === undefined) throw error;
    throw new CommandError(`${error.message}; ${hint}`, error.exitCode, { cause: error });
  }
}

/** The next step after a refusal; `undefined` when the message of the server says enough. */
function hintOf({ code, body }: ServerRefusal, path: string): string | undefined {
  if (code === "PROJECT_NOT_FOUND") return `the path is ${path}`;
  if (code !== "ALREADY_BUILDING") return undefined;
  const { id = "" } = (body["build"] ?? {}) as { id?: string };
  return `see "tailcast log ${plainText(id)}"`;
}

/** The path for the server: absolute, if the server sees the same files. */
function projectPath(server: BuildServer, path: string | undefined): string {
  if (path === "") throw invalidOption("PATH", "it is empty; give it a value, or leave it out");
  if (server.isLocal) {
    const own = resolve(path ?? ".");
    return path === undefined || existsSync(own) ? own : path;
  }
  if (path !== undefined) return path;
  throw invalidOption("PATH", "the server runs on another machine; name a project, relative to a root of the server");
}
