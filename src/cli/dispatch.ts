import { parseArguments } from "../arguments.ts";
import { CommandError } from "../command.ts";
import { TailcastError } from "../error.ts";
import { Output } from "../output.ts";
import { printMessage } from "../print.ts";
import { COMMANDS } from "./commands.ts";
import { BUILT_IN, commandHelp, overview } from "./help.ts";
import type { Command } from "../command.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The exit code for wrong arguments. */
const USAGE = 2;

/**
 * Runs the command that the arguments name and sets the exit code. Without a command, the server runs.
 *
 * @param args - The arguments of the program.
 */
export async function dispatch(args: readonly string[], env: Environment): Promise<void> {
  const [first] = args;
  const isNamed = first !== undefined && !first.startsWith("-");
  const name = isNamed ? first : "serve";
  try {
    process.exitCode = await run(name, isNamed ? args.slice(1) : args, env, isNamed);
  } catch (error) {
    process.exitCode = report(error, Object.hasOwn(COMMANDS, name) ? `tailcast ${name} --help` : "tailcast --help");
  }
}

async function run(
  name: string,
  args: readonly string[],
  env: Environment,
  isNamed: boolean,
): Promise<number | undefined> {
  let stdout: Output | undefined;
  const print = async (text: string): Promise<number> => {
    await (stdout ??= new Output(process.stdout, env)).write(text);
    return 0;
  };
  if (name === "version") return print(await versionText());
  if (name === "help") return print(await helpText(args));
  if (!isNamed && args.some((word) => word === "--version" || word === "-v")) return print(await versionText());
  if (!isNamed && args.some((word) => word === "--help" || word === "-h")) return print(overview());
  const command = await load(name);
  const { args: values, words, wantsHelp } = parseArguments(command, args, env);
  if (wantsHelp) return print(commandHelp(name, command));
  if (name !== "serve") process.stderr.on("error", ignoreLeft);
  return command.run({
    args: values,
    words,
    env,
    get stdout() {
      return (stdout ??= new Output(process.stdout, env));
    },
  });
}

/** Reports why a command has failed. @returns The exit code. */
function report(error: unknown, help: string): number {
  if (error instanceof CommandError) {
    printMessage(error.message);
    return error.exitCode;
  }
  if (!(error instanceof TailcastError) || error.code !== "INVALID_OPTION") throw error;
  printMessage(error.message);
  process.stderr.write(`Try "${help}".\n`);
  return USAGE;
}

async function load(name: string): Promise<Command> {
  const row = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (row !== undefined) return row.load();
  const names = [...Object.keys(COMMANDS), ...Object.keys(BUILT_IN)];
  const reason = `unknown command "${name}"; the commands are ${names.join(", ")}`;
  throw new TailcastError("INVALID_OPTION", `Cannot read the arguments: ${reason}`);
}

async function helpText([name]: readonly string[]): Promise<string> {
  if (name === undefined || name.startsWith("-") || Object.hasOwn(BUILT_IN, name)) return overview();
  return commandHelp(name, await load(name));
}

async function versionText(): Promise<string> {
  const { version } = await import("../web/monitoring/version.ts");
  return `${version()}\n`;
}

/** Messages are lost when their reader has left, and the command continues. */
function ignoreLeft(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
