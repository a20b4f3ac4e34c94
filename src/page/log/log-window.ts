import { byId } from "../dom.ts";
import { LogCanvas } from "./log-canvas.ts";
import { LogFollow } from "./log-follow.ts";
import { Viewport } from "./viewport.ts";
import type { CanvasHandlers } from "./log-canvas.ts";
import type { LineRange, LogRows } from "./log-rows.ts";

/** The parts of the log that the window needs. */
export interface WindowHandlers extends Pick<CanvasHandlers, "drawLine"> {
  /** Called before rows are drawn, with their lines. */
  readonly willDraw: (lines: LineRange) => void;
  /** Called after rows were drawn, and when following starts or ends. */
  readonly drawn: () => void;
}

/** How long scrolling must rest before the scroll bar is made exact, in milliseconds. */
const REST = 150;

/** How often drawn rows may turn out to be too low to fill the visible part, in one turn. */
const MAX_ROUNDS = 5;

/** The number of heights that the usual height of a row is taken from. */
const MAX_SAMPLES = 2000;

/** The distance from the end that still counts as the end, in pixels: fractions of pixels never add up exactly. */
const TOLERANCE = 4;

/** Shows the rows near the eye in an element that scrolls as if all rows were in it. */
export class LogWindow {
  readonly follow: LogFollow;
  readonly canvas: LogCanvas;
  readonly #rows: LogRows;
  readonly #handlers: WindowHandlers;
  readonly #scroller = byId("log", HTMLElement);
  readonly #space = byId("log-space", HTMLElement);
  readonly #tail = byId("log-tail", HTMLElement);
  readonly #viewport = new Viewport();
  #heights = new Map<number, number>();
  readonly #heightOf = (row: number): number | undefined => this.#heights.get(row);
  #visible: LineRange = { first: 1, last: 0 };
  #frame: number | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;
  /** Heights of lines that were visible when scrolling rested. */
  #samples: number[] = [];
  #isUpdating = false;
  #isPrinting = false;

  constructor(rows: LogRows, handlers: WindowHandlers) {
    this.#rows = rows;
    this.#handlers = handlers;
    this.canvas = new LogCanvas(rows, {
      drawLine: handlers.drawLine,
      toggleFold: (first) => this.#toggleFold(first),
    });
    this.follow = new LogFollow(this.#scroller, {
      canScrollUp: () => this.#scroller.scrollTop > 0,
      goToTop: () => this.show(0, 0),
      changed: () => this.update(),
    });
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // Wrapping, a rotated phone and a changed font all change the heights without a new line.
    const observer = new ResizeObserver(() => this.resized());
    for (const element of [this.#scroller, this.#tail]) observer.observe(element);
    // Paper has only the drawn rows, so the browser scrolls up, not the person.
    addEventListener("beforeprint", () => (this.#isPrinting = true));
    addEventListener("afterprint", () => {
      this.#isPrinting = false;
      this.#scroller.scrollTop = this.#viewport.scrollTop;
    });
  }

  /** The lines in the visible part. Without any, `last` is less than `first`. */
  get visible(): LineRange {
    return this.#visible;
  }

  /** Empties the window, and follows the end. */
  clear(): void {
    this.canvas.clear();
    this.#viewport.clear();
    this.#heights.clear();
    this.follow.set(true);
    this.update();
  }

  /** Changes the rows, while the visible ones stay where they are. */
  change(change: () => void): void {
    const index = this.#viewport.anchor;
    const row = index < this.#rows.count ? this.#rows.at(index) : undefined;
    const section = row?.type === "heading" ? this.#rows.sections[row.section]?.first : undefined;
    change();
    // Their indexes may differ now, so their heights must be measured again.
    this.#heights.clear();
    if (row === undefined) this.#viewport.moveAnchor(Math.min(index, this.#rows.count));
    else if (section !== undefined)
      this.#viewport.moveAnchor(this.#rows.rowOfSection(this.#rows.sectionOf(section) ?? 0));
    else if (row.type === "line") this.#viewport.moveAnchor(this.#rows.rowOf(row.number));
    else if (row.type === "gap") this.#viewport.moveAnchor(this.#rows.rowOf(row.first));
    this.update();
  }

  /** Shows a row. @param place - From 0, the top of the visible part, to 1, the bottom. */
  show(row: number, place: number): void {
    this.#prepare();
    this.#viewport.show(row, place);
    this.update();
  }

  /** Measures the rows again, because something has changed their heights. */
  resized(): void {
    this.#samples = [];
    this.update();
  }

  /** Draws soon: once in a frame, however often this is called. */
  schedule(): void {
    this.#frame ??= requestAnimationFrame(() => this.update());
  }

  /** Draws the rows near the eye. */
  update(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
    // Drawing can end following, and a changed size can be noticed meanwhile.
    if (this.#isUpdating) return;
    this.#isUpdating = true;
    this.#prepare();
    if (this.#viewport.height > 0) this.#draw();
    this.#isUpdating = false;
    this.#handlers.drawn();
  }

  #prepare(): void {
    const viewport = this.#viewport;
    viewport.height = this.#scroller.clientHeight;
    viewport.tail = this.#tail.offsetHeight;
    viewport.count = this.#rows.count;
    if (this.#samples.length > 0) return;
    viewport.rowHeight = Number.parseFloat(getComputedStyle(this.#scroller).lineHeight) || viewport.rowHeight;
  }

  #draw(): void {
    const viewport = this.#viewport;
    if (this.follow.isFollowing && !this.follow.isHeld) viewport.showEnd();
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { first, end } = viewport.plan(this.#heightOf);
      this.#handlers.willDraw(this.#linesOf(first, end));
      this.canvas.draw(first, end);
      // Before the first measurement, so that the browser lays out both changes together.
      this.#stretch();
      this.#keepWidth();
      this.#heights = this.canvas.measure();
      const layout = viewport.fix(this.#heightOf);
      if (layout.first >= first && layout.end <= end) break;
    }
    this.#place();
    this.#visible = this.#findVisible();
  }

  /** Moves the drawn rows and the scroll bar to where they belong. */
  #place(): void {
    const viewport = this.#viewport;
    this.#stretch();
    if (this.#scroller.scrollTop !== viewport.scrollTop) {
      this.#scroller.scrollTop = viewport.scrollTop;
      viewport.correct(this.#scroller.scrollTop);
    }
    const top = viewport.topOf(this.canvas.first, this.#heightOf) - this.canvas.borrowedHeight;
    // Not `top`: Firefox does not move the sticky headings when only that changes.
    this.canvas.element.style.marginTop = `${top}px`;
  }

  /** Makes the content as high as all rows. */
  #stretch(): void {
    const height = `${this.#viewport.rowsHeight}px`;
    if (this.#space.style.height !== height) this.#space.style.height = height;
  }

  /** Keeps the place of a person who has scrolled sideways when a long line is no longer drawn. */
  #keepWidth(): void {
    const { scrollLeft, clientWidth } = this.#scroller;
    this.canvas.element.style.minWidth = scrollLeft > 0 ? `${scrollLeft + clientWidth}px` : "";
  }

  #scrolled(): void {
    if (this.#isPrinting) return;
    // The browser scrolls up if the tail has become lower or the window higher; that is not the person.
    this.#viewport.height = this.#scroller.clientHeight;
    this.#viewport.tail = this.#tail.offsetHeight;
    const distance = this.#scroller.scrollTop - this.#viewport.scrollTop;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#settle(), REST);
    if (Math.abs(distance) < 1) return;
    this.#viewport.scrollTo(this.#scroller.scrollTop);
    // Drawing would return to the end while it is followed; whether the end is visible is known only after drawing.
    if (distance < 0) this.follow.scrolled(distance, this.#isAtEnd);
    this.update();
    if (distance > 0) this.follow.scrolled(distance, this.#isAtEnd);
  }

  get #isAtEnd(): boolean {
    return this.#viewport.maxScrollTop - this.#viewport.scrollTop <= TOLERANCE;
  }

  #settle(): void {
    // The scroll bar must not slip away from the mouse.
    if (this.follow.isHeld) {
      this.#rest = setTimeout(() => this.#settle(), REST);
      return;
    }
    if (this.follow.isFollowing) return;
    for (const [row, height] of this.#heights) if (this.#rows.at(row)?.type === "line") this.#samples.push(height);
    this.#samples = this.#samples.slice(-MAX_SAMPLES);
    // The median, because a single line can be as high as thousands of others.
    const usual = this.#samples.toSorted((one, other) => one - other)[this.#samples.length >>> 1];
    if (usual !== undefined) this.#viewport.settle(this.#heightOf, usual);
    this.update();
  }

  #toggleFold(first: number): void {
    const section = this.#rows.sectionOf(first);
    if (section === undefined) return;
    const isFolded = !this.#rows.isFolded(section);
    // The heading stays below the pointer, or at the top if its rows were far above.
    const heading = this.#rows.rowOfSection(section);
    const isDrawn = heading >= this.canvas.first;
    this.follow.set(false);
    this.change(() => this.#rows.fold(section, isFolded));
    if (isFolded && !isDrawn) this.show(heading, 0);
  }

  #linesOf(first: number, end: number): LineRange {
    let from: number | undefined;
    let to = 0;
    for (let index = first; index < end; index++) {
      const row = this.#rows.at(index);
      if (row?.type !== "line") continue;
      from ??= row.number;
      to = row.number;
    }
    return { first: from ?? 1, last: to };
  }

  #findVisible(): LineRange {
    const { scrollTop, height } = this.#viewport;
    let at = this.#viewport.topOf(this.canvas.first, this.#heightOf);
    let first: number | undefined;
    let last = 0;
    for (let index = this.canvas.first; at < scrollTop + height; index++) {
      const rowHeight = this.#heights.get(index);
      const row = this.#rows.at(index);
      if (rowHeight === undefined || row === undefined) break;
      at += rowHeight;
      if (at <= scrollTop || row.type !== "line") continue;
      first ??= row.number;
      last = row.number;
    }
    return { first: first ?? 1, last };
  }
}
