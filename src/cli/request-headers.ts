import { readFileSync } from "node:fs";
import { invalidOption } from "../error.ts";
import type { Arguments } from "../arguments.ts";
import type { Option } from "../command.ts";

/** The option of commands that send headers to any server. */
export const HEADER_OPTION: Option<"header"> = {
  flag: "header",
  value: "NAME:VALUE",
  help: "send a header; @FILE reads them from FILE, which hides them from other users; repeatable (none)",
  multiple: true,
};

/** Reads the headers of `--header`: each is `Name: value`, or a file with one header on each line. */
export function readHeaders(args: Arguments): Record<string, string> {
  const given = args.list("header", "\n");
  const lines = given.flatMap((text) => (text.startsWith("@") ? linesOf(text.slice(1)) : [text]));
  return Object.fromEntries(lines.map(readHeader));
}

/** Reads the file that an option names. */
export function readOptionFile(flag: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw invalidOption(`--${flag}`, (error as Error).message, error);
  }
}

function linesOf(path: string): string[] {
  return readOptionFile("header", path).split(/\r?\n/).filter((line) => line.trim() !== "");
}

function readHeader(line: string): readonly [name: string, value: string] {
  const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*(.*)$/.exec(line) ?? [];
  // The message does not show the text, which may contain a secret.
  if (name === undefined || !value) throw invalidOption("--header", 'it must have the form "Name: value"');
  return [name, value];
}
