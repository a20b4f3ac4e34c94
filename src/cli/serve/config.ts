import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { MAX_DELAY } from "../../check-options.ts";
import { readVariables } from "./build-variables.ts";
import { invalidOption } from "../../error.ts";
import { isOrigin } from "../../http/origin.ts";
import { checkProxies } from "../../http/proxy-trust.ts";
import { logFormats } from "../../log-format.ts";
import { MAX_PIDS } from "../../runner/cgroup/open-cgroups.ts";
import { outputModes } from "../../runner/output/output-pipes.ts";
import { readCertificate } from "../../tls-server.ts";
import { readTokenFile } from "../../token-file.ts";
import { checkStrength, isLoopback } from "../../web/guards/token-strength.ts";
import { logLevels } from "../../web/monitoring/log-entry.ts";
import { NOTIFY_SECRET } from "./unknown-variables.ts";
import type { Arguments } from "../../arguments.ts";
import type { LogFormat } from "../../log-format.ts";
import type { Flag } from "./program-options.ts";
import type { OutputMode } from "../../runner/output/output-pipes.ts";
import type { TlsFiles } from "../../tls-server.ts";
import type { LogLevel } from "../../web/monitoring/log-entry.ts";

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
  /** Absolute paths. */
  readonly nodePath: readonly string[];
  /** An absolute path; `undefined` for the default. */
  readonly data: string | undefined;
  /** An absolute path, or `undefined`. */
  readonly projects: string | undefined;
  readonly notify: readonly string[];
  readonly notifySecret: string | undefined;
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

/**
 * Reads the options of the server.
 *
 * @throws {TailcastError} `INVALID_OPTION` for an invalid value, naming the option.
 */
export function readConfig(args: Arguments<Flag>): Config {
  const seconds = Math.floor(MAX_DELAY / 1000);
  const many = 1_000_000;

  const roots = args.list("root", delimiter);
  const data = args.text("data");
  const projects = args.text("projects");
  const file = args.text("notify-secret-file");
  const cgroup = args.text("cgroup");
  // As in an address of a browser: [::1].
  const host = (args.text("host") ?? "127.0.0.1").replace(/^\[(.+)\]$/, "$1");
  const isTokenNew = args.text("token") === "auto";
  const token = readSecret(args, "token");
  const config: Config = {
    port: args.integer("port", 3000, 0, 65_535),
    host,
    roots: roots.length > 0 ? roots.map((root) => checkFolder(args.nameOf("root"), root)) : [process.cwd()],
    concurrency: args.integer("concurrency", 2, 1, many),
    queueLimit: args.integer("queue-limit", 20, 0, many),
    timeout: args.integer("timeout", 1800, 0, seconds) * 1000,
    silence: args.integer("silence", 0, 0, seconds) * 1000,
    nice: args.integer("nice", 0, 0, 19),
    pids: args.integer("pids", 0, 0, MAX_PIDS),
    cgroup: cgroup === undefined || cgroup === "auto" ? cgroup : resolve(cgroup),
    output: args.choice("output", outputModes, "merged"),
    color: args.isOn("color"),
    env: readVariables(args.list("env-from", delimiter), args.list("env", "\n")),
    nodePath: args.list("node-path", delimiter).map((path) => checkFolder(args.nameOf("node-path"), path)),
    grace: args.integer("grace", 5, 0, seconds) * 1000,
    data: data === undefined ? undefined : resolve(data),
    projects: projects === undefined ? undefined : resolve(projects),
    notify: args.list("notify", " "),
    // Not a flag: other users of the machine can see the arguments of a program.
    notifySecret: file === undefined ? args.variable(NOTIFY_SECRET) : readTokenFile("notify-secret-file", file),
    keep: args.integer("keep", 20, 0, many),
    keepSize: args.integer("keep-size", 1024, 0, many) * 1024 * 1024,
    logLimit: args.integer("log-limit", 100, 1, many) * 1024 * 1024,
    mask: args.list("mask", ",").map((name) => checkName(args.nameOf("mask"), name)),
    tls: readTls(args.text("cert"), args.text("key")),
    maxClients: args.integer("max-clients", 1000, 1, many),
    maxClientsPerAddress: args.integer("max-clients-per-address", 500, 1, many),
    maxRequestsPerAddress: args.integer("max-requests-per-address", 2000, 1, many),
    logLevel: args.choice("log-level", logLevels, "warn"),
    logFormat: args.choice("log-format", logFormats, "text"),
    heartbeat: args.integer("heartbeat", 7, 0, seconds) * 1000,
    capacity: args.integer("capacity", 50_000, 1, many),
    token: isTokenNew ? randomBytes(24).toString("base64url") : token,
    isTokenNew,
    viewerToken: readSecret(args, "viewer-token"),
    sessionLifetime: args.integer("session-lifetime", 604_800, 1, seconds) * 1000,
    readOnly: args.isOn("read-only"),
    allowedOrigins: args.list("allowed-origin", ",").map((text) => checkOrigin(args.nameOf("allowed-origin"), text)),
    allowCredentials: args.isOn("allow-credentials"),
    trustProxy: readProxies(args.nameOf("trust-proxy"), args.text("trust-proxy") ?? "0"),
  };
  checkTokens(config);
  return config;
}

function readSecret(args: Arguments<Flag>, flag: "token" | "viewer-token"): string | undefined {
  const given = args.text(flag);
  const path = args.text(`${flag}-file`);
  if (given !== undefined && path !== undefined) {
    throw invalidOption(`--${flag}-file`, `--${flag} is set as well; use one`);
  }
  return path === undefined ? given : readTokenFile(`${flag}-file`, path);
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

function checkFolder(name: string, folder: string): string {
  const path = resolve(folder);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path;
  throw invalidOption(name, `"${folder}" is not a directory`);
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
