/**
 * tailcast: Server-Sent Events for `node:http`, and a build runner that shows every line live in every browser.
 *
 * @module
 */
export { TailcastError } from "./error.ts";
export type { TailcastErrorCode } from "./error.ts";

export { MAX_RETRY, encodeComment, encodeEvent } from "./protocol/encode.ts";
export type { EventFields } from "./protocol/encode.ts";
export { DEFAULT_MAX_EVENT_BYTES, EventStreamDecoder } from "./protocol/decode.ts";
export type { DecodedEvent, EventStreamDecoderOptions } from "./protocol/decode.ts";
export { MAX_EVENT_ID_BYTES, assertEventId } from "./protocol/event-id.ts";
export { decodeEventStream } from "./protocol/decode-stream.ts";

export { Channel } from "./channel/channel.ts";
export type { ClientOptions, CloseOptions, FetchClientOptions } from "./channel/channel.ts";
export type { ChannelClient, CloseReason, Outcome } from "./channel/client.ts";
export { openEventStream } from "./channel/event-stream.ts";
export type { EventStream, EventStreamOptions } from "./channel/event-stream.ts";
export { FileHistory } from "./channel/file-history.ts";
export type { ChannelHistory, HistoryPiece, HistoryReader } from "./channel/history.ts";
export type { Gap, GapReason } from "./channel/gap.ts";
export type { PublishedEvent } from "./channel/log.ts";
export type { ChannelOptions } from "./channel/options.ts";
export type { ChannelStatistics } from "./channel/statistics.ts";

export { BuildQueue } from "./build/build-queue.ts";
export type { BuildQueueOptions, QueueCloseOptions } from "./build/build-queue.ts";
export { BuildStore } from "./build/build-store.ts";
export type { StoredBuild } from "./build/build-store.ts";
export { buildEnvironment } from "./build/environment.ts";
export type { DirectoryPin } from "./build/directory-pin.ts";
export type { BuildChangedEvent, BuildEndEvent, BuildEvent, BuildLineEvent, OutputStream } from "./build/events.ts";
export type { Environment } from "./build/find-program.ts";
export { endOrphans } from "./build/orphans.ts";
export type { OrphanReport, OrphanSearch } from "./build/orphans.ts";
export type { BuildInputs, InstallMode } from "./build/inputs.ts";
export { planBuild } from "./build/plan.ts";
export type { Plan, PlanOptions, Step } from "./build/plan.ts";
export type { ProcessIdentity } from "./build/process-identity.ts";
export { openProject } from "./build/project.ts";
export type { JsonObject } from "./build/manifest.ts";
export type { Project, ProjectFolder } from "./build/project.ts";
export type { BuildRecord, BuildStatus, StepRecord, StepStatus } from "./build/record.ts";

export { BuildApp } from "./web/build-app.ts";
export type { BuildAppOptions, FolderPlanner } from "./web/build-app-options.ts";
