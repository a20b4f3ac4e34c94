import { byId, create } from "../dom.ts";
import { lineAt, mapMarks } from "./map-marks.ts";
import type { Outline } from "../model.ts";
import type { MapMark } from "./map-marks.ts";

/** The content of the map. */
export interface MapContent {
  readonly lineCount: number;
  readonly hits: readonly number[];
  readonly marks: Outline["marks"];
  /** The line of the current hit or error. */
  readonly current: number | undefined;
}

/** The pause between two drawings of the marks, in milliseconds. */
const PAUSE = 250;

/** The height of a mark, and the maximum number of marks of one kind. */
const MARK_HEIGHT = 3;
const MAX_PLACES = 300;

/**
 * A map of the whole log beside its scroll bar: the hits of a search, the lines that look like errors, and the visible
 * part. It is for the pointer; everything on it is in reach of the keyboard, too.
 */
export class LogMap {
  readonly #element = byId("log-map", HTMLElement);
  readonly #view = create("div", "map-view");
  readonly #marks = create("div");
  #content: MapContent = { lineCount: 0, hits: [], marks: [], current: undefined };
  #drawn: MapContent | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param goToLine - Called when the person points at a place. */
  constructor(goToLine: (line: number) => void) {
    this.#element.append(this.#marks, this.#view);
    const point = (event: PointerEvent): void => {
      const { top, height } = this.#element.getBoundingClientRect();
      const { lineCount } = this.#content;
      if (lineCount > 0) goToLine(this.#near(lineAt((event.clientY - top) / height, lineCount)));
    };
    this.#element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.#element.setPointerCapture(event.pointerId);
      point(event);
    });
    this.#element.addEventListener("pointermove", (event) => {
      if (this.#element.hasPointerCapture(event.pointerId)) point(event);
    });
    new ResizeObserver(() => this.#schedule()).observe(this.#element);
  }

  /** Shows other marks. */
  show(content: MapContent): void {
    const before = this.#content;
    const isSame =
      before.lineCount === content.lineCount &&
      before.hits === content.hits &&
      before.marks === content.marks &&
      before.current === content.current;
    if (isSame) return;
    this.#content = content;
    this.#schedule();
  }

  /** Shows which lines are visible. */
  showVisible(first: number, last: number, lineCount: number): void {
    this.#view.hidden = last < first;
    this.#place("top", first - 1, lineCount);
    this.#place("height", last - first + 1, lineCount);
  }

  /** Rounded, so that a log that grows does not change the map in every frame. */
  #place(side: "top" | "height", lines: number, lineCount: number): void {
    const part = `${((lines / Math.max(1, lineCount)) * 100).toFixed(1)}%`;
    if (this.#view.style[side] !== part) this.#view.style[side] = part;
  }

  /** The mark at a line, as close as the map can show it; otherwise the line. */
  #near(line: number): number {
    const { lineCount, hits, marks } = this.#content;
    const reach = (lineCount / Math.max(1, this.#element.clientHeight)) * MARK_HEIGHT;
    let nearest = line;
    let distance = reach;
    for (const number of [...hits, ...marks.map((mark) => mark.line)]) {
      if (Math.abs(number - line) > distance) continue;
      nearest = number;
      distance = Math.abs(number - line);
    }
    return nearest;
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    this.#draw();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#drawn !== this.#content) this.#schedule();
    }, PAUSE);
  }

  #draw(): void {
    const { lineCount, hits, marks, current } = this.#content;
    this.#drawn = this.#content;
    const places = Math.min(MAX_PLACES, Math.floor(this.#element.clientHeight / MARK_HEIGHT));
    if (places < 1) return;
    const kinds: readonly (readonly [string, readonly number[]])[] = [
      ["map-warning", marks.filter(({ kind }) => kind === "warning").map(({ line }) => line)],
      ["map-error", marks.filter(({ kind }) => kind !== "warning").map(({ line }) => line)],
      ["map-hit", hits],
      ["map-current", current === undefined ? [] : [current]],
    ];
    const elements = kinds.flatMap(([name, lines]) =>
      mapMarks(lines, lineCount, places).map((mark) => markElement(name, mark)),
    );
    this.#marks.replaceChildren(...elements);
  }
}

function markElement(name: string, { top, height }: MapMark): HTMLElement {
  const element = create("div", name);
  element.style.top = `${top}%`;
  element.style.height = `${height}%`;
  return element;
}
