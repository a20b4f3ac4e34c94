import { KnownBuilds } from "./builds/known-builds.ts";
import { isActive } from "./builds/status.ts";
import { nextBuild } from "./interest.ts";
import { ApiError, eventsPath } from "./server/api.ts";
import { GapPause } from "./server/gap-pause.ts";
import type { ListApi } from "./builds/known-builds.ts";
import type { ListFilter } from "./builds/list-filter.ts";
import type { Interest } from "./interest.ts";
import type { LinesReply } from "./log/log-source.ts";
import type { Build, LogLine, Outline } from "./model.ts";
import type { StreamTarget } from "./server/live-stream.ts";
import type { SessionView } from "./session-view.ts";

/** The requests that the session sends to the server. */
export interface SessionApi extends ListApi {
  getBuild(id: string): Promise<Build>;
  getLines(id: string, from: number, count: number): Promise<LinesReply>;
  getOutline(id: string): Promise<Outline>;
}

/** The tab's event stream, as the session uses it. */
export interface SessionStream {
  open(target: StreamTarget): void;
  close(): void;
  pause(): void;
  unpause(): void;
}

/** The interval of requests for the list while the tab holds a build's stream, in milliseconds. */
const LIST_INTERVAL = 5000;

/** How long a hidden tab keeps its stream, in milliseconds. */
const HIDDEN_PATIENCE = 30_000;

/** The interval of requests for the build on a hidden tab without a stream, in milliseconds. */
const HIDDEN_INTERVAL = 10_000;

/** The number of lines in a request. */
const LINES_AT_ONCE = 1000;

/**
 * Decides which build the page shows and which stream the tab holds: that of the shown build until its end, otherwise
 * the feed, which reports each change of a build's state. It does not use the document.
 */
export class Session {
  readonly #api: SessionApi;
  readonly #stream: SessionStream;
  readonly #view: SessionView;
  readonly #known: KnownBuilds;
  readonly #gaps = new GapPause();
  #interest: Interest = "default";
  #holding: "build" | "feed" | "nothing" = "nothing";
  #visible = true;
  #isPaused = false;
  #hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  /** The number of the last line on the page. */
  #lastLine = 0;

  constructor(api: SessionApi, stream: SessionStream, view: SessionView) {
    this.#api = api;
    this.#known = new KnownBuilds(api);
    this.#stream = stream;
    this.#view = view;
    setInterval(() => {
      // The feed reports everything.
      const isNeeded = this.#visible ? this.#holding === "build" : this.#view.isWaiting();
      if (isNeeded && this.#holding !== "feed") void this.refresh();
    }, LIST_INTERVAL);
  }

  /** The build on the page, if it is known. */
  get shown(): Build | undefined {
    return this.#known.shown;
  }

  /** Shows a build from its first line. */
  show(id: string, interest: Interest): void {
    this.#known.shownId = id;
    this.#interest = interest;
    this.#view.openBuild(id, interest);
    this.#showList();
    const known = this.shown;
    if (known !== undefined) this.#view.showBuild(known);
    this.#openBuild(id);
  }

  /** Shows the start page. With the interest `default`, a queued or running build replaces it. */
  async showStart(interest: Interest): Promise<void> {
    this.#known.shownId = undefined;
    this.#interest = interest;
    this.#view.openStart();
    this.#showList();
    // The previous stream must not write into another build.
    this.#openFeed();
    await this.refresh();
  }

  /** Updates a build from an answer of the server. */
  update(build: Build): void {
    this.#known.add(build);
    this.#showList();
    const shown = this.shown;
    if (shown?.id === build.id) this.#view.showBuild(shown);
  }

  /** Changes the {@link Interest} in the current build. */
  setInterest(interest: Interest): void {
    this.#interest = interest;
  }

  /** Requests the list again. */
  async refresh(): Promise<void> {
    try {
      await this.#known.refresh();
    } catch (error) {
      // The page already shows the state of the connection, and the next connect requests the list again.
      if (isForbidden(error)) this.#view.showRefusal(error.message);
      return;
    }
    this.#showKnown();
  }

  /**
   * Lists older builds as well.
   *
   * @throws {ApiError}
   */
  async loadOlder(): Promise<void> {
    await this.#known.loadOlder();
    this.#showKnown();
  }

  /** Lists only the builds that a filter selects. */
  filter(filter: ListFilter): void {
    this.#known.filter = filter;
    this.#showList();
  }

  /**
   * Notes that the tab was hidden or shown. A hidden tab gives its stream back after 30 s, because all tabs share six
   * connections. Its title still shows the state of the build, for which it sends a request now and then.
   */
  setVisible(visible: boolean): void {
    this.#visible = visible;
    clearTimeout(this.#hiddenTimer);
    if (!visible) this.#hiddenTimer = setTimeout(() => this.#leaveStream(), HIDDEN_PATIENCE);
    else if (this.#holding === "nothing") this.#openFeed();
    else if (this.#isPaused) this.#resume();
    // Only the list reports when the build has last printed.
    else if (this.#holding === "build") void this.refresh();
  }

  /** @param pause - How long to wait before the first request, in milliseconds. */
  #openBuild(id: string, pause = 0): void {
    this.#holding = "build";
    this.#isPaused = false;
    let isBack = false;
    let hasBegun = false;
    this.#stream.open({
      path: eventsPath(id),
      resume: true,
      begin: async () => {
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
        const lastEventId = await this.#begin(id);
        hasBegun = true;
        return lastEventId;
      },
      on: {
        build: (data) => this.update(data as Build),
        line: (data) => this.#addLine(data as LogLine),
        // The next outline says which lines there are. Those that are lost become rows when they are requested.
        gap: () => this.#openBuild(id, this.#gaps.next(Date.now(), Math.random())),
        end: (data) => {
          this.update(data as Build);
          this.#view.endLog();
          this.#openFeed();
        },
      },
      opened: () => {
        // The cause of the interruption, such as a server restart, may have changed other builds.
        if (isBack) void this.refresh();
        isBack = true;
      },
      failed: () => void this.#findBuild(id, hasBegun),
      poll: (isNeeded) => this.#poll(id, isNeeded),
    });
    if (!this.#visible) this.setVisible(false);
  }

  #addLine(line: LogLine): void {
    this.#lastLine = Math.max(this.#lastLine, line.number);
    this.#view.addLine(line);
  }

  /** Requests what the stream of the build would have sent. */
  async #poll(id: string, isNeeded: () => boolean): Promise<void> {
    // The state comes first: a log that is read after the end of its build is complete.
    const build = await this.#api.getBuild(id);
    // The last line may have changed.
    let from = Math.max(1, this.#lastLine);
    for (let isBehind = true; isBehind;) {
      const { lines, lineCount } = await this.#api.getLines(id, from, LINES_AT_ONCE);
      if (!isNeeded()) return;
      for (const line of lines) this.#addLine(line);
      from = (lines.at(-1)?.number ?? lineCount) + 1;
      isBehind = from <= lineCount;
    }
    this.update(build);
    if (isActive(build)) return;
    this.#view.endLog();
    this.#openFeed();
  }

  /**
   * Shows the outline of a log. Resolves with the id of the last event in it, with which the stream begins; `undefined`
   * when the build has ended, and the log is complete.
   */
  async #begin(id: string): Promise<string | undefined> {
    // The state comes first: a log that is read after the end of its build is complete.
    const build = await this.#api.getBuild(id);
    const outline = await this.#api.getOutline(id);
    if (this.#known.shownId !== id || this.#holding !== "build") return undefined;
    this.update(build);
    this.#lastLine = outline.lineCount;
    this.#view.showOutline(outline);
    if (isActive(build)) return outline.lastEventId;
    this.#view.endLog();
    this.#openFeed();
    return undefined;
  }

  #openFeed(): void {
    this.#holding = "feed";
    this.#isPaused = false;
    this.#stream.open({
      path: "/api/log/push",
      // Each connect requests the list, so the feed does not need to repeat anything.
      resume: false,
      on: { build: (data) => this.#hear(data as Build) },
      opened: () => {
        this.#view.refreshProjects();
        void this.refresh();
      },
      failed: () => void this.refresh(),
      poll: () => this.refresh(),
    });
    if (!this.#visible) this.setVisible(false);
  }

  #leaveStream(): void {
    if (this.#holding === "feed") {
      this.#holding = "nothing";
      this.#stream.close();
    } else if (this.#holding === "build") {
      this.#isPaused = true;
      this.#stream.pause();
      this.#hiddenTimer = setTimeout(() => void this.#glance(), HIDDEN_INTERVAL);
    }
  }

  /** Requests the state of the build while its stream is paused. */
  async #glance(): Promise<void> {
    const { shownId } = this.#known;
    try {
      if (shownId !== undefined) this.update(await this.#api.getBuild(shownId));
    } catch {
      // The stream reports the reason when it continues.
    }
    if (!this.#isPaused || this.#visible) return;
    const isOver = this.shown !== undefined && !isActive(this.shown);
    if (!isOver) this.#hiddenTimer = setTimeout(() => void this.#glance(), HIDDEN_INTERVAL);
  }

  #resume(): void {
    this.#isPaused = false;
    this.#stream.unpause();
  }

  /**
   * Requests the build, because an EventSource does not report the reason of a refusal.
   *
   * @param hasBegun - Whether the page has the outline of the log.
   */
  async #findBuild(id: string, hasBegun: boolean): Promise<void> {
    try {
      const build = await this.#api.getBuild(id);
      this.update(build);
      // The stream of a build that has ended cannot continue behind its last event: read the rest of the log instead.
      const isShown = this.#known.shownId === id && this.#holding === "build";
      if (hasBegun && isShown && !isActive(build)) this.#openBuild(id);
    } catch (error) {
      if (isForbidden(error)) this.#view.showRefusal(error.message);
      if (!(error instanceof ApiError) || error.status !== 404) return;
      if (this.#known.shownId !== id || this.#holding !== "build") return;
      await this.#lose(id, error.message);
    }
  }

  /** Handles a build on the page that the server does not have. */
  async #lose(id: string, message: string): Promise<void> {
    const lost = this.shown;
    this.#known.remove(id);
    this.#view.showMissing(message);
    this.#showList();
    this.#openFeed();
    // The rest of the list may be outdated, too.
    await this.refresh();
    if (this.#interest === "pinned") return;
    if (this.#known.shownId === id) void this.showStart("default");
    this.#view.mentionLoss(lost);
  }

  #hear(build: Build): void {
    const isNew = !this.#known.all.some((known) => known.id === build.id);
    this.update(build);
    this.#consider();
    if (isNew && isActive(build) && this.#known.shownId !== build.id) this.#view.announce(build);
  }

  /** Replaces the build on the page if the rules of {@link Interest} allow it. */
  #consider(): void {
    if (this.#holding !== "feed" || this.#view.isBusy()) return;
    const next = nextBuild(this.#known.all, this.shown, this.#interest);
    if (next !== undefined) this.show(next.id, "default");
  }

  #showKnown(): void {
    this.#showList();
    if (this.shown !== undefined) this.#view.showBuild(this.shown);
    this.#consider();
  }

  #showList(): void {
    const known = this.#known;
    if (known.isOutdated) void this.refresh();
    this.#view.noteBuilds(known.all);
    this.#view.showList(known.listed, known.shownId, known.hasOlder);
  }
}

function isForbidden(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 403;
}
