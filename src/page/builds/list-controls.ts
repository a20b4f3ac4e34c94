import { byId, setText } from "../dom.ts";
import { words } from "../words/words.ts";
import { everything } from "./list-filter.ts";
import type { ListFilter, StatusGroup } from "./list-filter.ts";

/** How long the page waits for the next letter before it searches, in milliseconds. */
const SEARCH_DELAY = 200;

/** The actions of the controls. */
export interface ListHandlers {
  /** Lists more builds; the promise never rejects. */
  readonly older: () => Promise<unknown>;
  /** Lists only the builds that a filter selects. */
  readonly filter: (filter: ListFilter) => void;
}

/** The controls of the list of builds: they filter it, load older builds, and unfold it in a narrow window. */
export class ListControls {
  readonly #project = byId("filter-button", HTMLButtonElement);
  readonly #search = byId("builds-search", HTMLInputElement);
  readonly #group = byId("builds-status", HTMLSelectElement);
  readonly #older = byId("older-button", HTMLButtonElement);
  readonly #fold = byId("builds-button", HTMLButtonElement);
  readonly #none = byId("builds-empty", HTMLElement);
  readonly #list = byId("builds-list", HTMLOListElement);
  #filter: ListFilter = everything;
  #searching: ReturnType<typeof setTimeout> | undefined;
  #isLoading = false;

  constructor(handlers: ListHandlers) {
    const change = (part: Partial<ListFilter>): void => {
      this.#filter = { ...this.#filter, ...part };
      handlers.filter(this.#filter);
    };
    // Some browsers restore the values after a reload.
    this.#search.value = "";
    this.#group.value = "all";
    this.#project.addEventListener("click", () => {
      const isOneProject = !this.#filter.isOneProject;
      this.#project.setAttribute("aria-pressed", String(isOneProject));
      change({ isOneProject });
    });
    this.#search.addEventListener("input", () => {
      clearTimeout(this.#searching);
      this.#searching = setTimeout(() => change({ search: this.#search.value.trim() }), SEARCH_DELAY);
    });
    this.#group.addEventListener("change", () => change({ group: this.#group.value as StatusGroup }));
    this.#older.addEventListener("click", () => void this.#loadOlder(handlers));
    this.#fold.addEventListener("click", () => this.fold(document.body.classList.contains("listing")));
  }

  /** Folds or unfolds the list in a narrow window. A wide window always shows it. */
  fold(isFolded: boolean): void {
    document.body.classList.toggle("listing", !isFolded);
    this.#fold.setAttribute("aria-expanded", String(!isFolded));
  }

  /** Shows the controls that apply to the list. */
  show(hasBuilds: boolean, hasOlder: boolean): void {
    const { isOneProject, search, group } = this.#filter;
    const isFiltered = isOneProject || search !== "" || group !== "all";
    this.#none.hidden = hasBuilds;
    setText(this.#none, isFiltered ? words().noneMatch : words().noneYet);
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
