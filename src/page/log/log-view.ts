import { isActive } from "../builds/status.ts";
import { byId, setText } from "../dom.ts";
import { EarlierLines } from "./earlier-lines.ts";
import { JumpButton } from "./jump-button.ts";
import { LogFollow } from "./log-follow.ts";
import { LogQueue } from "./log-queue.ts";
import { lineId } from "./log-row.ts";
import { LogRows } from "./log-rows.ts";
import { absentLineText, waitingText } from "./log-words.ts";
import type { Build, Gap, LogLine } from "../model.ts";

/** The maximum number of rows on the page. Older lines are in the raw log as long as the server keeps them. */
const MAX_ROWS = 20_000;

/** How long one frame may draw rows, in milliseconds: scrolling stays smooth while a burst arrives. */
const FRAME_BUDGET = 10;

/** The actions of the page that the log needs. */
export interface LogViewHandlers {
  /** The server's time, in milliseconds since 1970. */
  readonly now: () => number;
  /** The person chose a line. */
  readonly openLine: (number: number) => void;
  /** Shows a message. */
  readonly notify: (text: string) => void;
}

/**
 * The log of the build on the page: rows in sections, drawn at the pace of the display, never more than
 * {@link MAX_ROWS}.
 */
export class LogView {
  readonly #handlers: LogViewHandlers;
  readonly #log = byId("log", HTMLElement);
  readonly #rows = new LogRows(MAX_ROWS);
  readonly #earlier = new EarlierLines();
  readonly #waiting = byId("waiting", HTMLElement);
  readonly #jump = new JumpButton(() => this.goToEnd());
  readonly #follow: LogFollow;
  #queue = new LogQueue(MAX_ROWS);
  #frame: number | undefined;
  #target: number | undefined;
  #build: Build | undefined;
  #lastOutput: number | undefined;
  #isComplete = false;

  constructor(handlers: LogViewHandlers) {
    this.#handlers = handlers;
    this.#follow = new LogFollow(this.#log, this.#rows.element, () => this.#followChanged());
    this.#log.addEventListener("click", (event) => {
      const link = event.target;
      if (!(link instanceof HTMLAnchorElement) || link.className !== "number" || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      handlers.openLine(Number(link.textContent));
    });
  }

  /** Whether the person reads above the end. */
  get isReading(): boolean {
    return !this.#follow.isFollowing;
  }

  /** Empties the log for another build. */
  open(id: string): void {
    this.#earlier.open(id);
    this.#build = undefined;
    this.#target = undefined;
    this.#clear();
    this.#follow.start();
    this.tick();
  }

  /** Updates the headings from a report on the build. */
  showBuild(build: Build): void {
    this.#build = build;
    this.#followChanged();
    this.tick();
  }

  /** Adds a line, or another state of one. */
  addLine(line: LogLine): void {
    this.#lastOutput = Date.parse(line.time);
    this.#queue.pushLine(line);
    this.#schedule();
  }

  /**
   * Notes that lines are missing. If their number is not known, the server sends everything that it keeps again, so the
   * rows on the page are removed.
   */
  addGap(gap: Gap): void {
    if (gap.missed === null) this.#clear();
    this.#queue.pushGap();
  }

  /** Notes that no line will follow. */
  end(): void {
    this.#isComplete = true;
    this.#queue.end();
    this.#schedule();
  }

  /** Updates the times. */
  tick(): void {
    this.#rows.showSteps(this.#build?.steps ?? [], this.#handlers.now());
    const text = waitingText(this.#build, this.#lastOutput, this.#handlers.now());
    setText(this.#waiting, text);
    this.#waiting.hidden = text === "";
    this.#follow.keep();
  }

  /**
   * Highlights a line and scrolls to it, also if it has not arrived yet; `undefined` removes the highlight.
   */
  goToLine(number: number | undefined): void {
    this.#log.querySelector(".target")?.classList.remove("target");
    this.#target = number;
    if (number === undefined) return;
    this.#follow.release();
    this.#revealTarget();
  }

  /** Scrolls to the beginning of a step. */
  goToStep(name: string): void {
    const beginning = this.#rows.revealStep(name);
    if (beginning === undefined) return;
    this.#follow.release();
    beginning.scrollIntoView({ block: "start" });
  }

  /** Scrolls to the first row. */
  goToTop(): void {
    this.#follow.release();
    this.#log.scrollTop = 0;
    this.focus();
  }

  /** Moves the focus to the log, so that the keyboard scrolls it. */
  focus(): void {
    this.#log.focus({ preventScroll: true });
  }

  /** Scrolls to the end and follows it. */
  goToEnd(): void {
    this.#follow.start();
    this.focus();
  }

  get #isActive(): boolean {
    return this.#build !== undefined && isActive(this.#build);
  }

  #schedule(): void {
    this.#frame ??= requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#frame = undefined;
    if (this.#queue.takeOverflow()) this.#rows.clear();
    const end = performance.now() + FRAME_BUDGET;
    let count = 0;
    let added = 0;
    while (this.#queue.size > 0 && (count % 50 !== 0 || performance.now() < end)) {
      const item = this.#queue.shift();
      if (item !== undefined) this.#rows.append(item);
      if (item?.type !== "update") added++;
      count++;
    }
    this.#rows.trim();
    this.#showEarlier();
    if (this.#queue.size > 0) this.#schedule();
    // The lines of a finished build are not new; they only take time to arrive.
    if (this.isReading && this.#isActive) this.#jump.unread += added;
    this.#followChanged();
    this.tick();
    this.#revealTarget();
  }

  #showEarlier(): void {
    this.#earlier.show((this.#rows.firstNumber ?? 1) - 1, this.#queue.lostThrough);
  }

  #clear(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
    this.#queue = new LogQueue(MAX_ROWS);
    this.#jump.unread = 0;
    this.#lastOutput = undefined;
    this.#isComplete = false;
    this.#rows.clear();
    this.#showEarlier();
  }

  #revealTarget(): void {
    if (this.#target === undefined) return;
    const row = document.getElementById(lineId(this.#target));
    if (row === null) {
      if (this.#queue.size > 0) return;
      const { lastNumber, lostThrough } = this.#queue;
      const reason = absentLineText(this.#target, { lastNumber, lostThrough, isComplete: this.#isComplete });
      if (reason === undefined) return;
      this.#handlers.notify(reason);
      this.#target = undefined;
      return;
    }
    this.#target = undefined;
    row.classList.add("target");
    this.#rows.revealRow(row);
    row.scrollIntoView({ block: "center" });
    // Blocks that become visible only now get their real height, which moves the line once more.
    requestAnimationFrame(() => row.scrollIntoView({ block: "center" }));
  }

  #followChanged(): void {
    this.#jump.show(this.#follow.isFollowing, this.#isActive);
    const digits = String(this.#queue.lastNumber).length;
    this.#log.dataset["digits"] = digits > 4 ? String(digits) : "";
  }
}
