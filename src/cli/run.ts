import { basename } from "node:path";
import { runCommand } from "./cast/run-command.ts";
import { CANNOT_CAST, Cast } from "./cast/cast.ts";
import { CAST_OPTIONS, readCastConfig } from "./cast/cast-options.ts";
import type { Command } from "../command.ts";

/** `tailcast run`: runs a command and shows its output in browsers. */
export const run: Command = {
  usage: "[options] [--] COMMAND [ARGUMENTS...]",
  about: [
    "Runs a command here and shows its output live in every browser that opens the address on stderr. A browser that",
    "connects late receives all lines. The page ends with the command.",
    "",
    "The command runs as without tailcast: the same stdin, variables, signals and exit code, and its output appears",
    "here byte for byte. Two things differ, since its output is a pipe and not the terminal itself:",
    "- Programs that draw on the whole screen, such as editors, do not work. Some programs buffer their",
    "  output; \"stdbuf -oL COMMAND\" makes them print each line at once.",
    "- If stdout is a terminal here, FORCE_COLOR, CLICOLOR_FORCE and COLUMNS are set, unless one of NO_COLOR and",
    "  FORCE_COLOR is set already.",
    "",
    "The page is read-only, and values of variables such as NPM_TOKEN are masked.",
  ].join("\n"),
  options: CAST_OPTIONS,
  words: "command",
  examples: [
    ["tailcast run -- npm test", "runs the tests and shows them on a page"],
    ["tailcast run --port 8080 --linger 600 -- make", "keeps the page for ten minutes after the end"],
    ["tailcast run --host 0.0.0.0 --token auto -- ./deploy.sh", "for other machines; prints a link to sign in"],
    ["tailcast run -- sh -c 'make && make install'", "runs several commands"],
  ],
  exitCodes: [
    ["N", "the exit code of the command; 128 + N when the signal N has ended it"],
    ["2", "wrong arguments; nothing was run"],
    [String(CANNOT_CAST), "the page cannot be served; nothing was run"],
    ["126", "the command cannot be executed"],
    ["127", "the command does not exist"],
  ],
  run: async ({ args, words, env }) => {
    const cast = await Cast.open(readCastConfig(args));
    const [program = "", ...rest] = words;
    const running = runCommand(program, rest, env);
    try {
      await cast.show({
        name: basename(program),
        command: program,
        args: rest,
        reason: "the output of a command, shown by tailcast run",
        run: running.run,
      });
    } finally {
      await cast.close(running.interrupted);
      running.end();
    }
    return running.exitCode;
  },
};
