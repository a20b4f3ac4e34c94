import { resolve } from "node:path";
import { MAX_DELAY, checkInteger, checkNames, checkTexts, checkValue, kinds } from "../check-options.ts";
import { invalidOption } from "../error.ts";
import { isOrigin } from "../http/origin.ts";
import { checkProxies } from "../http/proxy-trust.ts";
import { DEFAULT_HEARTBEAT } from "../channel/settings.ts";
import { checkNotify } from "./notify/check-notify.ts";
import { checkStrength } from "./guards/token-strength.ts";
import type { IncomingMessage } from "node:http";
import type { ChannelSettings } from "../channel/settings.ts";
import type { OptionNames } from "../check-options.ts";
import type { ProxyTrust } from "../http/proxy-trust.ts";
import type { FolderPlanner } from "../runner/planning/build-planner.ts";
import type { BuildQueueOptions } from "../runner/build-queue-options.ts";
import type { OpenBuilders } from "./builders/builders.ts";
import type { TokenOptions } from "./guards/token.ts";
import type { LogEntry } from "./monitoring/log-entry.ts";

/** The default lifetime of a session, in milliseconds. */
const WEEK = 7 * 24 * 60 * 60_000;

type QueueOption =
  | "concurrency"
  | "queueLimit"
  | "timeout"
  | "silence"
  | "nice"
  | "pids"
  | "cgroup"
  | "output"
  | "env"
  | "keep"
  | "keepSize"
  | "mask"
  | "maskValues"
  | "logLimit";

/** The options of a `BuildApp`. The options of its builds are those of a `BuildQueue`. */
export interface BuildAppOptions extends Pick<BuildQueueOptions, QueueOption> {
  /** The directories in or below which projects can be built. */
  roots: readonly string[];
  /**
   * The name or address that the server listens on. The `Host` header of a request must name it, `localhost`, an IP
   * address or an allowed origin. Default `127.0.0.1`.
   */
  host?: string | undefined;
  /**
   * The token that clients need; not empty, and hard to guess if `host` is reachable from other machines. Default: no
   * token is required.
   */
  token?: string | undefined;
  /**
   * A second token, for clients that may view builds, but not start or cancel them. It needs `token`. Default: none.
   */
  viewerToken?: string | undefined;
  /** The time for which a browser stays signed in, in milliseconds. Default 604 800 000 (7 days). */
  sessionLifetime?: number | undefined;
  /** Whether the server refuses to start and cancel builds. Default false. */
  readOnly?: boolean | undefined;
  /**
   * Origins of other pages that may use the API, e.g. `https://ci.example`. The server also accepts their hosts in
   * `Host`. Default: none.
   */
  allowedOrigins?: readonly string[] | undefined;
  /** Whether pages of allowed origins may send the session cookie. Default false. */
  allowCredentials?: boolean | undefined;
  /**
   * The proxies whose `X-Forwarded-For`, `X-Forwarded-Proto` and `Forwarded` headers the server trusts: the number of
   * proxies in front of the server, or their addresses and ranges, e.g. `10.0.0.0/8`. Default 0: no proxy.
   */
  trustProxy?: number | readonly string[] | undefined;
  /**
   * The folder where builds and their logs are stored. It is created if it does not exist. Default: builds are in
   * memory.
   */
  data?: string | undefined;
  /**
   * The file with settings of folders: their steps, variables and time limits, as JSON. Only this user, or root, may be
   * able to write it. It is read again when it has changed. Default: the app uses `package.json` alone.
   */
  projects?: string | undefined;
  /** The URLs that receive the record of each ended build as a POST. They need `notifySecret`. Default: none. */
  notify?: readonly string[] | undefined;
  /** The secret that signs these requests, at least 16 characters. */
  notifySecret?: string | undefined;
  /**
   * The time for which running builds may continue after `close` before they are cancelled, in milliseconds. Default 0.
   */
  grace?: number | undefined;
  /** The maximum number of clients of each stream. Default 1000. */
  maxClients?: number | undefined;
  /**
   * The maximum number of clients of each stream, and of logs as text, from one address; of IPv6, from one /64. Default
   * 500.
   */
  maxClientsPerAddress?: number | undefined;
  /** The maximum number of concurrent requests of one address, open streams included. Default 2000. */
  maxRequestsPerAddress?: number | undefined;
  /** The longest silence on a stream, in milliseconds; 0 turns heartbeats off. Default 7000. */
  heartbeat?: number | undefined;
  /** The number of events that each stream keeps in memory for clients that reconnect or lag. Default 50 000. */
  capacity?: number | undefined;
  /**
   * Folders that are an installation of Node.js (with `bin/node`), or hold several. A build uses one of them if its
   * project wants another version than the one on `PATH`. Default: only those of version managers such as nvm.
   */
  nodePath?: readonly string[] | undefined;
  /**
   * Describes how to build folders that are not JavaScript projects: with `make`, `cargo` or any other command. The app
   * calls it before it builds a folder below the roots. If it returns `undefined`, the app uses the folder's
   * `package.json`. Default: the app always uses `package.json`.
   */
  plan?: FolderPlanner | undefined;
  /**
   * Opens the queue and the streams of builds that other processes run. The options that only those processes need are
   * then errors, such as `concurrency`, `timeout`, `data` and `notify`. Default: this process runs the builds.
   */
  builders?: OpenBuilders | undefined;
  /** Called with every unexpected error of the server, which is answered 500. Default: errors are ignored. */
  onError?: ((error: unknown) => void) | undefined;
  /** Called for every completed request, and when a build is accepted, starts or ends. Default: no log. */
  onLog?: ((entry: LogEntry) => void) | undefined;
}

/** The options with every default filled in. */
export interface BuildAppSettings {
  /** The options of the queue, which checks them. */
  readonly builds: Pick<BuildQueueOptions, QueueOption>;
  readonly roots: readonly string[];
  readonly host: string;
  readonly token: string | undefined;
  readonly viewerToken: string | undefined;
  readonly sessionLifetime: number;
  readonly readOnly: boolean;
  readonly allowedOrigins: readonly string[];
  readonly allowCredentials: boolean;
  readonly trustProxy: ProxyTrust;
  readonly data: string | undefined;
  readonly projects: string | undefined;
  readonly notify: readonly string[];
  readonly notifySecret: string | undefined;
  readonly grace: number;
  readonly maxClients: number;
  readonly maxClientsPerAddress: number;
  readonly maxRequestsPerAddress: number;
  readonly heartbeat: number;
  readonly capacity: number;
  /** Absolute paths. */
  readonly nodePath: readonly string[];
  readonly plan: FolderPlanner;
  readonly builders: OpenBuilders | undefined;
  readonly onError: (error: unknown) => void;
  readonly onLog: (entry: LogEntry) => void;
}

const optionNames: OptionNames<BuildAppOptions> = {
  concurrency: true, queueLimit: true, timeout: true, silence: true, nice: true, pids: true, cgroup: true,
  output: true, env: true, keep: true, keepSize: true, mask: true, maskValues: true, logLimit: true,
  roots: true, host: true, token: true, viewerToken: true, sessionLifetime: true, readOnly: true,
  allowedOrigins: true, allowCredentials: true, trustProxy: true, data: true, projects: true,
  notify: true, notifySecret: true, grace: true, maxClients: true, maxClientsPerAddress: true,
  maxRequestsPerAddress: true, heartbeat: true, capacity: true, nodePath: true, plan: true, builders: true,
  onError: true, onLog: true,
};

/** The options that cannot be combined with `builders`: the process that runs the builds has them. */
export const LOCAL_OPTIONS = [
  "concurrency", "queueLimit", "timeout", "silence", "nice", "pids", "cgroup", "output", "keep", "keepSize", "mask",
  "maskValues", "logLimit", "data", "notify", "notifySecret",
] as const;

/** Checks the options and fills in the defaults. @throws {TailcastError} `INVALID_OPTION`, naming the option. */
export function buildAppSettings(options: BuildAppOptions): BuildAppSettings {
  checkNames(options, optionNames);
  const { host = "127.0.0.1", token, allowedOrigins = [], allowCredentials = false, grace = 0 } = options;
  const { data, projects, notify = [], notifySecret } = options;
  const { viewerToken, sessionLifetime = WEEK, readOnly = false } = options;
  const { maxClientsPerAddress = 500, maxRequestsPerAddress = 2000, onLog = () => undefined } = options;
  const { maxClients = 1000, heartbeat = DEFAULT_HEARTBEAT, capacity = 50_000 } = options;
  const { nodePath = [], plan = () => undefined, onError = () => undefined } = options;
  const { concurrency, queueLimit, timeout, silence, nice, pids, cgroup, output, env } = options;
  const { keep, keepSize, mask, maskValues, logLimit } = options;
  return {
    builds: {
      concurrency, queueLimit, timeout, silence, nice, pids, cgroup, output, env,
      keep, keepSize, mask, logLimit,
      maskValues: notifySecret === undefined ? maskValues : [...(maskValues ?? []), notifySecret],
    },
    roots: checkTexts("roots", options.roots),
    host: checkValue("host", host, kinds.filledText).toLowerCase(),
    ...checkTokens(token, viewerToken, host),
    sessionLifetime: checkInteger("sessionLifetime", sessionLifetime, { min: 1, max: MAX_DELAY }),
    readOnly: checkValue("readOnly", readOnly, kinds.boolean),
    allowedOrigins: checkTexts("allowedOrigins", allowedOrigins).map(checkOrigin),
    allowCredentials: checkValue("allowCredentials", allowCredentials, kinds.boolean),
    trustProxy: checkProxies("trustProxy", options.trustProxy ?? 0),
    data: data === undefined ? undefined : checkValue("data", data, kinds.filledText),
    projects: projects === undefined ? undefined : checkValue("projects", projects, kinds.filledText),
    ...checkNotify(checkTexts("notify", notify), notifySecret),
    grace: checkInteger("grace", grace, { min: 0, max: MAX_DELAY }),
    maxClients: checkInteger("maxClients", maxClients, { min: 1 }),
    maxClientsPerAddress: checkInteger("maxClientsPerAddress", maxClientsPerAddress, { min: 1 }),
    maxRequestsPerAddress: checkInteger("maxRequestsPerAddress", maxRequestsPerAddress, { min: 1 }),
    heartbeat,
    capacity,
    nodePath: checkTexts("nodePath", nodePath).map((path) => resolve(path)),
    plan: checkValue("plan", plan, kinds.function),
    builders: checkBuilders(options),
    onError: checkValue("onError", onError, kinds.function),
    onLog: checkValue("onLog", onLog, kinds.function),
  };
}

type StreamOption = "maxClients" | "maxClientsPerAddress" | "heartbeat" | "capacity" | "clientAddress" | "whenFull";

/** The options of the streams. */
export function streamOptions(settings: BuildAppSettings): Pick<ChannelSettings, StreamOption> {
  const { maxClients, maxClientsPerAddress, heartbeat, capacity } = settings;
  const clientAddress = (request: IncomingMessage): string => settings.trustProxy.clientOf(request).address;
  // Use "retry", because an EventSource never reconnects after a 503.
  return { maxClients, maxClientsPerAddress, heartbeat, capacity, clientAddress, whenFull: "retry" };
}

function checkBuilders({ builders, ...options }: BuildAppOptions): OpenBuilders | undefined {
  if (builders === undefined) return undefined;
  for (const name of LOCAL_OPTIONS) {
    if (options[name] !== undefined) throw invalidOption(name, 'with "builders", other processes run the builds');
  }
  return checkValue("builders", builders, kinds.function);
}

function checkTokens(token: string | undefined, viewerToken: string | undefined, host: string): TokenOptions {
  if (viewerToken !== undefined && (token === undefined || viewerToken === token)) {
    throw invalidOption("viewerToken", 'it needs "token" as well, and must differ from it');
  }
  for (const [name, value] of Object.entries({ token, viewerToken })) {
    if (value === undefined) continue;
    if (!checkValue(name, value, kinds.filledText).isWellFormed()) {
      throw invalidOption(name, "it must be well-formed Unicode: no client could send a lone surrogate");
    }
    checkStrength(name, value, host);
  }
  return { token, viewerToken };
}

function checkOrigin(origin: string): string {
  if (isOrigin(origin)) return origin;
  throw invalidOption("allowedOrigins", `${JSON.stringify(origin)} is not an origin such as "https://ci.example"`);
}
