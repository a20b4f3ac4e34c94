import { readAddress, writeAddress } from "./address.ts";
import { FIRST_LINES } from "./builds/build-view.ts";
import { announcement } from "./builds/outlook.ts";
import { showInTab } from "./builds/tab-state.ts";
import { byId, setText } from "./dom.ts";
import { words } from "./words/words.ts";
import type { BuildList } from "./builds/build-list.ts";
import type { BuildView } from "./builds/build-view.ts";
import type { ListControls } from "./builds/list-controls.ts";
import type { LogFind } from "./find/log-find.ts";
import type { Interest } from "./interest.ts";
import type { LogTools } from "./log/log-tools.ts";
import type { LogView } from "./log/log-view.ts";
import type { Build, LogLine, Outline } from "./model.ts";
import type { Notices } from "./notices.ts";
import type { SessionView } from "./session-view.ts";
import type { StartView } from "./start/start-view.ts";
import type { WatchButton } from "./watch/watch-button.ts";

/** The parts of the page that show builds. */
export interface PageParts {
  readonly list: BuildList;
  readonly controls: ListControls;
  readonly head: BuildView;
  readonly log: LogView;
  readonly find: LogFind;
  readonly start: StartView;
  readonly watch: WatchButton;
  readonly tools: LogTools;
  readonly notices: Notices;
}

/** The rest of the page, as far as the view depends on it. */
export interface PageState {
  /** Whether the person types in a field. */
  readonly isTyping: () => boolean;
  /** Whether this tab is starting a build, which it is about to open. */
  readonly isStarting: () => boolean;
  /** Shows why the server refuses this browser. */
  readonly refuse: (reason: string) => void;
  /** Shows whether the build on the page has ended, and its log is complete. */
  readonly showEnd: (isEnded: boolean) => void;
  /** Opens a build, because the person asked for it. */
  readonly open: (id: string) => void;
}

/** Shows the decisions of the session on the page. */
export class PageView implements SessionView {
  readonly #parts: PageParts;
  readonly #state: PageState;
  readonly #empty = byId("empty", HTMLElement);
  #announcedStatus = "";
  #shownId: string | undefined;

  constructor(parts: PageParts, state: PageState) {
    this.#parts = parts;
    this.#state = state;
  }

  showList(builds: readonly Build[], shownId: string | undefined, hasOlder: boolean): void {
    this.#parts.list.show(builds, shownId);
    this.#parts.controls.show(builds.length > 0, hasOlder);
  }

  noteBuilds(builds: readonly Build[]): void {
    const projects = builds.map(({ projectPath: path, projectName: name }) => ({ path, name }));
    this.#parts.controls.offer(projects);
    this.#parts.start.note(builds);
    this.#parts.watch.note(builds, this.#shownId);
  }

  refreshProjects(): void {
    void this.#parts.start.refresh();
  }

  openStart(): void {
    this.#open(undefined);
    // After the end of a build that no longer exists, too.
    if (location.pathname !== "/") history.replaceState({}, "", "/");
  }

  openBuild(id: string, interest: Interest): void {
    const { log, find } = this.#parts;
    this.#open(id);
    log.open(id);
    const { buildId, line, lastLine } = readAddress(location.pathname, location.hash);
    find.openBuild(id, buildId === id && line !== undefined);
    if (buildId === id) log.goToLine(line, lastLine);
    // A build that the page chose replaces the address, so that it can be shared, but adds no history entry.
    else history.replaceState({ interest }, "", writeAddress(id));
  }

  showBuild(build: Build): void {
    const { head, log, find, tools, notices, watch } = this.#parts;
    head.show(build);
    log.showBuild(build);
    find.showBuild(build);
    tools.show(build);
    watch.show(build);
    showInTab(build);
    if (this.#announcedStatus === build.status) return;
    this.#announcedStatus = build.status;
    notices.announce(announcement(build));
  }

  addLine(line: LogLine): void {
    this.#parts.head.noteLine(line);
    this.#parts.log.addLine(line);
  }

  showOutline(outline: Outline): void {
    this.#parts.log.showOutline(outline);
    this.#parts.find.showOutline(outline);
    void this.#readReason();
  }

  endLog(): void {
    this.#parts.log.end();
    this.#parts.find.endLog();
    this.#state.showEnd(true);
  }

  showRefusal(message: string): void {
    this.#state.refuse(message);
  }

  showMissing(message: string): void {
    this.#parts.head.open(undefined);
    showInTab(undefined);
    this.#showEmpty(words().buildNotFound, message);
  }

  mentionLoss(lost: Build | undefined): void {
    const { buildRemoved, shownBuildRemoved } = words();
    this.#parts.notices.show(lost === undefined ? shownBuildRemoved : buildRemoved(lost.projectName));
  }

  announce({ id, status, projectName }: Build): void {
    if (this.#state.isStarting()) return;
    const text = (status === "queued" ? words().isQueued : words().isBeingBuilt)(projectName);
    // The card of the project shows it.
    if (this.#parts.start.isOpen && !this.#state.isTyping()) this.#parts.notices.announce(text);
    else this.#parts.notices.show(text, () => this.#state.open(id));
  }

  isWaiting(): boolean {
    return this.#parts.watch.isWaiting;
  }

  isBusy(): boolean {
    const { start, log } = this.#parts;
    return this.#state.isStarting() || this.#state.isTyping() || (!start.isOpen && this.#empty.hidden && log.isReading);
  }

  /** Reads the first lines of the log, which say what decided the plan. */
  async #readReason(): Promise<void> {
    const { head, log } = this.#parts;
    try {
      for (const line of await log.read(1, Math.min(FIRST_LINES, log.lineCount))) head.noteLine(line);
    } catch {
      // Another build is on the page, or the server does not answer. The reason is not essential.
    }
  }

  /** Opens a build, or the start page. */
  #open(id: string | undefined): void {
    const { controls, head, notices, start, watch } = this.#parts;
    this.#announcedStatus = "";
    this.#state.showEnd(false);
    notices.clear();
    controls.fold(true);
    watch.show(undefined);
    this.#shownId = id;
    head.open(id);
    start.toggle(id === undefined);
    this.#empty.hidden = true;
    showInTab(undefined);
  }

  #showEmpty(title: string, text: string): void {
    setText(byId("empty-title", HTMLElement), title);
    setText(byId("empty-text", HTMLElement), text);
    this.#empty.hidden = false;
  }
}
