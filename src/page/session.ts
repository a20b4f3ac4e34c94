import { KnownBuilds } from "./builds/known-builds.ts";
import { isActive } from "./builds/status.ts";
import { ApiError, eventsPath } from "./server/api.ts";
import type { ListApi } from "./builds/known-builds.ts";
import type { Build, Gap, LogLine } from "./model.ts";
import type { StreamTarget } from "./server/live-stream.ts";

/**
 * Why a build is on the page, which decides when another may take its place by itself:
 * - `default`: it was the latest; any newer build that waits or runs replaces it once it has ended;
 * - `started`: the person pressed Build; replaced only by a build asked for after it had ended, so that its outcome
 *   stays to be read;
 * - `pinned`: the person opened it by a click or a link; never replaced.
 */
export type Interest = "default" | "started" | "pinned";

/** What the session asks of the server. */
export interface SessionApi extends ListApi {
  getBuild(id: string): Promise<Build>;
}

/** What the session asks of the tab's one event stream. */
export interface SessionStream {
  open(target: StreamTarget): void;
  close(): void;
}

/** What the session tells the page. */
export interface SessionView {
  /** What the list shows, and whether there are older ones. */
  showList(builds: readonly Build[], shownId: string | undefined, hasOlder: boolean): void;
  /** A build comes on the page, or none; its report and its lines follow. */
  openBuild(id: string | undefined, interest: Interest): void;
  showBuild(build: Build): void;
  addLine(line: LogLine): void;
  addGap(gap: Gap): void;
  /** The log of the build is complete. */
  endLog(): void;
  /** The build that was to be shown is not there, or not any more. */
  showMissing(message: string): void;
  /** Another build took the place of the missing one by itself. */
  mentionLoss(lost: Build | undefined): void;
  /** Another build started while the person is busy with this one. */
  announce(build: Build): void;
  /** Whether the person is busy with what is on the page: reads in the log, away from its end, or asked for a build. */
  isBusy(): boolean;
}

/** How often the list is asked for while the stream is a build's, in milliseconds. */
const LIST_INTERVAL = 5000;

/** How long a hidden tab with nothing running keeps its feed, in milliseconds. */
const HIDDEN_PATIENCE = 30_000;

/**
 * Decides which build the page shows and which stream the tab holds: that of the shown build until it has ended,
 * otherwise the feed, which says when a build's state changes. Knows nothing of the document.
 */
export class Session {
  readonly #api: SessionApi;
  readonly #stream: SessionStream;
  readonly #view: SessionView;
  readonly #known: KnownBuilds;
  #interest: Interest = "default";
  #holding: "build" | "feed" | "nothing" = "nothing";
  #visible = true;
  #hiddenTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(api: SessionApi, stream: SessionStream, view: SessionView) {
    this.#api = api;
    this.#known = new KnownBuilds(api);
    this.#stream = stream;
    this.#view = view;
    setInterval(() => {
      if (this.#visible && this.#holding === "build") void this.refresh();
    }, LIST_INTERVAL);
  }

  /** The build on the page, as far as it is known. */
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

  /** Shows what the page shows by itself: the build that runs or waits, else the latest, else none. */
  async showDefault(): Promise<void> {
    this.#known.shownId = undefined;
    this.#interest = "default";
    this.#view.openBuild(undefined, "default");
    // Whatever ran until now must not write into the empty page.
    this.#openFeed();
    await this.refresh();
  }

  /** Takes in what an answer of the server said about a build. */
  update(build: Build): void {
    this.#known.add(build);
    this.#showList();
    const shown = this.shown;
    if (shown?.id === build.id) this.#view.showBuild(shown);
  }

  /** The person took an interest in the build that is on the page already. */
  setInterest(interest: Interest): void {
    this.#interest = interest;
  }

  /** Brings the list up to date. */
  async refresh(): Promise<void> {
    try {
      await this.#known.refresh();
    } catch {
      // The connection's state is on the page already, and the next connect asks again.
      return;
    }
    this.#showKnown();
  }

  /**
   * Lists older builds, too.
   *
   * @throws {ApiError}
   */
  async loadOlder(): Promise<void> {
    this.#known.reachBack();
    await this.#known.refresh();
    this.#showKnown();
  }

  /** Lists only the builds of the project that is on the page, whichever that is, or those of all. */
  filter(isFiltered: boolean): void {
    this.#known.isFiltered = isFiltered;
    this.#showList();
  }

  /**
   * The tab was hidden or shown. A hidden one lets go of the feed after half a minute: the six connections are shared.
   */
  setVisible(visible: boolean): void {
    this.#visible = visible;
    clearTimeout(this.#hiddenTimer);
    if (!visible) this.#hiddenTimer = setTimeout(() => this.#leaveFeed(), HIDDEN_PATIENCE);
    else if (this.#holding === "nothing") this.#openFeed();
  }

  #openBuild(id: string): void {
    this.#holding = "build";
    let isBack = false;
    this.#stream.open({
      path: eventsPath(id),
      resume: true,
      on: {
        build: (data) => this.update(data as Build),
        line: (data) => this.#view.addLine(data as LogLine),
        gap: (data) => this.#view.addGap(data as Gap),
        end: (data) => {
          this.update(data as Build);
          this.#view.endLog();
          this.#openFeed();
        },
      },
      opened: () => {
        // Whatever broke the connection may have changed the others: a server that was started again, for one.
        if (isBack) void this.refresh();
        isBack = true;
      },
      failed: () => void this.#findBuild(id),
    });
  }

  #openFeed(): void {
    this.#holding = "feed";
    this.#stream.open({
      path: "/api/log/push",
      // The list is asked for on every connect, so nothing the feed could repeat is needed.
      resume: false,
      on: { build: (data) => this.#hear(data as Build) },
      opened: () => void this.refresh(),
      failed: () => void this.refresh(),
    });
    if (!this.#visible) this.setVisible(false);
  }

  #leaveFeed(): void {
    if (this.#holding !== "feed") return;
    this.#holding = "nothing";
    this.#stream.close();
  }

  /** An EventSource does not say why it was refused; an ordinary request does. */
  async #findBuild(id: string): Promise<void> {
    try {
      this.update(await this.#api.getBuild(id));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) return;
      if (this.#known.shownId !== id || this.#holding !== "build") return;
      await this.#lose(id, error.message);
    }
  }

  /** The server forgot the build on the page, usually because it was started again. */
  async #lose(id: string, message: string): Promise<void> {
    const lost = this.shown;
    this.#known.remove(id);
    this.#view.showMissing(message);
    this.#showList();
    this.#openFeed();
    // What else is in the list may be as old as that build.
    await this.refresh();
    if (this.#known.shownId !== id && this.#interest === "default") this.#view.mentionLoss(lost);
  }

  #hear(build: Build): void {
    const isNew = !this.#known.all.some((known) => known.id === build.id);
    this.update(build);
    this.#consider();
    if (isNew && isActive(build) && this.#known.shownId !== build.id) this.#view.announce(build);
  }

  /** Lets another build take the place of the one on the page, if that may be: one that runs before one that waits. */
  #consider(): void {
    if (this.#holding !== "feed") return;
    const builds = this.#known.all;
    const running = builds.filter((build) => build.status === "running");
    const queued = builds.filter((build) => build.status === "queued");
    const latest = this.shown === undefined ? builds.slice(0, 1) : [];
    const next = [...running, ...queued, ...latest].find((build) => this.#mayLeaveFor(build));
    if (next !== undefined) this.show(next.id, "default");
  }

  #mayLeaveFor(candidate: Build): boolean {
    const shown = this.shown;
    // Nothing is shown, or that what was asked for is not there: a link stays, for the person to see that it is dead.
    if (shown === undefined) return this.#interest !== "pinned";
    if (candidate.id === shown.id || this.#interest === "pinned" || this.#view.isBusy()) return false;
    const since = this.#interest === "started" ? shown.finishedAt : shown.queuedAt;
    return since !== null && candidate.queuedAt > since;
  }

  #showKnown(): void {
    this.#showList();
    if (this.shown !== undefined) this.#view.showBuild(this.shown);
    this.#consider();
  }

  #showList(): void {
    const known = this.#known;
    if (known.isOutdated) void this.refresh();
    this.#view.showList(known.listed, known.shownId, known.hasOlder);
  }
}
