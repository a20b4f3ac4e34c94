import { parseArguments } from "../../dist/arguments.js";
import { serve } from "../../dist/cli/serve/serve.js";
import { readConfig } from "../../dist/cli/serve/config.js";
import { OPTIONS } from "../../dist/cli/serve/program-options.js";
import type { Config } from "../../dist/cli/serve/config.js";

/** The options of the server, from the arguments of the program. */
export function readArguments(args: readonly string[], env: Record<string, string> = {}): Config {
  return readConfig(parseArguments({ ...serve, options: OPTIONS }, args, env).args);
}
