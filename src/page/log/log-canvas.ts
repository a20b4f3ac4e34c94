import { byId, create } from "../dom.ts";
import { LineRow } from "../line/line-row.ts";
import { words } from "../words/words.ts";
import { LogSection } from "./log-section.ts";
import type { Step } from "../model.ts";
import type { LogRows, Row } from "./log-rows.ts";

/** How the canvas draws the rows that it is given. */
export interface CanvasHandlers {
  /** Draws the content of a line. `isHeld`: a selection begins or ends in it. */
  readonly drawLine: (row: LineRow, isHeld: boolean) => void;
  /** The person folds or unfolds the section that begins with this line. */
  readonly toggleFold: (first: number) => void;
}

/** The elements of the rows near the eye, in one section for each step. */
export class LogCanvas {
  readonly element: HTMLElement = byId("sections", HTMLElement);
  readonly #rows: LogRows;
  readonly #handlers: CanvasHandlers;
  /** The drawn sections, lines and gaps, by the number of their first line. */
  readonly #sections = new Map<number, LogSection>();
  readonly #lines = new Map<number, LineRow>();
  readonly #gaps = new Map<number, HTMLElement>();
  #first = 0;
  #end = 0;
  #steps: readonly Step[] = [];
  #now = 0;

  constructor(rows: LogRows, handlers: CanvasHandlers) {
    this.#rows = rows;
    this.#handlers = handlers;
  }

  /** The index of the first drawn row. */
  get first(): number {
    return this.#first;
  }

  /**
   * The height of a heading above the first row that is not at its place: the heading of a section whose first rows are
   * far above.
   */
  get borrowedHeight(): number {
    if (this.#first === this.#end || this.#rows.at(this.#first)?.type === "heading") return 0;
    return this.#sectionAt(this.#first)?.headingHeight ?? 0;
  }

  /** Removes everything. */
  clear(): void {
    this.element.replaceChildren();
    for (const drawn of [this.#sections, this.#lines, this.#gaps]) drawn.clear();
    this.#first = this.#end = 0;
  }

  /** Draws the rows from index `first` to before `end`, and removes all others. */
  draw(first: number, end: number): void {
    this.#first = first;
    this.#end = end;
    const wanted = this.#group(first, end);
    const held = heldLines();
    this.#removeOthers(wanted, held);
    let next = this.element.firstElementChild;
    for (const [section, rows] of wanted) {
      const drawn = this.#sectionFor(section);
      next = place(this.element, drawn.element, next);
      drawn.element.classList.remove("kept");
      drawn.showFolded(this.#rows.isFolded(section));
      let nextRow = drawn.body.firstElementChild;
      for (const row of rows) {
        if (row.type === "heading") continue;
        // Rows that only a selection keeps stay where they are.
        while (nextRow !== null && this.#isKept(nextRow, row)) nextRow = nextRow.nextElementSibling;
        nextRow = place(drawn.body, this.#elementOf(row, held), nextRow);
      }
    }
  }

  /** Measures the drawn rows: the height of each by its index, in pixels. */
  measure(): Map<number, number> {
    const heights = new Map<number, number>();
    for (let index = this.#first; index < this.#end; index++) {
      const row = this.#rows.at(index);
      if (row?.type === "heading") heights.set(index, this.#sectionAt(index)?.headingHeight ?? 0);
      else if (row !== undefined) {
        const element = row.type === "line" ? this.#lines.get(row.number)?.element : this.#gaps.get(row.first);
        if (element !== undefined) heights.set(index, element.getBoundingClientRect().height);
      }
    }
    return heights;
  }

  /** Updates the headings. */
  showSteps(steps: readonly Step[], now: number): void {
    this.#steps = steps;
    this.#now = now;
    for (const section of this.#sections.values()) this.#showStep(section);
  }

  #showStep(section: LogSection): void {
    const step = this.#steps.find(({ name }) => name === section.step);
    if (step !== undefined) section.showStep(step, this.#now);
  }

  /** The rows of a range, by the index of their section. */
  #group(first: number, end: number): Map<number, Row[]> {
    const groups = new Map<number, Row[]>();
    for (let index = first; index < end; index++) {
      const section = this.#rows.sectionAt(index);
      const row = this.#rows.at(index);
      if (section === undefined || row === undefined) continue;
      const group = groups.get(section);
      if (group === undefined) groups.set(section, [row]);
      else group.push(row);
    }
    return groups;
  }

  #removeOthers(wanted: ReadonlyMap<number, readonly Row[]>, held: ReadonlySet<number>): void {
    const lines = new Set<number>();
    const gaps = new Set<number>();
    for (const row of [...wanted.values()].flat()) {
      if (row.type === "line") lines.add(row.number);
      else if (row.type === "gap") gaps.add(row.first);
    }
    for (const [number, row] of this.#lines) {
      if (lines.has(number)) continue;
      if (held.has(number)) row.hide();
      else {
        row.element.remove();
        this.#lines.delete(number);
      }
    }
    for (const [number, element] of this.#gaps) {
      element.remove();
      if (!gaps.has(number)) this.#gaps.delete(number);
    }
    const sections = new Set([...wanted.keys()].map((index) => this.#rows.sections[index]?.first));
    for (const [first, section] of this.#sections) {
      if (sections.has(first)) continue;
      if (section.body.childElementCount > 0) section.element.classList.add("kept");
      else {
        section.element.remove();
        this.#sections.delete(first);
      }
    }
  }

  #sectionAt(index: number): LogSection | undefined {
    const section = this.#rows.sections[this.#rows.sectionAt(index) ?? -1];
    return section === undefined ? undefined : this.#sections.get(section.first);
  }

  #sectionFor(index: number): LogSection {
    const { first, step } = this.#rows.sections[index] ?? { first: 1, step: null };
    let section = this.#sections.get(first);
    if (section === undefined || section.step !== step) {
      section?.element.remove();
      section = new LogSection(step, () => this.#handlers.toggleFold(first));
      this.#sections.set(first, section);
      this.#showStep(section);
    }
    return section;
  }

  #elementOf(row: Exclude<Row, { type: "heading" }>, held: ReadonlySet<number>): HTMLElement {
    if (row.type === "line") {
      let line = this.#lines.get(row.number);
      if (line === undefined) this.#lines.set(row.number, (line = new LineRow(row.number)));
      this.#handlers.drawLine(line, held.has(row.number));
      return line.element;
    }
    let gap = this.#gaps.get(row.first);
    if (gap === undefined) this.#gaps.set(row.first, (gap = create("div", "gap")));
    const text = words().linesGone(row.last - row.first + 1);
    if (gap.textContent !== text) gap.textContent = text;
    return gap;
  }

  /** Whether an element stays before a row, although it is not drawn. */
  #isKept(element: Element, row: Row): boolean {
    if (!element.classList.contains("kept")) return false;
    return row.type !== "line" || Number((element as HTMLElement).dataset["line"]) < row.number;
  }
}

/** The lines in which a selection begins or ends. */
function heldLines(): Set<number> {
  const selection = getSelection();
  const held = new Set<number>();
  if (selection === null || selection.isCollapsed) return held;
  for (const node of [selection.anchorNode, selection.focusNode]) {
    const element = node instanceof Element ? node : node?.parentElement;
    const line = element?.closest<HTMLElement>("#sections .line")?.dataset["line"];
    if (line !== undefined) held.add(Number(line));
  }
  return held;
}

/** Makes an element the next child, and returns the one after it. */
function place(parent: Element, element: Element, next: Element | null): Element | null {
  if (element === next) return next.nextElementSibling;
  parent.insertBefore(element, next);
  return next;
}
