import { checkChoice, checkNames, checkValue, kinds } from "../check-options.ts";
import { checkBacklog } from "./settings.ts";
import type { OptionNames } from "../check-options.ts";
import type { EventLog } from "./log/event-log.ts";
import type { ReaderRange } from "./log/log-reader.ts";
import type { ReadOptions } from "./options.ts";

const optionNames: OptionNames<ReadOptions> = { lastEventId: true, backlog: true, until: true, signal: true };

/**
 * Checks the options of `read`, and returns where the reader starts and ends in the log.
 *
 * @param defaultBacklog - The `backlog` of the channel.
 * @throws {TailcastError} `INVALID_OPTION`, naming the option.
 */
export function readerRange(options: ReadOptions, log: EventLog, defaultBacklog: number): ReaderRange {
  checkNames(options, optionNames);
  const { lastEventId = "", backlog, until = "end", signal } = options;
  checkChoice("until", until, ["end", "now"]);
  checkValue("lastEventId", lastEventId, kinds.text);
  if (signal !== undefined) checkValue("signal", signal, kinds.abortSignal);
  const newest = backlog === undefined ? defaultBacklog : checkBacklog(backlog);
  const position = lastEventId === "" ? log.positionFor(newest) : log.locate(lastEventId);
  return { lastEventId, position, epoch: log.epoch, end: until === "now" ? log.published + 1 : Infinity };
}
