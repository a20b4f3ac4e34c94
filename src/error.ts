/**
 * The reasons for errors, as a closed set: compare `error.code`, never the message. Messages may change in any release.
 *
 * | code | thrown by | when |
 * |---|---|---|
 * | `INVALID_EVENT` | `encodeEvent`, `encodeComment`, `publish`, `send` | a field would not reach a client unchanged |
 * | `EVENT_TOO_LARGE` | `EventStreamDecoder`, `publish` | an event exceeds `maxEventBytes` or `capacityBytes` |
 * | `INVALID_OPTION` | all functions | an option or argument, which the message names, is unknown or has a bad value |
 * | `HEADERS_SENT` | `handle`, `openEventStream`, `sendEventStream` | the response has already started |
 * | `CHANNEL_CLOSED` | channel, group, client, `EventStream`, `FileHistory` | it was closed, or its log was ended |
 * | `CLIENT_LEFT` | `EventStream`, its `signal` and that of a client | the client has left or was disconnected |
 * | `STREAM_REFUSED` | `follow` | the server answered something else than an event stream; `status` has its status |
 * | `STREAM_LOST` | `follow` | `retry.attempts` consecutive connections failed; `cause` has the last reason |
 * | `STREAM_SILENT` | `onConnection` of `follow` | the stream sent no byte for `silence`; the client reconnects |
 * | `TOO_MANY_CHANNELS` | `ChannelGroup.get` | the group has `maxChannels` channels |
 * | `RUN_IN_PROGRESS` | `ChannelGroup.run` | the topic has a run that has not ended |
 * | `INVALID_HISTORY` | `FileHistory.open`, `FileHistory.openToRead` | the file does not contain this log |
 * | `HISTORY_IN_USE` | `FileHistory.open`, `append` | another writer uses the file, of this process or another one |
 * | `LOG_UNAVAILABLE` | `SharedLog` | the store does not answer; nothing was stored, and the call can be repeated |
 * | `LOG_TIMEOUT` | `SharedLog.publish` | the store did not answer in time; the event may or may not be stored |
 * | `UNSAFE_DATA` | `BuildStore.open` | the folder is a link, belongs to another user, or is writable by others |
 * | `DATA_IN_USE` | `BuildStore.open` | another running server uses this folder |
 * | `PROJECT_NOT_FOUND` | `openProject`, `planBuild` | no such directory, or outside the roots (one error for both) |
 * | `NO_MANIFEST` | `openProject` | the directory has no `package.json` |
 * | `INVALID_MANIFEST` | `openProject` | `package.json` is not valid JSON, is too large, or is not an object |
 * | `NO_SCRIPT` | `planBuild` | `package.json` has no such script |
 * | `INVALID_VARIABLES` | `BuildApp` | the project's file of variables is readable by others, or has a wrong form |
 * | `MISSING_VARIABLES` | `BuildQueue` | the values of a build's variables are not stored, so it cannot be repeated |
 * | `ALREADY_BUILDING` | `BuildQueue.add` | this project is already queued or running; `buildId` names that build |
 * | `QUEUE_FULL` | `BuildQueue.add` | `queueLimit` builds are already queued |
 * | `BUILD_NOT_FOUND` | `BuildQueue` | no build has this id |
 * | `BUILD_ENDED` | `BuildQueue.cancel` | the build has already ended |
 * | `SHUTTING_DOWN` | `BuildQueue.add` | the queue was closed |
 */
export type TailcastErrorCode =
  | "INVALID_EVENT"
  | "EVENT_TOO_LARGE"
  | "INVALID_OPTION"
  | "HEADERS_SENT"
  | "CHANNEL_CLOSED"
  | "CLIENT_LEFT"
  | "STREAM_REFUSED"
  | "STREAM_LOST"
  | "STREAM_SILENT"
  | "TOO_MANY_CHANNELS"
  | "RUN_IN_PROGRESS"
  | "INVALID_HISTORY"
  | "HISTORY_IN_USE"
  | "LOG_UNAVAILABLE"
  | "LOG_TIMEOUT"
  | "UNSAFE_DATA"
  | "DATA_IN_USE"
  | "PROJECT_NOT_FOUND"
  | "NO_MANIFEST"
  | "INVALID_MANIFEST"
  | "NO_SCRIPT"
  | "INVALID_VARIABLES"
  | "MISSING_VARIABLES"
  | "ALREADY_BUILDING"
  | "QUEUE_FULL"
  | "BUILD_NOT_FOUND"
  | "BUILD_ENDED"
  | "SHUTTING_DOWN";

/** The only error class of the library. The message describes the failure and its remedy. */
export class TailcastError extends Error {
  override readonly name = "TailcastError";
  /** The reason; stable between releases. */
  readonly code: TailcastErrorCode;
  /** With `ALREADY_BUILDING`: the id of the build that is queued or running. */
  readonly buildId: string | undefined;
  /** With `STREAM_REFUSED`: the status of the response. */
  readonly status: number | undefined;

  constructor(
    code: TailcastErrorCode,
    message: string,
    options?: { cause?: unknown; buildId?: string; status?: number },
  ) {
    super(message, options);
    this.code = code;
    this.buildId = options?.buildId;
    this.status = options?.status;
  }
}

/**
 * Returns the error for an invalid option or argument.
 *
 * @param name - Its name as the caller wrote it: `capacity`, `--port`, `PORT`.
 * @param reason - Completes the sentence and says what to do, without a final full stop.
 */
export function invalidOption(name: string, reason: string, cause?: unknown): TailcastError {
  const shown = /^--|^[A-Z_]+$/.test(name) ? name : `"${name}"`;
  return new TailcastError("INVALID_OPTION", `Cannot use ${shown}: ${reason}`, { cause });
}

/** Names the type of a value for a message. The value itself may be long, or its conversion to text may throw. */
export function typeName(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return "an array";
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return "bytes";
  if (value instanceof Promise) return "a promise";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
