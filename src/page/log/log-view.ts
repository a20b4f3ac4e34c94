import { isActive } from "../builds/status.ts";
import { byId, setText } from "../dom.ts";
import { lineTime } from "../line/line-time.ts";
import { words } from "../words/words.ts";
import { JumpButton } from "./jump-button.ts";
import { LineMark } from "./line-mark.ts";
import { LogCopy } from "./log-copy.ts";
import { LogRows } from "./log-rows.ts";
import { LogSource } from "./log-source.ts";
import { LogWindow } from "./log-window.ts";
import { absentLineText, waitingText } from "./log-words.ts";
import type { LineRow, MarkKind } from "../line/line-row.ts";
import type { TimeMode } from "../line/line-time.ts";
import type { TextMatcher } from "../line/split-spans.ts";
import type { Build, LogLine, Outline } from "../model.ts";
import type { LineRange } from "./log-rows.ts";
import type { LinesReply } from "./log-source.ts";

/** The actions of the page that the log needs. */
export interface LogViewHandlers {
  /** The server's time, in milliseconds since 1970. */
  readonly now: () => number;
  /** Requests `count` lines of a build from line `from` on. */
  readonly requestLines: (id: string, from: number, count: number, signal: AbortSignal) => Promise<LinesReply>;
  /** The person marked lines, or removed the mark. */
  readonly openLines: (lines: LineRange | undefined) => void;
  /** Shows a message. */
  readonly notify: (text: string) => void;
}

/** The log of the build on the page: a window over all its lines, most of which are only on the server. */
export class LogView {
  /** Called when other lines are visible, or when lines were added. */
  onChange: (() => void) | undefined;
  readonly #handlers: LogViewHandlers;
  readonly #log = byId("log", HTMLElement);
  readonly #waiting = byId("waiting", HTMLElement);
  readonly #rows = new LogRows();
  readonly #source: LogSource;
  readonly #window: LogWindow;
  readonly #jump = new JumpButton(() => this.goToEnd());
  readonly #mark: LineMark;
  readonly #copy: LogCopy;
  #id = "";
  #build: Build | undefined;
  #outline: Outline | undefined;
  #pending: LineRange | undefined;
  #lastOutput: number | undefined;
  #isComplete = false;
  #timeMode: TimeMode = "off";
  #matcher: TextMatcher | undefined;
  #currentHit: number | undefined;
  #marks: ReadonlyMap<number, MarkKind> = new Map();

  constructor(handlers: LogViewHandlers) {
    this.#handlers = handlers;
    this.#source = new LogSource({
      request: (from, count, signal) => handlers.requestLines(this.#id, from, count, signal),
      changed: () => this.#window.schedule(),
      isMissing: (number) => this.#rows.isMissing(number),
      missing: (first, last) => this.#window.change(() => this.#rows.addGap(first, last)),
    });
    this.#window = new LogWindow(this.#rows, {
      drawLine: (row, isHeld) => this.#drawLine(row, isHeld),
      willDraw: ({ first, last }) => this.#source.want(first, last, this.isReading),
      drawn: () => this.#drawn(),
    });
    this.#mark = new LineMark(this.#log, {
      changed: (lines) => {
        this.#window.update();
        handlers.openLines(lines);
      },
      read: (lines) => this.read(lines.first, lines.last),
      notify: handlers.notify,
    });
    this.#copy = new LogCopy(this.#log, this.#window.canvas.element, {
      lineCount: () => this.lineCount,
      get: (number) => this.#source.get(number),
      read: (first, last) => this.read(first, last),
      notify: handlers.notify,
    });
  }

  /** Whether the person reads above the end. */
  get isReading(): boolean {
    return !this.follow;
  }

  /** Whether the end stays visible. */
  get follow(): boolean {
    return this.#window.follow.isFollowing;
  }

  set follow(isFollowing: boolean) {
    this.#window.follow.set(isFollowing);
  }

  /** The numbers of the first and the last visible line. Without any, the last is less than the first. */
  get firstVisible(): number {
    return this.#window.visible.first;
  }

  get lastVisible(): number {
    return this.#window.visible.last;
  }

  /** The number of the last line that exists. */
  get lineCount(): number {
    return this.#rows.lineCount;
  }

  /** The newest outline of the log. */
  get outline(): Outline | undefined {
    return this.#outline;
  }

  /** Empties the log for another build. Its outline follows. */
  open(id: string): void {
    this.#id = id;
    this.#build = undefined;
    this.#outline = undefined;
    this.#pending = undefined;
    this.#lastOutput = undefined;
    this.#isComplete = false;
    this.#jump.unread = 0;
    this.#mark.set(undefined);
    this.#copy.clear();
    this.setHits(undefined, undefined);
    this.#rows.clear();
    this.#source.reset(0);
    this.#window.clear();
  }

  /** Shows the extent of the log, also again after an interruption: every line may have changed. */
  showOutline(outline: Outline): void {
    this.#outline = outline;
    this.#source.reset(outline.lineCount);
    this.#window.change(() => this.#rows.set(outline.lineCount, outline.sections));
    this.#showPending();
  }

  /** Resolves with the lines of a range, also those that are only on the server. */
  read(first: number, last: number): Promise<readonly LogLine[]> {
    return this.#source.read(first, last);
  }

  /** Updates the headings from a report on the build. */
  showBuild(build: Build): void {
    this.#build = build;
    this.tick();
  }

  /** Adds a line, or another state of one. */
  addLine(line: LogLine): void {
    this.#lastOutput = Date.parse(line.time);
    // The lines of a finished build are not new; they only take time to arrive.
    if (line.number > this.lineCount && this.isReading && this.#isActive) this.#jump.unread++;
    this.#source.add(line);
    this.#rows.append(line.number, line.step);
    this.#window.schedule();
    if (this.#pending !== undefined) this.#showPending();
  }

  /** Notes that no line will follow. */
  end(): void {
    this.#isComplete = true;
    this.#showPending();
    this.tick();
  }

  /** Updates the times. */
  tick(): void {
    this.#window.canvas.showSteps(this.#build?.steps ?? [], this.#handlers.now());
    const text = waitingText(this.#build, this.#lastOutputTime, this.#handlers.now());
    setText(this.#waiting, text);
    this.#waiting.hidden = text === "";
    this.#showJump();
  }

  /**
   * Marks lines and scrolls to them, also if they have not arrived yet; `undefined` removes the mark.
   */
  goToLine(first: number | undefined, last: number | undefined = first): void {
    const lines = first === undefined || last === undefined ? undefined : { first, last: Math.max(first, last) };
    this.#pending = lines;
    this.#mark.set(lines);
    this.#window.update();
    if (lines === undefined) return;
    this.follow = false;
    this.#showPending();
  }

  /** Marks a line for a person without a pointer, whose focus moves to the button that copies a link to it. */
  markLine(number: number): void {
    this.#mark.choose({ first: number, last: number });
    byId("mark-link", HTMLButtonElement).focus();
  }

  /** Scrolls to a line without marking it. */
  revealLine(number: number): void {
    this.follow = false;
    this.#unfold(number);
    this.#window.show(this.#rows.rowOf(number), 0.5);
  }

  /** Scrolls to the beginning of a step. */
  goToStep(name: string): void {
    const section = this.#rows.sections.findIndex(({ step }) => step === name);
    if (section === -1) return;
    this.follow = false;
    if (this.#rows.isFolded(section)) this.#window.change(() => this.#rows.fold(section, false));
    this.#window.show(this.#rows.rowOfSection(section), 0);
  }

  /** Scrolls to the first line. */
  goToTop(): void {
    this.follow = false;
    this.#window.show(0, 0);
    this.focus();
  }

  /** Moves the focus to the log, so that the keyboard scrolls it. */
  focus(): void {
    this.#log.focus({ preventScroll: true });
  }

  /** Scrolls to the end and follows it. */
  goToEnd(): void {
    this.follow = true;
    this.#window.update();
    this.focus();
  }

  /** Chooses which time stands before each line. */
  showTimes(mode: TimeMode): void {
    this.#timeMode = mode;
    this.#log.dataset["times"] = mode;
    this.#window.update();
  }

  /** Breaks long lines at the edge of the log, or lets the log scroll sideways. */
  wrap(isWrapped: boolean): void {
    this.#log.classList.toggle("wrap", isWrapped);
    this.#window.resized();
  }

  /**
   * Highlights parts of the visible lines.
   *
   * @param matcher - Finds them in the text of a line; `undefined` for none.
   * @param current - The line with the current hit.
   */
  setHits(matcher: TextMatcher | undefined, current: number | undefined): void {
    this.#matcher = matcher;
    this.#currentHit = current;
    this.#window.schedule();
  }

  /** Shows a sign beside lines that look like errors. */
  setMarks(marks: ReadonlyMap<number, MarkKind>): void {
    this.#marks = marks;
    this.#window.schedule();
  }

  get #isActive(): boolean {
    return this.#build !== undefined && isActive(this.#build);
  }

  /** The time of the last line, as far as it is known; 0 if the page has not seen it. */
  get #lastOutputTime(): number | undefined {
    if (this.#lastOutput !== undefined || this.lineCount === 0) return this.#lastOutput;
    const last = this.#source.get(this.lineCount);
    return last === undefined ? 0 : Date.parse(last.time);
  }

  #drawLine(row: LineRow, isHeld: boolean): void {
    const { number } = row;
    const line = this.#source.get(number);
    const build = this.#build;
    const start = build?.startedAt ?? build?.queuedAt;
    const time =
      line === undefined || this.#timeMode === "off"
        ? ""
        : lineTime(this.#timeMode, line.time, start, this.#source.get(number - 1)?.time);
    const look = {
      time,
      isTarget: this.#mark.has(number),
      isCurrent: number === this.#currentHit,
      mark: this.#marks.get(number),
      matcher: this.#matcher,
      placeholder: this.#source.hasFailed ? words().lineNotLoaded : "",
    };
    row.show(line, look, isHeld);
  }

  #drawn(): void {
    const digits = String(this.lineCount).length;
    this.#log.dataset["digits"] = digits > 4 ? String(digits) : "";
    this.#copy.refresh();
    this.#showJump();
    this.onChange?.();
  }

  #showJump(): void {
    this.#jump.show(this.follow, this.#isActive);
  }

  /** Scrolls to the lines that a link names once they exist, or explains why they do not. */
  #showPending(): void {
    const lines = this.#pending;
    if (lines === undefined || this.#outline === undefined) return;
    if (lines.first > this.lineCount) {
      const reason = absentLineText(lines.first, this.lineCount, this.#isComplete);
      if (reason === undefined) return;
      this.#pending = undefined;
      this.#mark.set(undefined);
      this.#handlers.notify(reason);
      return;
    }
    this.#pending = undefined;
    this.#unfold(lines.first);
    this.#window.show(this.#rows.rowOf(lines.first), lines.last > lines.first ? 0.2 : 0.5);
  }

  #unfold(number: number): void {
    const section = this.#rows.sectionOf(number);
    if (section !== undefined && this.#rows.isFolded(section))
      this.#window.change(() => this.#rows.fold(section, false));
  }
}
