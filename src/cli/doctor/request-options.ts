import { readFileSync } from "node:fs";
import { invalidOption } from "../../error.ts";
import type { Arguments } from "../../arguments.ts";
import type { Option } from "../../command.ts";

/** The options of commands that read any event stream. They have no variables: a secret is for one address. */
export const REQUEST_OPTIONS: readonly Option<"header" | "token" | "data">[] = [
  {
    flag: "header",
    value: "NAME:VALUE",
    help: "send a header; @FILE reads secret ones from a file, each on a line; repeatable (none)",
    multiple: true,
  },
  { flag: "token", value: "TOKEN", help: "send the header Authorization: Bearer TOKEN (none)" },
  { flag: "data", value: "TEXT", help: "send a POST with this body, or that in @FILE (none)" },
];

/** The parts of a request that these options set. */
export interface RequestParts {
  readonly headers: Readonly<Record<string, string>>;
  /** The body of a POST; `undefined` for a GET. */
  readonly body: string | undefined;
}

/** Reads these options. A body that is JSON is sent as such, unless a header says otherwise. */
export function readRequest(args: Arguments): RequestParts {
  const lines = args.list("header", "\n").flatMap((text) => (text.startsWith("@") ? linesOf(text.slice(1)) : [text]));
  const headers = Object.fromEntries(lines.map(readHeader));
  const token = args.text("token");
  const data = args.text("data");
  const body = data?.startsWith("@") === true ? readFile("data", data.slice(1)) : data;
  const isJson = body !== undefined && /^\s*[[{]/.test(body);
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
  return {
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(isJson && !hasType ? { "Content-Type": "application/json" } : {}),
      ...headers,
    },
    body,
  };
}

function readHeader(line: string): readonly [name: string, value: string] {
  const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*(.*)$/.exec(line) ?? [];
  // The message does not show the text, which may contain a secret.
  if (name === undefined || !value) throw invalidOption("--header", 'it must have the form "Name: value"');
  return [name, value];
}

function linesOf(path: string): string[] {
  return readFile("header", path).split(/\r?\n/).filter((line) => line.trim() !== "");
}

function readFile(flag: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw invalidOption(`--${flag}`, (error as Error).message, error);
  }
}
