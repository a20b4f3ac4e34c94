import { CommandError } from "../command.ts";
import { invalidOption } from "../error.ts";
import { printMessage } from "../print.ts";
import { isBuildId } from "../runner/build-id.ts";
import { linePrinter } from "./lines/line-printer.ts";
import { BuildServer, SERVER_OPTIONS } from "./remote/build-server.ts";
import { followBuild } from "./remote/follow-build.ts";
import { PATIENCE_OPTION, readPatience } from "./remote/patience.ts";
import type { Command } from "../command.ts";
import type { BuildRecord } from "../runner/record.ts";

/** `tailcast log`: prints the log of a build. */
export const log: Command = {
  usage: "[ID] [options]",
  about: [
    "Prints the log of a build; default: of the newest build. While the build runs, the command waits for its end.",
    "Control functions are removed from the output, except colours on a terminal.",
  ].join("\n"),
  options: [...SERVER_OPTIONS, PATIENCE_OPTION],
  words: { min: 0, max: 1 },
  examples: [
    ["tailcast log", "prints the log of the newest build"],
    ["tailcast log mijx1b2kc0a8d3f1 | grep error", "searches the log of a build; \"tailcast builds\" lists the ids"],
  ],
  exitCodes: [
    ["0", "the log was printed, whatever the status of the build"],
    ["2", "wrong arguments, or the server refuses the request"],
    ["4", "the server cannot be reached, or does not have the build"],
  ],
  run: async ({ args, words: [id], stdout }) => {
    if (id !== undefined && !isBuildId(id)) throw invalidOption("ID", "it must have 16 letters or digits");
    const server = new BuildServer(args);
    const patience = readPatience(args);
    const printer = linePrinter(stdout, printMessage);
    await followBuild({ server, id: id ?? (await newest(server)), printer, patience });
    return 0;
  },
};

async function newest(server: BuildServer): Promise<string> {
  const reply = await server.request("GET", "api/builds?limit=1");
  const [build] = reply["builds"] as readonly BuildRecord[];
  if (build === undefined) throw new CommandError("The server has no builds", 2);
  return build.id;
}
