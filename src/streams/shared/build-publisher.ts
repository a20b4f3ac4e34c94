import { buildLabel } from "../feed/build-labels.ts";
import { feedLine } from "../feed/feed-line.ts";
import { hintData, lineData } from "../line-data.ts";
import { FEED_TOPIC, STATES_TOPIC } from "./log-store.ts";
import { LogWriter } from "./log-writer.ts";
import type { BuildEvent, BuildStateEvent } from "../../runner/events.ts";
import type { BuildRecord } from "../../runner/record.ts";
import type { PublishedEvent } from "../../channel/log/published-event.ts";
import type { LogStore } from "./log-store.ts";

/** The maximum number of bytes of a build that wait to be stored. Above it, the command of the build is paused. */
const MAX_UNSTORED_BYTES = 1024 * 1024;

/** The streams of a build that has not ended. */
interface OpenBuild {
  readonly writer: LogWriter;
  /** The name of the build in the lines of the feed. */
  label: string;
}

/**
 * Publishes the events of builds that this process runs, for all processes: each build has a log, one log has the
 * states of all builds, and one is the feed.
 *
 * In the feed, each line names its build, since no process knows at that time which builds run elsewhere.
 */
export class BuildPublisher {
  readonly #logs: LogStore;
  readonly #patience: number;
  readonly #onFailure: (buildId: string) => void;
  readonly #builds = new Map<string, OpenBuild>();
  readonly #shared = new Map<string, LogWriter>();

  /**
   * @param patience - How long events wait for a store that does not answer, in milliseconds.
   * @param onFailure - Called with the id of a build whose events can no longer be published.
   */
  constructor(logs: LogStore, patience: number, onFailure: (buildId: string) => void = () => undefined) {
    this.#logs = logs;
    this.#patience = patience;
    this.#onFailure = onFailure;
  }

  /**
   * Publishes an event of a build. If it returns a promise for a line, the build's command is paused until the promise
   * settles. For a change of state, the promise resolves when the logs have the change. It rejects when the store did
   * not answer in time, and when another process has ended the build.
   */
  readonly publish = (event: BuildEvent): void | Promise<void> => {
    if (event.type === "line") {
      const { writer, label } = this.#open(event.buildId);
      writer.add({ event: "line", data: lineData(event) });
      const feed = this.#writer(FEED_TOPIC);
      feed.add(feedEvent(event.open, feedLine(event.time, event.text, label)));
      if (writer.failure !== undefined) return Promise.reject(writer.failure);
      return this.#room(writer, feed);
    }
    if (event.type === "hint") {
      const hint = { event: "hint", data: hintData(event) };
      this.#open(event.buildId).writer.add(hint);
      this.#writer(FEED_TOPIC).add(hint);
      return undefined;
    }
    return this.#publishState(event);
  };

  /** Checks whether another process has ended a build. Publishing events of such a build fails. */
  async check(): Promise<void> {
    await Promise.all(Array.from(this.#builds.values(), ({ writer }) => writer.check()));
  }

  /** Closes the log of a build that another process continues. */
  async release(buildId: string): Promise<void> {
    const open = this.#builds.get(buildId);
    this.#builds.delete(buildId);
    await open?.writer.close();
  }

  /** Publishes the end of a build again, whose log already has it: its process may have ended too early. */
  async repeatEnd(build: BuildRecord): Promise<void> {
    const writer = this.#create(build.id);
    try {
      await writer.complete();
    } finally {
      await writer.close();
    }
    await this.#announce("end", JSON.stringify(build));
  }

  /** Drops the events that are not stored, and closes the logs. */
  async close(): Promise<void> {
    const builds = Array.from(this.#builds.values(), ({ writer }) => writer);
    await Promise.all([...builds, ...this.#shared.values()].map((writer) => writer.close()));
  }

  async #publishState({ type, build }: BuildStateEvent): Promise<void> {
    const open = this.#open(build.id);
    open.label = buildLabel(build);
    const data = JSON.stringify(build);
    open.writer.add({ event: type, data });
    try {
      // Store it here first: a client that sees a state in the list then finds it in the stream of the build.
      await (type === "end" ? open.writer.complete() : open.writer.stored());
    } finally {
      if (type === "end") await this.release(build.id);
    }
    await this.#announce(type, data);
  }

  /** Publishes a state in the logs of all builds. */
  #announce(type: BuildStateEvent["type"], data: string): Promise<void> {
    const states = this.#writer(STATES_TOPIC);
    states.add({ event: type, data });
    this.#writer(FEED_TOPIC).add({ event: "build", data });
    return states.stored();
  }

  /** Returns a promise while too many bytes wait. */
  #room(...writers: readonly LogWriter[]): void | Promise<void> {
    if (writers.every(({ unstoredBytes }) => unstoredBytes <= MAX_UNSTORED_BYTES)) return undefined;
    return Promise.all(writers.map((writer) => writer.stored(MAX_UNSTORED_BYTES))).then(() => undefined);
  }

  #open(buildId: string): OpenBuild {
    let build = this.#builds.get(buildId);
    if (build === undefined) {
      const onFailure = (): void => void (this.#builds.has(buildId) && this.#onFailure(buildId));
      build = { writer: this.#create(buildId, onFailure), label: buildId };
      this.#builds.set(buildId, build);
    }
    return build;
  }

  /** Returns the writer of a log that all builds share. After a failure, a new one continues with later events. */
  #writer(topic: string): LogWriter {
    let writer = this.#shared.get(topic);
    if (writer?.failure !== undefined) {
      void writer.close().catch(() => undefined);
      writer = undefined;
    }
    writer ??= this.#create(topic);
    this.#shared.set(topic, writer);
    return writer;
  }

  #create(topic: string, onFailure?: () => void): LogWriter {
    return new LogWriter(() => this.#logs.open(topic), this.#patience, onFailure);
  }
}

function feedEvent(isOpen: true | undefined, data: string): PublishedEvent {
  return isOpen === true ? { event: "open", data } : { data };
}
