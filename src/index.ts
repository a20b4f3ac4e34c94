/**
 * tailcast: Server-Sent Events for `node:http`, and a build server that shows the output of builds live in every
 * browser.
 *
 * @module
 */
export * from "./protocol/index.ts";
export * from "./client/index.ts";

export { Channel } from "./channel/channel.ts";
export { ChannelGroup } from "./channel/group/channel-group.ts";
export type { ChannelGroupOptions, ChannelGroupStatistics } from "./channel/group/channel-group-options.ts";
export type { ChannelRun, RunEnd, RunOptions, RunOutcome, RunSource } from "./channel/group/channel-run.ts";
export type { ChannelState } from "./channel/channel-state.ts";
export { closeOnSignal } from "./channel/close-on-signal.ts";
export type { ClosableServer, ClosableStreams, CloseOnSignalOptions } from "./channel/close-on-signal.ts";
export type { ChannelClient, ClientStart, CloseReason } from "./channel/clients/client.ts";
export type { EventStream } from "./channel/event-stream.ts";
export type { EventStreamOptions } from "./channel/event-stream-options.ts";
export { openEventStream, sendEventStream } from "./channel/open-event-stream.ts";
export { respondEventStream } from "./channel/respond-event-stream.ts";
export type { StreamProducer } from "./channel/stream-producer.ts";
export type { ReadableSource, StreamEvent, StreamSource } from "./channel/stream-source.ts";
export { FileHistory } from "./channel/history/file-history.ts";
export type { ChannelHistory, HistoryPiece, HistoryReader } from "./channel/history/history.ts";
export { MemoryLog } from "./channel/history/memory-log.ts";
export type { MemoryLogOptions } from "./channel/history/memory-log.ts";
export type { LogFollower, SharedLog, StoredEvents } from "./channel/history/shared-log.ts";
export type { Gap, GapReason } from "./channel/log/gap.ts";
export type { PublishedEvent } from "./channel/log/published-event.ts";
export type { CorsOptions } from "./channel/connections/cors.ts";
export type {
  ChannelOptions,
  ClientOptions,
  CloseOptions,
  FetchClientOptions,
  ReadOptions,
} from "./channel/options.ts";
export type { DiagnosticsMessages } from "./channel/diagnostics.ts";
export type { ChannelStatistics } from "./channel/statistics.ts";

export { BuildQueue } from "./runner/build-queue.ts";
export type { BuildQueueOptions, QueueCloseOptions } from "./runner/build-queue-options.ts";
export { runBuild } from "./runner/standalone/run-build.ts";
export type { RunBuildOptions, RunningBuild } from "./runner/standalone/run-build.ts";
export { BuildStore } from "./runner/store/build-store.ts";
export type { StoredBuild } from "./runner/store/build-store.ts";
export { buildEnvironment } from "./runner/program/environment.ts";
export type { BuildEnvironmentOptions } from "./runner/program/environment.ts";
export type { DirectoryPin } from "./runner/project/directory-pin.ts";
export type {
  BuildChangedEvent,
  BuildEndEvent,
  BuildEvent,
  BuildHintEvent,
  BuildLineEvent,
  OutputStream,
} from "./runner/events.ts";
export type { Hint } from "./runner/failure/hint.ts";
export type { GitState } from "./runner/git/git-state.ts";
export type { BuildResult, ResultFolder } from "./runner/result/build-result.ts";
export type { Environment } from "./runner/program/find-program.ts";
export { endOrphans } from "./runner/process/orphans.ts";
export type { OrphanReport, OrphanSearch } from "./runner/process/orphans.ts";
export type { BuildInputs, InstallMode } from "./runner/planning/build-inputs.ts";
export { planBuild } from "./runner/planning/plan.ts";
export type { Plan, PlanOptions } from "./runner/planning/plan.ts";
export type { PlanContext, PlanDraft } from "./runner/planning/plan-draft.ts";
export type { ProcessIdentity } from "./runner/process/identity.ts";
export type { ChosenInputs, FolderPlanner, PlanRequest } from "./runner/planning/build-planner.ts";
export { openProject } from "./runner/project/project.ts";
export type { JsonObject } from "./runner/project/manifest.ts";
export type { Project, ProjectFolder } from "./runner/project/project.ts";
export type { Step, StepWatch } from "./runner/planning/step.ts";
export type { StepResult } from "./runner/process/run-step.ts";
export type { OutputMode } from "./runner/output/output-pipes.ts";
export type { BuildRecord, BuildStatus, StepRecord, StepStatus } from "./runner/record.ts";

export type { BuildSearch, BuildStreams, LineReader } from "./streams/build-streams.ts";
export type { BuildJob, BuildJobs } from "./streams/shared/build-jobs.ts";
export type { LogStore } from "./streams/shared/log-store.ts";
export { SharedBuilder } from "./streams/shared/shared-builder.ts";
export type { SharedBuilderOptions } from "./streams/shared/shared-builder.ts";
export { SharedBuilds } from "./streams/shared/shared-builds.ts";
export type { SharedBuildsOptions } from "./streams/shared/shared-builds.ts";
export type { LogLine } from "./streams/line-data.ts";
export type { LogLines, LogOutline } from "./streams/lines/build-lines.ts";
export type { LogSection } from "./streams/lines/line-index.ts";
export type { LogMark } from "./streams/lines/error-marks.ts";
export type { MarkKind } from "./streams/lines/error-lines.ts";
export type { SearchReport } from "./streams/search/search-report.ts";
export type { StreamNumbers } from "./streams/stream-totals.ts";

export { BuildApp } from "./web/build-app.ts";
export type { BuildService, Builders, BuildersContext, OpenBuilders } from "./web/builders/builders.ts";
export type { BuildAppOptions } from "./web/build-app-options.ts";
export type { LogEntry, LogLevel } from "./web/monitoring/log-entry.ts";
export type { HttpErrorCode } from "./http/http-error.ts";
