import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { parseArgs } from "node:util";
import { MAX_DELAY, checkChoice, checkInteger } from "./check-options.ts";
import { readVariables } from "./build-variables.ts";
import { TailcastError, invalidOption } from "./error.ts";
import { isOrigin } from "./http/origin.ts";
import { checkProxies } from "./http/proxy-trust.ts";
import { logFormats } from "./log-format.ts";
import { COMMANDS, OPTIONS } from "./program-options.ts";
import { MAX_PIDS } from "./runner/cgroup/open-cgroups.ts";
import { outputModes } from "./runner/output/output-pipes.ts";
import { readCertificate } from "./tls-server.ts";
import { readTokenFile } from "./token-file.ts";
import { checkStrength, isLoopback } from "./web/guards/token-strength.ts";
import { logLevels } from "./web/monitoring/log-entry.ts";
import type { LogFormat } from "./log-format.ts";
import type { CommandName, Flag } from "./program-options.ts";
import type { OutputMode } from "./runner/output/output-pipes.ts";
import type { TlsFiles } from "./tls-server.ts";
import type { LogLevel } from "./web/monitoring/log-entry.ts";

const EMPTY = "it is empty; give it a value, or leave it out";

/** The options of the program with every default filled in. */
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
  /** 0: no limit. */
  readonly pids: number;
  /** An absolute path, or `auto`; `undefined`: no cgroup, unless `pids` needs one. */
  readonly cgroup: string | undefined;
  readonly output: OutputMode;
  readonly color: boolean;
  /** Variables of builds. */
  readonly env: Readonly<Record<string, string>>;
  /** An absolute path; `undefined` for the default. */
  readonly data: string | undefined;
  readonly keep: number;
  /** Bytes. */
  readonly keepSize: number;
  /** Milliseconds. */
  readonly grace: number;
  /** Bytes. */
  readonly logLimit: number;
  /** Names of variables. */
  readonly mask: readonly string[];
  /** Without it, the server has no TLS. */
  readonly tls: TlsFiles | undefined;
  readonly maxClients: number;
  readonly maxClientsPerAddress: number;
  readonly maxRequestsPerAddress: number;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** Milliseconds; 0: off. */
  readonly heartbeat: number;
  readonly capacity: number;
  readonly token: string | undefined;
  /** Whether the program created the token, and therefore must print it. */
  readonly isTokenNew: boolean;
  readonly viewerToken: string | undefined;
  /** Milliseconds. */
  readonly sessionLifetime: number;
  readonly readOnly: boolean;
  readonly allowedOrigins: readonly string[];
  readonly allowCredentials: boolean;
  /** A number of proxies, or their addresses and ranges. */
  readonly trustProxy: number | readonly string[];
}

type AppOptions = Omit<Config, "port" | "color" | "tls" | "isTokenNew" | "logLevel" | "logFormat">;

/** The options that the program passes to `BuildApp` unchanged: all except those that only the program uses. */
export function appOptions(config: Config): AppOptions {
  const { port, color, tls, isTokenNew, logLevel, logFormat, ...options } = config;
  return options;
}

/** The sub-command to run, with its options if it has any. */
export type Invocation =
  { readonly kind: "serve"; readonly config: Config } | { readonly kind: Exclude<CommandName, "serve"> };

/**
 * Reads the program's arguments and environment.
 *
 * @throws {TailcastError} `INVALID_OPTION` for an unknown sub-command, an unknown flag or an invalid value, naming it.
 */
export function readConfig(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Invocation {
  const { flags, words } = parse(args);
  if (flags["help"] === true) return { kind: "help" };
  if (flags["version"] === true) return { kind: "version" };
  const kind = readCommand(words, flags);
  if (kind !== "serve") return { kind };

  /** The name of an option as the person wrote it, for messages. */
  const nameOf = (flag: Flag): string => (flags[flag] === undefined ? variableOf(flag) : `--${flag}`);
  const text = (flag: Flag): string | undefined => {
    const given = flags[flag] as string | undefined;
    // The value is probably an unset shell variable, as in --token "$TOKEN". Starting without the option would be
    // dangerous.
    if (given === "") throw invalidOption(`--${flag}`, EMPTY);
    return given ?? (env[variableOf(flag)] || undefined);
  };
  const list = (flag: Flag, divider: string): string[] => {
    const given = flags[flag] as string[] | undefined;
    if (given?.includes("") === true) throw invalidOption(`--${flag}`, EMPTY);
    return given ?? (env[variableOf(flag)] ?? "").split(divider).filter((part) => part !== "");
  };
  const integer = (flag: Flag, standard: number, min: number, max: number): number => {
    const given = text(flag);
    if (given === undefined) return standard;
    return checkInteger(nameOf(flag), /^\d+$/.test(given) ? Number(given) : given, { min, max });
  };
  const choice = <Choice extends string>(flag: Flag, choices: readonly Choice[], standard: Choice): Choice =>
    checkChoice(nameOf(flag), text(flag) ?? standard, choices);
  const isOn = (flag: Flag): boolean => {
    const variable = checkChoice(variableOf(flag), env[variableOf(flag)] || "0", ["0", "1"]);
    return flags[flag] === true || variable === "1";
  };
  const seconds = Math.floor(MAX_DELAY / 1000);
  const many = 1_000_000;

  const secret = (flag: "token" | "viewer-token"): string | undefined => {
    const given = text(flag);
    const path = text(`${flag}-file`);
    if (given !== undefined && path !== undefined) {
      throw invalidOption(`--${flag}-file`, `--${flag} is set as well; use one`);
    }
    return path === undefined ? given : readTokenFile(`${flag}-file`, path);
  };

  const roots = list("root", delimiter);
  const data = text("data");
  const cgroup = text("cgroup");
  // As in an address of a browser: [::1].
  const host = (text("host") ?? "127.0.0.1").replace(/^\[(.+)\]$/, "$1");
  const isTokenNew = text("token") === "auto";
  const token = secret("token");
  const config: Config = {
    port: integer("port", 3000, 0, 65_535),
    host,
    roots: roots.length > 0 ? roots.map((root) => checkRoot(nameOf("root"), root)) : [process.cwd()],
    concurrency: integer("concurrency", 2, 1, many),
    queueLimit: integer("queue-limit", 20, 0, many),
    timeout: integer("timeout", 1800, 0, seconds) * 1000,
    silence: integer("silence", 0, 0, seconds) * 1000,
    nice: integer("nice", 0, 0, 19),
    pids: integer("pids", 0, 0, MAX_PIDS),
    cgroup: cgroup === undefined || cgroup === "auto" ? cgroup : resolve(cgroup),
    output: choice("output", outputModes, "merged"),
    color: isOn("color"),
    env: readVariables(list("env-from", delimiter), list("env", "\n")),
    grace: integer("grace", 5, 0, seconds) * 1000,
    data: data === undefined ? undefined : resolve(data),
    keep: integer("keep", 20, 0, many),
    keepSize: integer("keep-size", 1024, 0, many) * 1024 * 1024,
    logLimit: integer("log-limit", 100, 1, many) * 1024 * 1024,
    mask: list("mask", ",").map((name) => checkName(nameOf("mask"), name)),
    tls: readTls(text("cert"), text("key")),
    maxClients: integer("max-clients", 1000, 1, many),
    maxClientsPerAddress: integer("max-clients-per-address", 500, 1, many),
    maxRequestsPerAddress: integer("max-requests-per-address", 2000, 1, many),
    logLevel: choice("log-level", logLevels, "warn"),
    logFormat: choice("log-format", logFormats, "text"),
    heartbeat: integer("heartbeat", 7, 0, seconds) * 1000,
    capacity: integer("capacity", 50_000, 1, many),
    token: isTokenNew ? randomBytes(24).toString("base64url") : token,
    isTokenNew,
    viewerToken: secret("viewer-token"),
    sessionLifetime: integer("session-lifetime", 604_800, 1, seconds) * 1000,
    readOnly: isOn("read-only"),
    allowedOrigins: list("allowed-origin", ",").map((origin) => checkOrigin(nameOf("allowed-origin"), origin)),
    allowCredentials: isOn("allow-credentials"),
    trustProxy: readProxies(nameOf("trust-proxy"), text("trust-proxy") ?? "0"),
  };
  checkTokens(config);
  return { kind, config };
}

/** Reads the sub-command. It refuses further words, and flags that the sub-command does not accept. */
function readCommand(words: readonly string[], flags: Readonly<Record<string, unknown>>): CommandName {
  const [word = "serve", surplus] = words;
  const names = Object.keys(COMMANDS) as CommandName[];
  const name = names.find((known) => known === word);
  if (name === undefined) throw invalid(`unknown sub-command "${word}"; the sub-commands are ${names.join(", ")}`);
  if (surplus !== undefined) throw invalid(`unexpected argument "${surplus}" after "${name}"`);
  const { options } = COMMANDS[name];
  const accepted: readonly string[] = options === "all" ? OPTIONS.map(({ flag }) => flag) : options;
  const refused = Object.keys(flags).find((flag) => !accepted.includes(flag));
  if (refused !== undefined) throw invalidOption(`--${refused}`, `${name} does not accept this option; leave it out`);
  return name;
}

function checkTokens({ token, viewerToken, host }: Config): void {
  if (token === undefined && !isLoopback(host)) {
    const reason = `${host} is reachable from other machines, which could run code here`;
    throw invalidOption("--host", `${reason}; set --token-file as well, or --token auto`);
  }
  if (viewerToken !== undefined && (token === undefined || viewerToken === token)) {
    throw invalidOption("--viewer-token", "it needs --token as well, and must differ from it");
  }
  if (token !== undefined) checkStrength("--token", token, host);
  if (viewerToken !== undefined) checkStrength("--viewer-token", viewerToken, host);
}

/** Splits the arguments into flags with their values, and words. */
function parse(args: readonly string[]): { flags: Readonly<Record<string, unknown>>; words: readonly string[] } {
  const options = Object.fromEntries(
    OPTIONS.map((option) => {
      if (option.value === "") return [option.flag, { type: "boolean" as const }];
      return [option.flag, { type: "string" as const, multiple: option.multiple === true }];
    }),
  );
  const switches = {
    help: { type: "boolean" as const, short: "h" },
    version: { type: "boolean" as const, short: "v" },
  };
  try {
    const parsed = parseArgs({ args: [...args], options: { ...options, ...switches }, allowPositionals: true });
    return { flags: parsed.values, words: parsed.positionals };
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

function checkRoot(name: string, root: string): string {
  const path = resolve(root);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path;
  throw invalidOption(name, `"${root}" is not a directory`);
}

function checkName(option: string, name: string): string {
  if (!name.includes("=")) return name;
  // The message does not show the text: it probably contains a name with its secret value.
  throw invalidOption(option, 'it must be the name of a variable, without "=" and its value');
}

function checkOrigin(name: string, origin: string): string {
  if (isOrigin(origin)) return origin;
  throw invalidOption(name, `it must be an origin such as https://ci.example, without a path, not "${origin}"`);
}

function readTls(cert: string | undefined, key: string | undefined): TlsFiles | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined) throw invalidOption("--key", "it needs --cert as well");
  if (key === undefined) throw invalidOption("--cert", "it needs --key as well");
  const files = { cert: resolve(cert), key: resolve(key) };
  // Read the files now, so that an unusable file is reported as an invalid option.
  readCertificate(files);
  return files;
}

function readProxies(name: string, text: string): number | readonly string[] {
  const proxies = /^\d{1,3}$/.test(text) ? Number(text) : text.split(",");
  checkProxies(name, proxies);
  return proxies;
}

function variableOf(flag: Flag): string {
  return OPTIONS.find((option) => option.flag === flag)?.variable ?? "";
}

function invalid(message: string, cause?: unknown): TailcastError {
  return new TailcastError("INVALID_OPTION", `Cannot read the arguments: ${message}`, { cause });
}
