import { byId, setText } from "../dom.ts";
import { words } from "../words/words.ts";
import { everything } from "./list-filter.ts";
import type { Project } from "../model.ts";
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

/** A project that the list can be limited to. */
export type ListedProject = Pick<Project, "path" | "name">;

/** The controls of the list of builds: they filter it, load older builds, and unfold it in a narrow window. */
export class ListControls {
  readonly #project = byId("builds-project", HTMLSelectElement);
  readonly #search = byId("builds-search", HTMLInputElement);
  readonly #group = byId("builds-status", HTMLSelectElement);
  readonly #older = byId("older-button", HTMLButtonElement);
  readonly #fold = byId("builds-button", HTMLButtonElement);
  readonly #none = byId("builds-empty", HTMLElement);
  readonly #list = byId("builds-list", HTMLOListElement);
  readonly #projects = new Map<string, string>();
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
    this.#project.addEventListener("change", () => change({ project: this.#project.value }));
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
    const { project, search, group } = this.#filter;
    const isFiltered = project !== "" || search !== "" || group !== "all";
    this.#none.hidden = hasBuilds;
    setText(this.#none, isFiltered ? words().noneMatch : words().noneYet);
    // A keyboard user continues from the oldest build.
    if (!hasOlder && document.activeElement === this.#older)
      this.#list.querySelector<HTMLElement>("li:last-child a")?.focus();
    this.#older.hidden = !hasOlder;
  }

  /** Offers projects to choose from, in addition to those it already offers. */
  offer(projects: Iterable<ListedProject>): void {
    const { size } = this.#projects;
    for (const { path, name } of projects) this.#projects.set(path, name);
    if (this.#projects.size === size) return;
    const names = [...this.#projects.values()];
    const label = (path: string, name: string): string =>
      names.indexOf(name) === names.lastIndexOf(name) ? name : `${name} (${path})`;
    const options = Array.from(this.#projects, ([path, name]) => new Option(label(path, name), path));
    const { value } = this.#project;
    const all = this.#project.options[0];
    this.#project.replaceChildren(
      ...(all === undefined ? [] : [all]),
      ...options.sort((one, other) => one.text.localeCompare(other.text)),
    );
    this.#project.value = value;
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
