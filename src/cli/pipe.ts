import { invalidOption } from "../error.ts";
import { copyInput } from "./cast/copy-input.ts";
import { CANNOT_CAST, Cast } from "./cast/cast.ts";
import { CAST_OPTIONS, readCastConfig } from "./cast/cast-options.ts";
import type { Command } from "../command.ts";

/** `tailcast pipe`: copies stdin to stdout and shows it in browsers. */
export const pipe: Command = {
  usage: "[options]",
  about: [
    "Copies stdin to stdout, byte for byte, and shows it live in every browser that opens the address on stderr. A",
    "browser that connects late receives all lines. The page ends with the input.",
    "",
    "After SIGINT or SIGTERM, the command reads the rest of the input for a second.",
  ].join("\n"),
  options: CAST_OPTIONS,
  words: { min: 0, max: 0 },
  examples: [
    ["make 2>&1 | tailcast pipe", "shows the output of a command"],
    ["journalctl -f | tailcast pipe --name journal > /dev/null", "shows a log on a page only"],
  ],
  exitCodes: [
    ["0", "the input has ended"],
    [String(CANNOT_CAST), "the page cannot be served; nothing was copied"],
    ["128 + N", "the signal N has ended it; 141: the reader of stdout has left"],
  ],
  run: async ({ args, env }) => {
    const config = readCastConfig(args);
    if (process.stdin.isTTY) throw invalidOption("stdin", 'it is a terminal; use it as in "make | tailcast pipe"');
    const cast = await Cast.open(config);
    const input = copyInput(env);
    try {
      await cast.show({
        name: "pipe",
        command: "tailcast",
        args: ["pipe"],
        reason: "the input of tailcast pipe",
        run: input.run,
      });
    } finally {
      await cast.close(input.interrupted);
      input.end();
    }
    return input.exitCode;
  },
};
