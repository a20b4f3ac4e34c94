import { readFileSync } from "node:fs";
import { invalidOption } from "../../error.ts";
import type { Arguments } from "../../arguments.ts";
import type { Option } from "../../command.ts";

/** The options of commands that read any event stream. They have no variables: a secret is for one address. */
export const REQUEST_OPTIONS: readonly Option<"header" | "token">[] = [
  {
    flag: "header",
    value: "NAME:VALUE",
    help: "send a header; @FILE reads secret ones from a file, each on a line; repeatable (none)",
    multiple: true,
  },
  { flag: "token", value: "TOKEN", help: "send the header Authorization: Bearer TOKEN (none)" },
];

/** Reads the headers of these options. */
export function readHeaders(args: Arguments): Record<string, string> {
  const lines = args.list("header", "\n").flatMap((text) => (text.startsWith("@") ? readFile(text.slice(1)) : [text]));
  const headers = lines.map((line) => {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*(.*)$/.exec(line) ?? [];
    // The message does not show the text, which may contain a secret.
    if (name === undefined || !value) throw invalidOption("--header", 'it must have the form "Name: value"');
    return [name, value];
  });
  const token = args.text("token");
  return { ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }), ...Object.fromEntries(headers) };
}

function readFile(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split(/\r?\n/).filter((line) => line.trim() !== "");
  } catch (error) {
    throw invalidOption("--header", (error as Error).message, error);
  }
}
