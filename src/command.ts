import type { Arguments } from "./arguments.ts";
import type { Output } from "./output.ts";

/** An option of a command: a flag, and perhaps an environment variable that is used without the flag. */
export interface Option<Flag extends string = string> {
  /** The name without its dashes. */
  readonly flag: Flag;
  /** Default: only the flag sets the option. */
  readonly variable?: string;
  /** The name of its value in the help; empty for a switch. */
  readonly value: string;
  readonly help: string;
  /** Whether the flag may be repeated. */
  readonly multiple?: true;
}

/** A command of the program, e.g. `tailcast build`. */
export interface Command {
  /** The rest of the first line of the help, after the name, e.g. `[PATH] [options]`. */
  readonly usage: string;
  /** The paragraphs of the help; each line has at most 100 columns. */
  readonly about: string;
  readonly options: readonly Option[];
  /**
   * How many words it accepts beside options. `command`: from the first word on, everything is a command with its own
   * options, also without `--`.
   */
  readonly words: { readonly min: number; readonly max: number } | "command";
  /** Command lines, with their meaning. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** Every exit code. The help adds 2 for wrong arguments, unless it is here. */
  readonly exitCodes: readonly (readonly [code: string, meaning: string])[];
  /**
   * Runs the command.
   *
   * @returns The exit code; `undefined` when the command continues, and sets the code itself.
   * @throws {TailcastError} `INVALID_OPTION` for wrong arguments: exit code 2.
   * @throws {CommandError} When it fails for a known reason.
   */
  run(context: CommandContext): Promise<number | undefined>;
}

/** The arguments of a command, and its output. */
export interface CommandContext {
  /** The options. */
  readonly args: Arguments;
  /** The other words. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The standard output. When its reader has left, the program ends with exit code 141. */
  readonly stdout: Output;
}

/** The failure of a command: its message is printed without a stack. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
  readonly exitCode: number;

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
