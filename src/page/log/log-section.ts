import { stepDuration, stepOutcome } from "../builds/step-text.ts";
import { create, createIcon, setText } from "../dom.ts";
import type { Step } from "../model.ts";

/** The drawn rows of one step below its heading, which folds them; lines of the whole build have no heading. */
export class LogSection {
  readonly element: HTMLElement = create("section", "section");
  /** The step's name; null for lines of the whole build. */
  readonly step: string | null;
  /** The parent of the rows. */
  readonly body: HTMLElement = create("div", "section-body");
  readonly #title = create("h2", "section-title");
  readonly #heading = create("button", "section-heading");
  readonly #state = create("span", "step-state");
  readonly #command = create("code", "step-command");

  /** @param fold - Called when the person folds or unfolds the section. */
  constructor(step: string | null, fold: () => void) {
    this.step = step;
    if (step !== null) {
      this.#heading.type = "button";
      this.#heading.append(create("span", "step-name", step), this.#command, this.#state);
      this.#heading.addEventListener("click", fold);
      this.#title.append(this.#heading);
      this.element.append(this.#title);
    }
    this.element.append(this.body);
  }

  /** The height of the heading, in pixels; 0 without one. */
  get headingHeight(): number {
    return this.step === null ? 0 : this.#title.getBoundingClientRect().height;
  }

  /** Shows whether the section is folded. */
  showFolded(isFolded: boolean): void {
    const isExpanded = String(!isFolded);
    if (this.#heading.getAttribute("aria-expanded") !== isExpanded)
      this.#heading.setAttribute("aria-expanded", isExpanded);
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
}
