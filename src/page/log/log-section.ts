import { stepDuration, stepOutcome } from "../builds/step-text.ts";
import { create, createIcon, setText } from "../dom.ts";
import type { Step } from "../model.ts";

/** The number of rows in a block. A full block outside the visible part costs the browser no layout and no painting. */
const BLOCK_ROWS = 200;

/** Consecutive lines of one step below its heading, which folds them; lines of the whole build have no heading. */
export class LogSection {
  readonly element: HTMLElement = create("section", "section");
  /** The step's name; null for lines of the whole build. */
  readonly step: string | null;
  readonly #body = create("div", "section-body");
  readonly #heading = create("button", "section-heading");
  readonly #state = create("span", "step-state");
  readonly #command = create("code", "step-command");
  #block: HTMLElement | undefined;
  #rowsInBlock = 0;

  constructor(step: string | null) {
    this.step = step;
    if (step !== null) {
      this.#heading.type = "button";
      this.#heading.append(create("span", "step-name", step), this.#command, this.#state);
      this.#heading.addEventListener("click", () => this.#fold(!this.#body.hidden));
      this.#fold(false);
      const title = create("h2", "section-title");
      title.append(this.#heading);
      this.element.append(title);
    }
    this.element.append(this.#body);
  }

  /** Whether all its rows were removed. */
  get isEmpty(): boolean {
    return this.#body.childElementCount === 0;
  }

  /** The number of its first line, on the page or missing. */
  get firstNumber(): number | undefined {
    const first = this.#body.firstElementChild;
    return first instanceof HTMLElement ? Number(first.dataset["first"]) : undefined;
  }

  /** Adds a row at the end. It stands for the line `number`, or for missing lines from `number` on. */
  append(row: HTMLElement, number: number): void {
    if (this.#block === undefined || this.#rowsInBlock === BLOCK_ROWS) {
      this.#block = create("div", "block");
      this.#block.dataset["first"] = String(number);
      this.#rowsInBlock = 0;
      this.#body.append(this.#block);
    }
    this.#block.append(row);
    if (++this.#rowsInBlock === BLOCK_ROWS) this.#block.classList.add("full");
  }

  /** Removes the oldest block and returns its number of rows. */
  dropBlock(): number {
    const block = this.#body.firstElementChild;
    if (block === null) return 0;
    if (block === this.#block) this.#block = undefined;
    block.remove();
    return block.childElementCount;
  }

  /** Makes its rows visible. */
  unfold(): void {
    this.#fold(false);
  }

  /** Updates the heading. */
  showStep(step: Step, now: number): void {
    if (this.#heading.dataset["status"] !== step.status) {
      this.#heading.querySelector(".icon")?.remove();
      this.#heading.prepend(createIcon(step.status));
      this.#heading.dataset["status"] = step.status;
    }
    setText(this.#command, step.command);
    setText(this.#state, `${stepOutcome(step)} ${stepDuration(step, now)}`);
  }

  #fold(hidden: boolean): void {
    this.#body.hidden = hidden;
    this.#heading.setAttribute("aria-expanded", String(!hidden));
  }
}
