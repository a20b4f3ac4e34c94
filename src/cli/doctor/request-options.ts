import { HEADER_OPTION, readHeaders, readOptionFile } from "../request-headers.ts";
import type { Arguments } from "../../arguments.ts";
import type { Option } from "../../command.ts";

/** The options of commands that read any event stream. They have no variables: a secret is for one address. */
export const REQUEST_OPTIONS: readonly Option<"header" | "token" | "data">[] = [
  HEADER_OPTION,
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
  const headers = readHeaders(args);
  const token = args.text("token");
  const data = args.text("data");
  const body = data?.startsWith("@") === true ? readOptionFile("data", data.slice(1)) : data;
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
