import { byId } from "../dom.ts";
import { createGap, createLine, updateLine } from "./log-row.ts";
import { LogSection } from "./log-section.ts";
import type { Step } from "../model.ts";
import type { LogItem } from "./log-queue.ts";

/** The rows on the page, in one section for each step. Beyond a limit the oldest rows are removed. */
export class LogRows {
  /** The parent of the sections; its height is that of the log. */
  readonly element: HTMLElement = byId("sections", HTMLElement);
  readonly #limit: number;
  #sections: LogSection[] = [];
  #count = 0;

  /** @param limit - The maximum number of rows. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The number of the line at the top, on the page or missing there; `undefined` without rows. */
  get firstNumber(): number | undefined {
    return this.#sections[0]?.firstNumber;
  }

  /** Adds a row at the end, or changes one that is on the page. */
  append(item: LogItem): void {
    if (item.type === "update") {
      updateLine(item.line.number, item.spans);
      return;
    }
    const last = this.#sections.at(-1);
    // A gap belongs to the section in which it occurs.
    const step = item.type === "line" ? item.line.step : (last?.step ?? null);
    const section = last === undefined || last.step !== step ? this.#addSection(step) : last;
    if (item.type === "gap") section.append(createGap(item.count), item.from);
    else section.append(createLine(item.line, item.spans, item.time), item.line.number);
    this.#count++;
  }

  /** Removes the oldest blocks until the number of rows is within the limit. */
  trim(): void {
    while (this.#count > this.#limit) {
      const [oldest] = this.#sections;
      if (oldest === undefined) return;
      this.#count -= oldest.dropBlock();
      if (!oldest.isEmpty) continue;
      oldest.element.remove();
      this.#sections.shift();
    }
  }

  /** Removes everything. */
  clear(): void {
    this.element.replaceChildren();
    this.#sections = [];
    this.#count = 0;
  }

  /** Updates the headings. */
  showSteps(steps: readonly Step[], now: number): void {
    for (const section of this.#sections) {
      const step = steps.find(({ name }) => name === section.step);
      if (step !== undefined) section.showStep(step, now);
    }
  }

  /** Unfolds a step and returns its section; `undefined` if none of its rows is on the page. */
  revealStep(name: string): HTMLElement | undefined {
    const section = this.#sections.find(({ step }) => step === name);
    section?.unfold();
    return section?.element;
  }

  /** Unfolds the section that a row is in. */
  revealRow(row: HTMLElement): void {
    this.#sections.find(({ element }) => element.contains(row))?.unfold();
  }

  #addSection(step: string | null): LogSection {
    const section = new LogSection(step);
    this.#sections.push(section);
    this.element.append(section.element);
    return section;
  }
}
