import { COMMANDS } from "./commands.ts";
import type { Command, Option } from "../command.ts";

/** The commands that need no module of their own. */
export const BUILT_IN = {
  help: "print the help of a command, as --help does: tailcast help COMMAND",
  version: "print the version, as --version does",
} as const;

/** The text of `tailcast --help`. */
export function overview(): string {
  const rows = [...Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary]), ...Object.entries(BUILT_IN)];
  return [
    "Usage: tailcast [command] [options]",
    "",
    "Builds projects on request and shows their output live in every browser.",
    "",
    "Commands:",
    ...rows.map(([name = "", summary]) => `  ${name.padEnd(9)}${summary}`),
    "",
    '"tailcast COMMAND --help" describes a command, its options and its exit codes.',
    '"tailcast serve --help" lists the options of the server, which "tailcast" without a command accepts as well.',
    "",
  ].join("\n");
}

/** The text of `tailcast COMMAND --help`. */
export function commandHelp(name: string, command: Command): string {
  const { usage, about, options, examples, exitCodes } = command;
  const lines = examples.map(([line, meaning]) => `  ${line.padEnd(exampleWidth(examples))}  ${meaning}`);
  const codes = [...exitCodes, ...wrongArguments(exitCodes)].sort(([one], [other]) => compareCodes(one, other));
  const codeWidth = Math.max(...codes.map(([code]) => code.length));
  return [
    `Usage: tailcast ${name} ${usage}`.trimEnd(),
    "",
    about,
    "",
    ...(lines.length === 0 ? [] : ["Examples:", ...lines, ""]),
    ...optionLines(options),
    "  --help",
    "",
    "Exit codes:",
    ...codes.map(([code, meaning]) => `  ${code.padEnd(codeWidth)}  ${meaning}`),
    "",
  ].join("\n");
}

/** The row for wrong arguments, unless the command describes it. */
function wrongArguments(codes: Command["exitCodes"]): Command["exitCodes"] {
  return codes.some(([code]) => code === "2") ? [] : [["2", "wrong arguments"]];
}

function optionLines(options: readonly Option[]): string[] {
  const hasVariables = options.some(({ variable }) => variable !== undefined);
  const source = hasVariables ? "Each option with a variable can also be set in the environment; the flag wins. " : "";
  const width = Math.max(...options.map(({ flag, value }) => flag.length + value.length)) + 8;
  const lines = options.flatMap(({ flag, value, variable = "", help }) => {
    return [`${`  --${flag} ${value}`.padEnd(width)}${variable}`.trimEnd(), `      ${help}`];
  });
  return [`Options: ${source}Defaults are in parentheses.`, "", ...lines];
}

function exampleWidth(examples: Command["examples"]): number {
  return Math.max(...examples.map(([line]) => line.length));
}

/** Sorts codes by number; a code of another form is first. */
function compareCodes(one: string, other: string): number {
  return (Number.parseInt(one, 10) || 0) - (Number.parseInt(other, 10) || 0);
}
