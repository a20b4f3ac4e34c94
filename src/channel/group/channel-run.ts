import { checkNames, checkValue, kinds } from "../../check-options.ts";
import { encodeOption } from "../settings.ts";
import { callHook, reportError } from "../clients/hooks.ts";
import { pauseAfterSlice } from "../clients/time-slice.ts";
import { sendSource, stopSource } from "../stream-source.ts";
import type { OptionNames } from "../../check-options.ts";
import type { Channel } from "../channel.ts";
import type { PublishedEvent } from "../log/published-event.ts";
import type { StreamEvent, StreamSource } from "../stream-source.ts";

/** The size of events that wait for the history of a channel, in bytes, above which its source is not read. */
const MAX_UNFLUSHED = 1024 * 1024;

/** Returns the source of a run. The signal is aborted when the run is stopped: pass it to the model. */
type RunProducer = (run: { readonly signal: AbortSignal }) => StreamSource | Promise<StreamSource>;

/** The source of a run, or a function that returns it. */
export type RunSource = StreamSource | RunProducer;

/** The options of {@link ChannelGroup.run}. */
export interface RunOptions {
  /**
   * The type of the last event that the run publishes. Its data is the {@link RunOutcome}. Default `"end"`; `null`: no
   * event.
   */
  endEvent?: string | null | undefined;
  /** Stops the run when it is aborted, as `ChannelGroup.stop` does, e.g. `AbortSignal.timeout(600_000)`. */
  signal?: AbortSignal | undefined;
}

/** Why a run has ended: its source ended, the run was stopped or its channel closed, or its source failed. */
export type RunOutcome = "done" | "stopped" | "failed";

/** The end of a run. */
export interface RunEnd {
  readonly outcome: RunOutcome;
  /** The error of the source, if `outcome` is `"failed"`. */
  readonly error?: unknown;
}

/** A run that has started. */
export interface ChannelRun<Data = unknown> {
  readonly channel: Channel<Data>;
  /** Resolves when the run has ended. Never rejects. */
  readonly ended: Promise<RunEnd>;
}

/** Options of a run with their defaults. */
export interface RunSettings {
  readonly endEvent: string | null;
  readonly signal: AbortSignal | undefined;
}

const optionNames: OptionNames<RunOptions> = { endEvent: true, signal: true };

/** Checks the options of a run and fills in the defaults. @throws {TailcastError} `INVALID_OPTION` */
export function runSettings(options: RunOptions): RunSettings {
  checkNames(options, optionNames);
  const { endEvent = "end", signal } = options;
  if (endEvent !== null) encodeOption("endEvent", "an event type", { event: endEvent, data: "" });
  if (signal !== undefined) checkValue("signal", signal, kinds.abortSignal);
  return { endEvent, signal };
}

/**
 * Publishes a source to a channel, then ends the channel. When `signal` is aborted, it stops the source, and does not
 * wait for it. If that happened before the call, the source is not started. Never rejects.
 */
export async function publishRun<Data>(
  channel: Channel<Data>,
  source: RunSource,
  signal: AbortSignal,
  endEvent: string | null,
): Promise<RunEnd> {
  const stopped = new Promise<RunEnd>((resolve) => {
    const stop = (): void => resolve({ outcome: "stopped" });
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  const end = await Promise.race([publishSource(channel, source, signal), stopped]);
  if (end.outcome === "failed") reportError(channel, "run", end.error);
  // The application may have ended or closed the channel.
  if (channel.state !== "open") return end;
  // The event may exceed `capacityBytes`.
  if (endEvent !== null) callHook(channel, "run", () => channel.publish({ event: endEvent, data: end.outcome }));
  callHook(channel, "run", () => channel.end());
  return end;
}

async function publishSource<Data>(channel: Channel<Data>, source: RunSource, signal: AbortSignal): Promise<RunEnd> {
  if (signal.aborted) {
    stopSource(source);
    return { outcome: "stopped" };
  }
  const publish = async (event: StreamEvent): Promise<void> => {
    // The channel refuses an event without data.
    channel.publish(event as PublishedEvent | string);
    // If the history fails, the channel continues in memory, and so does the run.
    if (channel.unflushedBytes > MAX_UNFLUSHED) await channel.flushed().catch(() => undefined);
    await pauseAfterSlice();
  };
  try {
    await sendSource(typeof source === "function" ? await source({ signal }) : source, publish, signal);
    return { outcome: "done" };
  } catch (error) {
    return signal.aborted || channel.state !== "open" ? { outcome: "stopped" } : { outcome: "failed", error };
  }
}
