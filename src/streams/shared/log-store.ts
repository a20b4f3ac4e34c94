import { checkValue, hasMethod } from "../../check-options.ts";
import { TailcastError } from "../../error.ts";
import type { Kind } from "../../check-options.ts";
import type { SharedLog } from "../../channel/history/shared-log.ts";

/** Opens shared logs by topic. `RedisLogs` is one. */
export interface LogStore {
  /**
   * Opens the log of a topic, which is empty if no process has used it. The caller closes it. Each call must return a
   * separate log: closing it has no effect on the logs of other calls, even with the same topic.
   *
   * @throws {TailcastError} (as a rejection) `LOG_UNAVAILABLE` when the store does not answer.
   */
  open(topic: string): Promise<SharedLog>;
}

/** The topic with the states of all builds. The log of a build has the build's id as topic. */
export const STATES_TOPIC = "builds";

/** The topic with the feed of all builds. */
export const FEED_TOPIC = "feed";

/** The topic with requests to cancel a build. The data of an event is the id of the build. */
export const CANCEL_TOPIC = "cancel";

const logStore: Kind = { description: "an object with a method open", includes: (value) => hasMethod(value, "open") };

/** @throws {TailcastError} `INVALID_OPTION` when the value is not a store. */
export function checkLogStore(logs: LogStore): void {
  checkValue("logs", logs, logStore);
}

/** Whether a failure of a store may be temporary, so that the call can be repeated. */
export function isOutage(error: unknown): boolean {
  return error instanceof TailcastError && (error.code === "LOG_UNAVAILABLE" || error.code === "LOG_TIMEOUT");
}
