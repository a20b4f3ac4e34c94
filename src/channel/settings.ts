import { randomBytes } from "node:crypto";
import { MAX_DELAY, checkChoice, checkInteger, checkNames, checkTexts, checkValue, kinds } from "../check-options.ts";
import { invalidOption } from "../error.ts";
import { isOrigin } from "../http/origin.ts";
import { encodeComment, encodeEvent } from "../protocol/encode.ts";
import { isEpoch } from "../protocol/sequence-id.ts";
import { socketAddress } from "./clients/hooks.ts";
import type { IncomingMessage } from "node:http";
import type { OptionNames } from "../check-options.ts";
import type { EventFields } from "../protocol/encode.ts";
import type { CorsOptions } from "./connections/cors.ts";
import type { ChannelHistory, EventStore } from "./history/history.ts";
import type { SharedLog } from "./history/shared-log.ts";
import type { ChannelOptions, CloseOptions } from "./options.ts";

/** The default reconnection time, in milliseconds. */
export const DEFAULT_RETRY = 2000;

/** The default of the option `deadline` of `close`, in milliseconds. */
export const DEFAULT_DEADLINE = 5000;

/**
 * The longest silence on a stream, in milliseconds. `Bun.serve` ends a silent response after 10 s, counted in steps of
 * four seconds, so perhaps after 8 s; others wait longer (Heroku 55 s, nginx and AWS load balancers 60 s).
 */
export const DEFAULT_HEARTBEAT = 7000;

/** The options of a channel with every default filled in. */
export interface ChannelSettings {
  readonly capacity: number;
  readonly capacityBytes: number;
  /** `Infinity`: all kept events. */
  readonly backlog: number;
  readonly heartbeat: number;
  /** The text of a heartbeat. */
  readonly heartbeatText: string;
  readonly retry: number | null;
  readonly maxClients: number;
  readonly maxClientsPerAddress: number;
  readonly clientAddress: (request: IncomingMessage) => string;
  readonly whenFull: "retry" | "reject";
  readonly retryAfter: number;
  readonly stallTimeout: number;
  readonly maxConnectionAge: number;
  readonly coalesce: number;
  readonly maxCatchUps: number;
  readonly compress: boolean;
  /** Includes HEAD when it includes GET. */
  readonly methods: readonly string[];
  readonly accept: "strict" | "ignore";
  readonly cors: CorsOptions | undefined;
  readonly history: ChannelHistory | undefined;
  readonly log: SharedLog | undefined;
  /** The history or the shared log: it has the events that are not in memory. */
  readonly store: EventStore | undefined;
  readonly epoch: string;
}

const optionNames: OptionNames<ChannelOptions> = {
  capacity: true, capacityBytes: true, backlog: true, heartbeat: true, heartbeatEvent: true, retry: true,
  maxClients: true, maxClientsPerAddress: true, clientAddress: true, whenFull: true, retryAfter: true,
  stallTimeout: true, maxConnectionAge: true, coalesce: true, maxCatchUps: true, compress: true, methods: true,
  accept: true, cors: true, history: true, log: true, uniqueEpoch: true, epoch: true,
  onConnect: true, onDisconnect: true, onGap: true,
};

/** The names of the options of `close`. */
export const closeOptionNames: OptionNames<CloseOptions> = { retry: true, deadline: true };

/** The range of a delay that jitter can double: at most half of the longest delay. */
const JITTERED_DELAY = { min: 0, max: (MAX_DELAY - 1) / 2 };

/** Checks every option and fills in the defaults. @throws {TailcastError} `INVALID_OPTION`, naming the option. */
export function channelSettings<Data>(options: ChannelOptions<Data>): ChannelSettings {
  checkNames(options, optionNames);
  const delay = { min: 0, max: MAX_DELAY };
  const count = { min: 1, orInfinity: true };
  const {
    capacity = 1000,
    capacityBytes = 16 * 1024 * 1024,
    backlog = 0,
    heartbeat = DEFAULT_HEARTBEAT,
    heartbeatEvent,
    retry = DEFAULT_RETRY,
    maxClients = 10_000,
    maxClientsPerAddress = Infinity,
    clientAddress = socketAddress,
    whenFull = "retry",
    retryAfter = 5000,
    stallTimeout = 60_000,
    maxConnectionAge = 0,
    coalesce = 0,
    maxCatchUps = 16,
    compress = false,
    methods = ["GET"],
    accept = "strict",
    cors,
    history,
    log,
    onConnect,
    onDisconnect,
    onGap,
  } = options;
  for (const [name, hook] of Object.entries({ onConnect, onDisconnect, onGap })) {
    if (hook !== undefined) checkValue(name, hook, kinds.function);
  }
  return {
    capacity: checkInteger("capacity", capacity, count),
    capacityBytes: checkInteger("capacityBytes", capacityBytes, { min: 1 }),
    backlog: checkBacklog(backlog),
    heartbeat: checkInteger("heartbeat", heartbeat, delay),
    heartbeatText: heartbeatEvent === undefined ? encodeComment("") : checkHeartbeat(heartbeatEvent),
    retry: retry === null ? null : checkInteger("retry", retry, JITTERED_DELAY),
    maxClients: checkInteger("maxClients", maxClients, count),
    maxClientsPerAddress: checkInteger("maxClientsPerAddress", maxClientsPerAddress, count),
    clientAddress: checkValue("clientAddress", clientAddress, kinds.function),
    whenFull: checkChoice("whenFull", whenFull, ["retry", "reject"]),
    retryAfter: checkInteger("retryAfter", retryAfter, JITTERED_DELAY),
    stallTimeout: checkInteger("stallTimeout", stallTimeout, delay),
    maxConnectionAge: checkInteger("maxConnectionAge", maxConnectionAge, delay),
    coalesce: checkInteger("coalesce", coalesce, delay),
    maxCatchUps: checkInteger("maxCatchUps", maxCatchUps, { min: 1 }),
    compress: checkValue("compress", compress, kinds.boolean),
    methods: checkMethods(methods),
    accept: checkChoice("accept", accept, ["strict", "ignore"]),
    cors: cors === undefined ? undefined : checkCors(cors),
    history: history === undefined ? undefined : checkHistory(history),
    log: log === undefined ? undefined : checkLog(log),
    store: history ?? log,
    epoch: epochOf(options),
  };
}

/** Checks the options of `close`, and returns them. @throws {TailcastError} `INVALID_OPTION`, naming the option. */
export function checkCloseOptions(options: CloseOptions): CloseOptions {
  checkNames(options, closeOptionNames);
  const { retry, deadline } = options;
  if (retry !== undefined) checkInteger("retry", retry, JITTERED_DELAY);
  if (deadline !== undefined) checkInteger("deadline", deadline, { min: 0, max: MAX_DELAY });
  return options;
}

/** Checks the option `backlog`. @throws {TailcastError} `INVALID_OPTION` */
export function checkBacklog(backlog: unknown): number {
  return backlog === "all" ? Infinity : checkInteger("backlog", backlog, { min: 0, orInfinity: true });
}

type EpochOptions = Pick<ChannelOptions, "history" | "log" | "epoch" | "uniqueEpoch">;

function epochOf({ history, log, epoch, uniqueEpoch }: EpochOptions): string {
  if (log !== undefined) {
    for (const [name, value] of Object.entries({ history, epoch, uniqueEpoch })) {
      if (value !== undefined) throw invalidOption(name, "the log stores the events and gives their ids; leave it out");
    }
    return checkEpoch("log.epoch", log.epoch);
  }
  if (history === undefined) {
    if (epoch !== undefined) {
      const problem = "a log in memory starts empty each time, so a fixed epoch would give old ids to new events";
      const remedy = 'leave it out, give a history, or pass a new name each time as "uniqueEpoch"';
      throw invalidOption("epoch", `${problem}; ${remedy}`);
    }
    return checkEpoch("uniqueEpoch", uniqueEpoch ?? randomBytes(5).toString("hex"));
  }
  const own = checkEpoch("history.epoch", history.epoch);
  if (uniqueEpoch !== undefined) throw invalidOption("uniqueEpoch", "the history determines the epoch; leave it out");
  if (epoch !== undefined && epoch !== own) throw invalidOption("epoch", "it is not that of the history; leave it out");
  return own;
}

/** Checks the properties of a history. */
function checkHistory(history: ChannelHistory): ChannelHistory {
  const { start, end, read, append, close } = checkValue("history", history, kinds.object);
  if ("then" in history) {
    throw invalidOption("history", "it is a promise; await it, as in `history: await FileHistory.open(path, epoch)`");
  }
  checkInteger("history.end", end, { min: 1 });
  if (start !== undefined) checkInteger("history.start", start, { min: 1, max: end });
  checkValue("history.read", read, kinds.function);
  if (append !== undefined) checkValue("history.append", append, kinds.function);
  if (close !== undefined) checkValue("history.close", close, kinds.function);
  return history;
}

/** Checks the properties of a shared log. */
function checkLog(log: SharedLog): SharedLog {
  const { start, end, read, follow, refresh } = checkValue("log", log, kinds.object);
  if ("then" in log) throw invalidOption("log", "it is a promise; await it");
  checkInteger("log.end", end, { min: 1 });
  checkInteger("log.start", start, { min: 1, max: end });
  for (const [name, method] of Object.entries({ read, follow, refresh })) {
    checkValue(`log.${name}`, method, kinds.function);
  }
  return log;
}

/** Checks the name of a log. @throws {TailcastError} `INVALID_OPTION`, naming the option. */
export function checkEpoch(name: string, epoch: unknown): string {
  if (typeof epoch === "string" && isEpoch(epoch)) return epoch;
  throw invalidOption(name, "it must be 1 to 128 letters, digits or . _ ~ -");
}

function checkMethods(methods: readonly string[]): readonly string[] {
  for (const method of checkTexts("methods", methods)) {
    if (!/^[A-Z]+$/.test(method)) throw invalidOption("methods", `"${method}" is not a method in capital letters`);
  }
  if (methods.length === 0) throw invalidOption("methods", "it is empty, so no request could open a stream");
  const others = methods.filter((method) => method !== "GET" && method !== "HEAD");
  return methods.includes("GET") ? ["GET", "HEAD", ...others] : others;
}

function checkCors(cors: CorsOptions): CorsOptions {
  const { origins, credentials = false } = checkValue("cors", cors, kinds.object);
  checkValue("cors.credentials", credentials, kinds.boolean);
  for (const origin of checkTexts("cors.origins", origins)) {
    if (origin === "*" || isOrigin(origin)) continue;
    throw invalidOption("cors.origins", `"${origin}" is not an origin such as "https://app.example"`);
  }
  if (credentials && origins.includes("*")) {
    throw invalidOption("cors.credentials", 'browsers refuse credentials for "*"; list the origins');
  }
  return { origins, credentials };
}

function checkHeartbeat(event: string): string {
  return encodeOption("heartbeatEvent", "an event type", { event, data: "" });
}

/**
 * Encodes an option whose value becomes part of the stream.
 *
 * @param kind - The second half of a sentence that begins with `it must be`.
 * @throws {TailcastError} `INVALID_OPTION`, naming the option.
 */
export function encodeOption(name: string, kind: string, fields: EventFields): string {
  try {
    return encodeEvent(fields);
  } catch (cause) {
    throw invalidOption(name, `it must be ${kind} (${(cause as Error).message})`, cause);
  }
}
