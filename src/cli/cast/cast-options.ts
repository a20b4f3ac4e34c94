import { randomBytes } from "node:crypto";
import { invalidOption } from "../../error.ts";
import { checkStrength, isLoopback } from "../../web/guards/token-strength.ts";
import { TOKEN_FILE_OPTION, readToken } from "../token-option.ts";
import type { Arguments } from "../../arguments.ts";
import type { Option } from "../../command.ts";

/** The options of `tailcast run` and `tailcast pipe`. `PORT` and `HOST` belong to the command. */
export const CAST_OPTIONS: readonly Option[] = [
  { flag: "port", value: "N", help: "port to listen on; 0 picks a free port (0)" },
  {
    flag: "host",
    value: "ADDRESS",
    help: "address to listen on; any but a loopback address needs a token (127.0.0.1)",
  },
  {
    flag: "token",
    variable: "TAILCAST_TOKEN",
    value: "SECRET",
    help: "require this token from browsers; auto: create one (none)",
  },
  TOKEN_FILE_OPTION,
  {
    flag: "allowed-origin",
    value: "ORIGIN",
    help: "accept the host name of ORIGIN, e.g. http://laptop:8080; repeatable (none)",
    multiple: true,
  },
  { flag: "name", value: "NAME", help: "the name on the page (run: the command; pipe: pipe)" },
  { flag: "linger", value: "SECONDS", help: "how long the page stays after the end; a signal ends it (0)" },
  {
    flag: "log-limit",
    value: "MIB",
    help: "size limit of the log on the page, in MiB; beyond it, only the end of the output is kept (100)",
  },
];

/** The values of {@link CAST_OPTIONS}. */
export interface CastConfig {
  readonly port: number;
  readonly host: string;
  readonly token: string | undefined;
  readonly allowedOrigins: readonly string[];
  readonly name: string | undefined;
  /** Milliseconds. */
  readonly linger: number;
  /** Bytes. */
  readonly logLimit: number;
}

/** Reads {@link CAST_OPTIONS}. @throws {TailcastError} `INVALID_OPTION` */
export function readCastConfig(args: Arguments): CastConfig {
  const host = (args.text("host") ?? "127.0.0.1").replace(/^\[(.+)\]$/, "$1");
  const given = readToken(args);
  const token = given === "auto" ? randomBytes(24).toString("base64url") : given;
  if (token === undefined && !isLoopback(host)) {
    const reason = `${host} is reachable from other machines, which could read the output`;
    throw invalidOption("--host", `${reason}; set --token-file as well, or --token auto`);
  }
  if (token !== undefined) checkStrength("--token", token, host);
  return {
    port: args.integer("port", 0, 0, 65_535),
    host,
    token,
    allowedOrigins: args.list("allowed-origin", ","),
    name: args.text("name"),
    linger: args.integer("linger", 0, 0, 1_000_000) * 1000,
    logLimit: args.integer("log-limit", 100, 1, 1_000_000) * 1024 * 1024,
  };
}
