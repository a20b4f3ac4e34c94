import { isActive } from "../builds/status.ts";
import { byId, setText } from "../dom.ts";
import { words } from "../words/words.ts";
import { errorLines, firstError, nextError } from "./error-marks.ts";
import type { LogView } from "../log/log-view.ts";
import type { Build, Outline } from "../model.ts";

/** The parts of the page that the jumps need. */
export interface ErrorJumpHandlers {
  /** Requests the newest outline of a build's log. */
  readonly getOutline: (id: string) => Promise<Outline>;
  /** Makes a line the current one, and scrolls to it. */
  readonly goToLine: (line: number) => void;
  readonly announce: (text: string) => void;
  /** The marks have changed. */
  readonly changed: () => void;
}

/** The pause between two requests for the marks of a build that runs, in milliseconds. */
const PAUSE = 5000;

const NO_MARKS: Outline["marks"] = [];

/**
 * Jumps between the lines that look like errors. A failed build opens at its first error. A build that fails while the
 * page shows it only offers the jump, so that nothing moves while the person reads.
 */
export class ErrorJumps {
  readonly #log: LogView;
  readonly #handlers: ErrorJumpHandlers;
  readonly #button = byId("error-button", HTMLButtonElement);
  readonly #offer = byId("error-offer", HTMLButtonElement);
  #id = "";
  #build: Build | undefined;
  #outline: Outline | undefined;
  #errors: readonly number[] = [];
  #current: number | undefined;
  /** Whether the address names lines. */
  #hasTarget = false;
  /** Whether the page showed the build while it ran. */
  #wasActive = false;
  #refreshedAt = 0;
  #isRefreshing = false;

  constructor(log: LogView, handlers: ErrorJumpHandlers) {
    this.#log = log;
    this.#handlers = handlers;
    this.#button.addEventListener("click", (event) => this.jump(event.shiftKey));
    this.#offer.addEventListener("click", () => this.#goToFirst());
  }

  /** The lines that are marked. */
  get marks(): Outline["marks"] {
    return this.#outline?.marks ?? NO_MARKS;
  }

  /** Prepares for another build. @param hasTarget - Whether the address names lines. */
  open(id: string, hasTarget: boolean): void {
    this.#id = id;
    this.#build = undefined;
    this.#hasTarget = hasTarget;
    this.#wasActive = false;
    this.#current = undefined;
    this.#offer.hidden = true;
    this.#set(undefined);
  }

  showBuild(build: Build): void {
    this.#build = build;
    this.#wasActive ||= isActive(build);
  }

  /** Shows the marks. With the first outline of a failed build, the log scrolls to its first error. */
  showOutline(outline: Outline): void {
    const isFirst = this.#outline === undefined;
    this.#refreshedAt = performance.now();
    this.#set(outline);
    const hasMoved = !this.#log.follow || this.#hasTarget;
    if (isFirst && !hasMoved && this.#build?.status === "failed") this.#goToFirst();
  }

  /** Notes that the log is complete. */
  async end(): Promise<void> {
    if (!this.#wasActive) return;
    this.#wasActive = false;
    await this.#refresh();
    if (this.#build?.status !== "failed" || this.#outline === undefined) return;
    const first = firstError(this.#outline, this.#build);
    const { firstVisible, lastVisible } = this.#log;
    this.#offer.hidden = first === undefined || (first >= firstVisible && first <= lastVisible);
  }

  /** Notes that lines may have been added, so that a build that runs has its marks, too. */
  grow(): void {
    const { lineCount = Infinity } = this.#outline ?? {};
    const isDue = performance.now() - this.#refreshedAt >= PAUSE;
    if (this.#wasActive && isDue && this.#log.lineCount > lineCount) void this.#refresh();
  }

  /** Jumps to the next error, or to the previous one. The first jump leads to the first error. */
  jump(isBack: boolean): void {
    if (this.#current === undefined && !isBack) this.#goToFirst();
    else this.#goTo(nextError(this.#errors, this.#current, isBack));
  }

  async #refresh(): Promise<void> {
    if (this.#isRefreshing) return;
    const id = this.#id;
    this.#isRefreshing = true;
    try {
      const outline = await this.#handlers.getOutline(id);
      if (id === this.#id) this.#set(outline);
    } catch {
      // The marks stay as they are until the next request.
    } finally {
      this.#refreshedAt = performance.now();
      this.#isRefreshing = false;
    }
  }

  #goToFirst(): void {
    if (this.#outline === undefined || this.#build === undefined) return;
    const hasFailed = this.#build.status === "failed";
    this.#goTo(hasFailed ? firstError(this.#outline, this.#build) : this.#errors[0]);
  }

  #goTo(line: number | undefined): void {
    if (line === undefined) return;
    this.#current = line;
    this.#offer.hidden = true;
    this.#handlers.goToLine(line);
    this.#handlers.announce(words().errorAt(this.#errors.indexOf(line) + 1, this.#errors.length, line));
    this.#showButton();
  }

  #set(outline: Outline | undefined): void {
    this.#outline = outline;
    this.#errors = errorLines(outline);
    this.#log.setMarks(new Map(outline?.marks.map(({ line, kind }) => [line, kind])));
    this.#showButton();
    this.#handlers.changed();
  }

  #showButton(): void {
    const { firstError: first, nextError: next } = words();
    const count = this.#errors.length;
    this.#button.hidden = count === 0;
    const place = this.#current === undefined ? -1 : this.#errors.indexOf(this.#current);
    setText(this.#button, place === -1 ? first : next(place + 1, count));
  }
}
