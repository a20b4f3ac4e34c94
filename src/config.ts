import { statSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { parseArgs } from "node:util";
import { MAX_DELAY } from "./check-options.ts";
import { TailcastError } from "./error.ts";

/** What the program was told to do, with every default filled in. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly roots: readonly string[];
  readonly concurrency: number;
  readonly queueLimit: number;
  /** Milliseconds; 0: no limit. */
  readonly timeout: number;
  /** Milliseconds; 0: no limit. */
  readonly silence: number;
  readonly nice: number;
  /** A path. */
  readonly data: string;
  readonly keep: number;
  /** Bytes. */
  readonly keepSize: number;
  /** Milliseconds. */
  readonly grace: number;
  /** Bytes. */
  readonly logLimit: number;
  /** Names of variables. */
  readonly mask: readonly string[];
  readonly maxClients: number;
  /** Milliseconds; 0: off. */
  readonly heartbeat: number;
  readonly capacity: number;
  readonly token: string | undefined;
  readonly allowedOrigins: readonly string[];
}

/** What the arguments ask for: a server, or a text. */
export type Invocation =
  { readonly kind: "run"; readonly config: Config } | { readonly kind: "help" } | { readonly kind: "version" };

interface Option {
  readonly flag: string;
  readonly variable: string;
  readonly value: string;
  readonly help: string;
  readonly multiple?: true;
}

/** Every option of the program: a flag, and an environment variable that counts when the flag is not given. */
const OPTIONS = [
  { flag: "port", variable: "PORT", value: "N", help: "port to listen on; 0 picks a free one (3000)" },
  { flag: "host", variable: "HOST", value: "ADDRESS", help: "address to listen on (127.0.0.1); others need a token" },
  {
    flag: "root",
    variable: "TAILCAST_ROOT",
    value: "DIR",
    help: `build only projects in or below DIR; repeatable, in the variable divided by "${delimiter}" (working directory)`,
    multiple: true,
  },
  { flag: "concurrency", variable: "TAILCAST_CONCURRENCY", value: "N", help: "builds that run at once (2)" },
  { flag: "queue-limit", variable: "TAILCAST_QUEUE_LIMIT", value: "N", help: "builds that may wait (20)" },
  {
    flag: "timeout",
    variable: "TAILCAST_TIMEOUT",
    value: "SECONDS",
    help: "longest time for a build; 0: no limit (1800)",
  },
  {
    flag: "silence",
    variable: "TAILCAST_SILENCE",
    value: "SECONDS",
    help: "longest time without output of a build; 0: no limit (0)",
  },
  { flag: "nice", variable: "TAILCAST_NICE", value: "N", help: "niceness of builds, 0 to 19 (0)" },
  {
    flag: "grace",
    variable: "TAILCAST_GRACE",
    value: "SECONDS",
    help: "how long builds may go on at a shutdown before they are cancelled (5)",
  },
  { flag: "data", variable: "TAILCAST_DATA", value: "DIR", help: "folder for builds and their logs (.tailcast)" },
  { flag: "keep", variable: "TAILCAST_KEEP", value: "N", help: "finished builds that are kept (20)" },
  {
    flag: "keep-size",
    variable: "TAILCAST_KEEP_SIZE",
    value: "MB",
    help: "size of their logs that is kept, in MiB; the newest always is (1024)",
  },
  {
    flag: "log-limit",
    variable: "TAILCAST_LOG_LIMIT",
    value: "MB",
    help: "how much of a build's output is kept, in MiB; beyond it, only the end of each step (100)",
  },
  {
    flag: "mask",
    variable: "TAILCAST_MASK",
    value: "NAME",
    help: "hide the value of NAME in logs; repeatable, in the variable divided by commas (variables like *_TOKEN)",
    multiple: true,
  },
  { flag: "max-clients", variable: "TAILCAST_MAX_CLIENTS", value: "N", help: "clients of each stream (1000)" },
  {
    flag: "heartbeat",
    variable: "TAILCAST_HEARTBEAT",
    value: "SECONDS",
    help: "longest silence on a stream; 0: off (15)",
  },
  {
    flag: "capacity",
    variable: "TAILCAST_CAPACITY",
    value: "N",
    help: "events that each stream keeps in memory (50000)",
  },
  { flag: "token", variable: "TAILCAST_TOKEN", value: "SECRET", help: "ask every request for this secret (none)" },
  {
    flag: "allowed-origin",
    variable: "TAILCAST_ALLOWED_ORIGIN",
    value: "ORIGIN",
    help: "let pages of ORIGIN use the API, and answer to its host name; repeatable, in the variable divided by commas (none)",
    multiple: true,
  },
] as const satisfies readonly Option[];

type Flag = (typeof OPTIONS)[number]["flag"];

/**
 * Reads the program's arguments and environment.
 *
 * @throws {TailcastError} `INVALID_OPTION` for an unknown flag or a bad value, naming it.
 */
export function readConfig(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Invocation {
  const flags = parse(args);
  if (flags["help"] === true) return { kind: "help" };
  if (flags["version"] === true) return { kind: "version" };

  const text = (flag: Flag): string | undefined => {
    const given = flags[flag] as string | undefined;
    // Most likely a variable of a shell that was not set, as in --token "$TOKEN": to go on without would be dangerous.
    if (given === "") throw invalid(`--${flag} is empty; give it a value, or leave it out`);
    return given ?? (env[variableOf(flag)] || undefined);
  };
  const list = (flag: Flag, divider: string): string[] => {
    const given = flags[flag] as string[] | undefined;
    if (given?.includes("") === true) throw invalid(`--${flag} is empty; give it a value, or leave it out`);
    return given ?? (env[variableOf(flag)] ?? "").split(divider).filter((part) => part !== "");
  };
  const integer = (flag: Flag, standard: number, min: number, max: number): number => {
    const given = text(flag);
    if (given === undefined) return standard;
    if (/^\d+$/.test(given) && Number(given) >= min && Number(given) <= max) return Number(given);
    throw invalid(`--${flag} (or ${variableOf(flag)}) must be a whole number from ${min} to ${max}, not "${given}"`);
  };
  const seconds = Math.floor(MAX_DELAY / 1000);
  const many = 1_000_000;

  const roots = list("root", delimiter);
  const config: Config = {
    port: integer("port", 3000, 0, 65_535),
    host: text("host") ?? "127.0.0.1",
    roots: roots.length > 0 ? roots.map(checkRoot) : [process.cwd()],
    concurrency: integer("concurrency", 2, 1, many),
    queueLimit: integer("queue-limit", 20, 0, many),
    timeout: integer("timeout", 1800, 0, seconds) * 1000,
    silence: integer("silence", 0, 0, seconds) * 1000,
    nice: integer("nice", 0, 0, 19),
    grace: integer("grace", 5, 0, seconds) * 1000,
    data: resolve(text("data") ?? ".tailcast"),
    keep: integer("keep", 20, 0, many),
    keepSize: integer("keep-size", 1024, 0, many) * 1024 * 1024,
    logLimit: integer("log-limit", 100, 1, many) * 1024 * 1024,
    mask: list("mask", ",").map(checkName),
    maxClients: integer("max-clients", 1000, 1, many),
    heartbeat: integer("heartbeat", 15, 0, seconds) * 1000,
    capacity: integer("capacity", 50_000, 1, many),
    token: text("token"),
    allowedOrigins: list("allowed-origin", ",").map(checkOrigin),
  };
  if (!["127.0.0.1", "::1", "localhost"].includes(config.host.toLowerCase()) && config.token === undefined) {
    throw invalid(`--host ${config.host} can be reached by others, who could run code here: set --token, too`);
  }
  return { kind: "run", config };
}

/** The text of `--help`. */
export function helpText(): string {
  const width = Math.max(...OPTIONS.map(({ flag, value }) => flag.length + value.length)) + 8;
  const options = OPTIONS.flatMap(({ flag, value, variable, help }) => {
    return [`${`  --${flag} ${value}`.padEnd(width)}${variable}`, `      ${help}`];
  });
  return [
    "Usage: tailcast [options]",
    "",
    "Serves a page that builds projects and shows every line live in every browser.",
    "",
    "Each option is a flag or an environment variable; the flag wins. Defaults are in parentheses.",
    "",
    ...options,
    "  --help",
    "  --version",
    "",
  ].join("\n");
}

function parse(args: readonly string[]): Readonly<Record<string, unknown>> {
  const options = Object.fromEntries(
    OPTIONS.map((option) => [option.flag, { type: "string" as const, multiple: "multiple" in option }]),
  );
  const switches = {
    help: { type: "boolean" as const, short: "h" },
    version: { type: "boolean" as const, short: "v" },
  };
  try {
    return parseArgs({ args: [...args], options: { ...options, ...switches }, strict: true }).values;
  } catch (cause) {
    // Node's message names the argument and says how to write it; its second sentence is about another parser mode.
    throw invalid((cause as Error).message.split(". ")[0] ?? "", cause);
  }
}

function checkRoot(root: string): string {
  const path = resolve(root);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path;
  throw invalid(`--root must be a directory: "${root}" is none`);
}

function checkName(name: string): string {
  if (!name.includes("=")) return name;
  // Not shown: it is most likely a name with its value.
  throw invalid('--mask must be the name of a variable, without "=" and its value');
}

function checkOrigin(origin: string): string {
  if (URL.canParse(origin) && new URL(origin).origin === origin) return origin;
  throw invalid(`--allowed-origin must be an origin such as https://ci.example, without a path, not "${origin}"`);
}

function variableOf(flag: Flag): string {
  return OPTIONS.find((option) => option.flag === flag)?.variable ?? "";
}

function invalid(message: string, cause?: unknown): TailcastError {
  return new TailcastError("INVALID_OPTION", message, { cause });
}
