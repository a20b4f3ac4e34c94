import { byId, create, createIcon, setText } from "../dom.ts";
import { stepDuration, stepOutcome } from "./step-text.ts";
import type { Step } from "../model.ts";

interface Entry {
  readonly item: HTMLLIElement;
  readonly button: HTMLButtonElement;
  readonly word: HTMLElement;
  readonly duration: HTMLElement;
  step: Step;
}

/** The steps of the build, each with its command, state and duration. A step is a button that leads to its lines. */
export class StepsView {
  readonly #list = byId("steps", HTMLOListElement);
  readonly #now: () => number;
  readonly #open: (name: string) => void;
  #entries: Entry[] = [];

  /**
   * @param now - The server's time, in milliseconds since 1970.
   * @param open - Called with a step's name when a person chooses the step.
   */
  constructor(now: () => number, open: (name: string) => void) {
    this.#now = now;
    this.#open = open;
  }

  /** Shows these steps. */
  show(steps: readonly Step[]): void {
    const isSame =
      steps.length === this.#entries.length && steps.every((step, i) => step.name === this.#entries[i]?.step.name);
    if (!isSame) {
      this.#entries = steps.map((step) => this.#createEntry(step));
      this.#list.replaceChildren(...this.#entries.map(({ item }) => item));
    }
    steps.forEach((step, index) => {
      const entry = this.#entries[index];
      if (entry !== undefined) this.#fill(entry, step);
    });
  }

  /** Updates the times. */
  tick(): void {
    for (const entry of this.#entries) this.#fillDuration(entry);
  }

  #createEntry(step: Step): Entry {
    const item = create("li");
    const button = create("button", "step");
    const word = create("span", "step-state step-word");
    const duration = create("span", "step-state");
    button.type = "button";
    button.append(create("span", "step-name", step.name), create("code", "step-command", step.command), word, duration);
    button.addEventListener("click", () => this.#open(step.name));
    item.append(button);
    return { item, button, word, duration, step };
  }

  #fill(entry: Entry, step: Step): void {
    if (entry.button.dataset["status"] !== step.status) {
      entry.button.querySelector(".icon")?.remove();
      entry.button.prepend(createIcon(step.status));
      entry.button.dataset["status"] = step.status;
    }
    entry.step = step;
    setText(entry.word, stepOutcome(step));
    this.#fillDuration(entry);
  }

  #fillDuration({ duration, step }: Entry): void {
    setText(duration, stepDuration(step, this.#now()));
  }
}
