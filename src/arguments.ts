import { parseArgs } from "node:util";
import { checkChoice, checkInteger } from "./check-options.ts";
import { TailcastError, invalidOption } from "./error.ts";
import type { Command, Option } from "./command.ts";

const EMPTY = "it is empty; give it a value, or leave it out";

type Environment = Readonly<Record<string, string | undefined>>;
type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

/** The options of a command, from its flags and from the environment. */
export class Arguments<Flag extends string = string> {
  readonly #options: readonly Option[];
  readonly #values: Values;
  readonly #env: Environment;

  constructor(options: readonly Option[], values: Values, env: Environment) {
    this.#options = options;
    this.#values = values;
    this.#env = env;
  }

  /** Whether the flag itself was given, not its variable. */
  hasFlag(flag: Flag): boolean {
    return this.#values[flag] !== undefined;
  }

  /** The name of an option as the user wrote it, for messages. */
  nameOf(flag: Flag): string {
    return this.hasFlag(flag) ? `--${flag}` : (this.#variableOf(flag) ?? `--${flag}`);
  }

  /** The value of an option; `undefined` when it is not set, and when its variable is empty. */
  text(flag: Flag): string | undefined {
    const given = this.#values[flag] as string | undefined;
    // The value is probably an unset shell variable, as in --token "$TOKEN". To continue without the option would be
    // dangerous.
    if (given === "") throw invalidOption(`--${flag}`, EMPTY);
    return given ?? this.#fromVariable(flag);
  }

  /** The value of a variable without a flag; `undefined` when it is not set, and when it is empty. */
  variable(name: string): string | undefined {
    return this.#env[name] || undefined;
  }

  /** All values of a repeatable option. @param divider - Separates them in the variable. */
  list(flag: Flag, divider: string): string[] {
    const given = this.#values[flag] as string[] | undefined;
    if (given?.includes("") === true) throw invalidOption(`--${flag}`, EMPTY);
    return given ?? (this.#fromVariable(flag) ?? "").split(divider).filter((part) => part !== "");
  }

  /** The value of an option that is an integer. @param standard - Its default. */
  integer(flag: Flag, standard: number, min: number, max: number): number {
    const given = this.text(flag);
    if (given === undefined) return standard;
    return checkInteger(this.nameOf(flag), /^\d+$/.test(given) ? Number(given) : given, { min, max });
  }

  /** The value of an option that is one of some words. @param standard - Its default. */
  choice<Choice extends string>(flag: Flag, choices: readonly Choice[], standard: Choice): Choice {
    return checkChoice(this.nameOf(flag), this.text(flag) ?? standard, choices);
  }

  /** Whether a switch is on. */
  isOn(flag: Flag): boolean {
    const name = this.#variableOf(flag) ?? flag;
    const variable = checkChoice(name, this.#fromVariable(flag) ?? "0", ["0", "1"]);
    return this.#values[flag] === true || variable === "1";
  }

  #fromVariable(flag: Flag): string | undefined {
    const variable = this.#variableOf(flag);
    return variable === undefined ? undefined : this.#env[variable] || undefined;
  }

  #variableOf(flag: Flag): string | undefined {
    return this.#options.find((option) => option.flag === flag)?.variable;
  }
}

/** The parsed arguments of a command. */
export interface ParsedArguments<Flag extends string = string> {
  readonly args: Arguments<Flag>;
  readonly words: readonly string[];
  /** Whether `--help` or `-h` was given. */
  readonly wantsHelp: boolean;
}

/**
 * Reads the arguments of a command.
 *
 * @param given - The arguments after the name of the command.
 * @throws {TailcastError} `INVALID_OPTION` for an unknown flag, a missing value, and missing or extra words.
 */
export function parseArguments<Flag extends string = string>(
  { options, words: expected }: Pick<Command, "words"> & { readonly options: readonly Option<Flag>[] },
  given: readonly string[],
  env: Environment,
): ParsedArguments<Flag> {
  const { own, rest } = expected === "command" ? splitCommand(options, given) : { own: given, rest: [] };
  const { values, positionals } = parse(options, own);
  const words = [...positionals, ...rest];
  const wantsHelp = values["help"] === true;
  const { min, max } = expected === "command" ? { min: 1, max: Infinity } : expected;
  if (!wantsHelp && words.length < min) {
    throw invalid(expected === "command" ? "a command to run is missing" : "an argument is missing");
  }
  const surplus = words[max];
  if (!wantsHelp && surplus !== undefined) throw invalid(`unexpected argument "${surplus}"`);
  return { args: new Arguments(options, values, env), words, wantsHelp };
}

/** Splits arguments where the command to run begins: at the first word, or after `--`. */
function splitCommand(
  options: readonly Option[],
  given: readonly string[],
): { readonly own: readonly string[]; readonly rest: readonly string[] } {
  const { tokens } = parseArgs({ ...settings(options, given), strict: false, tokens: true });
  const start = tokens.find(({ kind }) => kind !== "option");
  if (start === undefined) return { own: given, rest: [] };
  const isTerminator = start.kind === "option-terminator";
  return { own: given.slice(0, start.index), rest: given.slice(start.index + (isTerminator ? 1 : 0)) };
}

function parse(
  options: readonly Option[],
  args: readonly string[],
): { readonly values: Values; readonly positionals: readonly string[] } {
  try {
    return parseArgs(settings(options, args));
  } catch (cause) {
    const { message } = cause as Error;
    const [, flag] = /^Option '(--[\w-]+).*' argument is ambiguous/.exec(message) ?? [];
    const remedy = `write ${flag}=VALUE if it starts with "-"`;
    if (flag !== undefined) throw invalidOption(flag, `it needs a value; ${remedy}`, cause);
    // Node's message names the argument. Its second sentence is about another mode of the parser.
    // The option of Node that reads such a file has another name.
    const hint = message.includes("'--env-file'") ? "; did you mean --env-from?" : "";
    throw invalid(`${message.split(/\. |\n/)[0] ?? ""}${hint}`, cause);
  }
}

function settings(options: readonly Option[], args: readonly string[]) {
  const flags = options.map(({ flag, value, multiple }) => {
    if (value === "") return [flag, { type: "boolean" as const }] as const;
    return [flag, { type: "string" as const, multiple: multiple === true }] as const;
  });
  const help = { type: "boolean" as const, short: "h" };
  return { args: [...args], options: { ...Object.fromEntries(flags), help }, allowPositionals: true as const };
}

function invalid(message: string, cause?: unknown): TailcastError {
  return new TailcastError("INVALID_OPTION", `Cannot read the arguments: ${message}`, { cause });
}
