import { randomBytes } from "node:crypto";
import { checkInteger, checkNames, checkValue, kinds } from "../check-options.ts";
import { checkTimeout } from "./contract-check.ts";
import { LogRecorder } from "./log-recorder.ts";
import type { OptionNames } from "../check-options.ts";
import type { SharedLog } from "../channel/history/shared-log.ts";
import type { Kit } from "./contract-check.ts";

/** How the checks use an implementation of {@link SharedLog}. */
export interface SharedLogContractOptions {
  /**
   * Opens the log of a topic, which is empty if the topic is new. Further calls with the same topic open it as another
   * process would, so that the logs know of each other only through their store. The checks close the logs.
   *
   * @param topic - Lowercase letters, digits and hyphens.
   */
  readonly open: (topic: string) => Promise<SharedLog>;
  /**
   * Does the same for a log that keeps only the newest events: at most 3000. Without it, the checks about removed
   * events are omitted.
   */
  readonly openSmall?: ((topic: string) => Promise<SharedLog>) | undefined;
  /**
   * Makes the store lose a log, like a server that has lost its data. Without it, the checks about another epoch are
   * omitted.
   */
  readonly lose?: ((topic: string, log: SharedLog) => Promise<void>) | undefined;
  /**
   * Makes the store unavailable to a log, and returns a function that makes it available again. Without it, the checks
   * about an unavailable store are omitted.
   */
  readonly interrupt?: ((log: SharedLog) => Promise<() => unknown>) | undefined;
  /**
   * Opens a log again in the process of `log`, which may be closed. Without it, the checks about two logs of one
   * process are omitted.
   */
  readonly reopen?: ((topic: string, log: SharedLog) => Promise<SharedLog>) | undefined;
  /** The maximum size of an event in bytes, if the logs have one. */
  readonly maxEventBytes?: number | undefined;
  /** The longest duration of one check, in milliseconds. Default 10 000. */
  readonly timeout?: number | undefined;
}

const optionNames: OptionNames<SharedLogContractOptions> = {
  open: true, openSmall: true, lose: true, interrupt: true, reopen: true, maxEventBytes: true, timeout: true,
};

/** @throws {TailcastError} `INVALID_OPTION`, naming the option. */
export function checkLogOptions(options: SharedLogContractOptions): void {
  checkNames(options, optionNames);
  const { open, openSmall, lose, interrupt, reopen, maxEventBytes, timeout } = options;
  checkValue("open", open, kinds.function);
  for (const [name, value] of Object.entries({ openSmall, lose, interrupt, reopen })) {
    if (value !== undefined) checkValue(name, value as unknown, kinds.function);
  }
  if (maxEventBytes !== undefined) checkInteger("maxEventBytes", maxEventBytes, { min: 1, orInfinity: true });
  checkTimeout(timeout);
}

/** The logs of one check. */
export class LogKit implements Kit {
  readonly options: SharedLogContractOptions;
  readonly topic: string;
  /** Aborted when the check is over. */
  readonly signal: AbortSignal;
  readonly #logs: SharedLog[] = [];

  constructor(options: SharedLogContractOptions, signal: AbortSignal) {
    this.options = options;
    this.signal = signal;
    this.topic = `contract-${randomBytes(6).toString("hex")}`;
  }

  /** Opens the log of this check once more. */
  async open(): Promise<SharedLog> {
    return this.#keep(await this.options.open(this.topic));
  }

  /** Opens the log of this check again in the process of `log`. Only for checks that `reopen` enables. */
  async reopen(log: SharedLog): Promise<SharedLog> {
    const { open, reopen = open } = this.options;
    return this.#keep(await reopen(this.topic, log));
  }

  /** Opens a log that keeps few events once more. Only for checks that `openSmall` enables. */
  async openSmall(): Promise<SharedLog> {
    const { open, openSmall = open } = this.options;
    return this.#keep(await openSmall(this.topic));
  }

  /** Follows a log. */
  follow(log: SharedLog): LogRecorder {
    return new LogRecorder(log, this.signal);
  }

  async close(): Promise<void> {
    await Promise.all(this.#logs.map((log) => log.close()));
  }

  #keep(log: SharedLog): SharedLog {
    this.#logs.push(log);
    return log;
  }
}

/** Publishes events one after another, and returns their ids. */
export async function publishAll(log: SharedLog, events: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const event of events) ids.push(await log.publish(event));
  return ids;
}
