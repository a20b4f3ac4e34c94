import { byId } from "../dom.ts";

/** The actions of the buttons. */
export interface ListHandlers {
  /** Lists more builds; the promise never rejects. */
  readonly older: () => Promise<unknown>;
  /** Lists only the builds of one project, or those of all. */
  readonly filter: (isFiltered: boolean) => void;
}

/** The buttons of the list of builds: one filters it, and one loads older builds. */
export class ListControls {
  readonly #filter = byId("filter-button", HTMLButtonElement);
  readonly #older = byId("older-button", HTMLButtonElement);
  readonly #list = byId("builds-list", HTMLOListElement);
  #isLoading = false;

  constructor(handlers: ListHandlers) {
    this.#filter.addEventListener("click", () => {
      const isFiltered = this.#filter.getAttribute("aria-pressed") !== "true";
      this.#filter.setAttribute("aria-pressed", String(isFiltered));
      handlers.filter(isFiltered);
    });
    this.#older.addEventListener("click", () => void this.#loadOlder(handlers));
  }

  /** Shows the buttons that apply to the list. */
  show(hasBuilds: boolean, hasOlder: boolean): void {
    this.#filter.hidden = !hasBuilds;
    // A keyboard user continues from the oldest build.
    if (!hasOlder && document.activeElement === this.#older)
      this.#list.querySelector<HTMLElement>("li:last-child a")?.focus();
    this.#older.hidden = !hasOlder;
  }

  async #loadOlder({ older }: ListHandlers): Promise<void> {
    if (this.#isLoading) return;
    this.#isLoading = true;
    this.#older.setAttribute("aria-busy", "true");
    await older();
    this.#older.removeAttribute("aria-busy");
    this.#isLoading = false;
  }
}
