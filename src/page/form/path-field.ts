import { byId, create, setText } from "../dom.ts";
import { words } from "../words/words.ts";
import { recentPaths } from "./recent-paths.ts";
import { splitMatches, suggest } from "./suggestions.ts";
import type { Project } from "../model.ts";
import type { Suggestion } from "./suggestions.ts";

/**
 * The field for a project's path, with suggestions below it: an editable combobox with a list (WAI-ARIA 1.2). The focus
 * stays in the field; `aria-activedescendant` names the suggestion that Enter takes.
 */
export class PathField {
  /** The field itself. */
  readonly input: HTMLInputElement = byId("project-path", HTMLInputElement);
  readonly #list = byId("path-options", HTMLUListElement);
  #projects: readonly Project[] = [];
  #suggestions: readonly Suggestion[] = [];
  #active = -1;
  /** Whether the list ignores the text, because the person has not typed it in order to search. */
  #showsAll = true;
  #isTyping = false;
  /** The path that was entered last without typing, and as the field shows it. */
  #chosen = { path: "", shown: "" };

  constructor() {
    this.input.addEventListener("input", () => {
      this.#isTyping = true;
      this.#showsAll = false;
      this.#open(-1);
    });
    this.input.addEventListener("keydown", (event) => this.#pressed(event));
    this.input.addEventListener("click", () => {
      if (!this.#isOpen) this.#open(-1);
    });
    this.input.addEventListener("blur", () => {
      this.#isTyping = false;
      this.#close();
    });
    // The focus stays in the field.
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.#list.addEventListener("click", (event) => {
      const option = event.target instanceof Element ? event.target.closest('[role="option"]') : null;
      if (option !== null) this.#take([...this.#list.children].indexOf(option));
    });
  }

  /** The path. */
  get value(): string {
    const { path, shown } = this.#chosen;
    return this.input.value === shown ? path : this.input.value;
  }

  set value(path: string) {
    this.input.value = path;
    // The field shows no line breaks, which a path can have.
    this.#chosen = { path, shown: this.input.value };
    this.#showsAll = true;
  }

  /** Whether the person types in the field. */
  get isTyping(): boolean {
    return this.#isTyping;
  }

  /** Offers these projects. */
  offer(projects: readonly Project[]): void {
    this.#projects = projects;
    if (this.#isOpen) this.#open(-1);
  }

  /** Hides the suggestions. */
  close(): void {
    this.#isTyping = false;
    this.#close();
  }

  get #isOpen(): boolean {
    return !this.#list.hidden;
  }

  #pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.isComposing) return;
    if (event.key === "ArrowDown") this.#move(1, event.altKey);
    else if (event.key === "ArrowUp") this.#move(-1, event.altKey);
    else if (event.key === "Enter" && this.#isOpen && this.#active !== -1) this.#take(this.#active);
    else if (event.key === "Escape" && this.#isOpen) this.#close();
    else return;
    event.preventDefault();
  }

  /** @param isBare - Whether the key only opens or closes the list, as Alt with an arrow does. */
  #move(step: 1 | -1, isBare: boolean): void {
    if (isBare) {
      if (step === 1) this.#open(-1);
      else this.#close();
      return;
    }
    if (!this.#isOpen) this.#open(-1);
    const count = this.#suggestions.length;
    if (count === 0) return;
    // Between the last suggestion and the first one, the text itself has its turn.
    this.#activate(((this.#active + step + 1 + count + 1) % (count + 1)) - 1);
  }

  #open(active: number): void {
    const query = this.#showsAll ? "" : this.value.trim();
    this.#suggestions = suggest(query, this.#projects, recentPaths());
    this.#list.replaceChildren(...this.#suggestions.map((suggestion, index) => createOption(suggestion, index, query)));
    const isOpen = this.#suggestions.length > 0;
    this.#list.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", String(isOpen));
    this.#activate(active);
  }

  #close(): void {
    this.#list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.#activate(-1);
  }

  #activate(index: number): void {
    this.#list.children[this.#active]?.setAttribute("aria-selected", "false");
    this.#active = index;
    const option = this.#list.children[index];
    if (option === undefined) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  #take(index: number): void {
    const suggestion = this.#suggestions[index];
    if (suggestion === undefined) return;
    this.value = suggestion.path;
    // The form withdraws its complaint about the former text.
    this.input.form?.dispatchEvent(new Event("input"));
    this.#close();
  }
}

function createOption({ path, name, isRecent }: Suggestion, index: number, query: string): HTMLLIElement {
  const option = create("li", "path-option");
  option.id = `path-option-${index}`;
  option.role = "option";
  option.setAttribute("aria-selected", "false");
  const title = create("span", "path-option-name");
  title.append(...marked(name, query));
  const detail = create("span", "path-option-path");
  detail.append(...marked(path, query));
  option.append(title, detail);
  if (isRecent) {
    const note = create("span", "path-option-note");
    setText(note, words().recent);
    option.append(note);
  }
  return option;
}

function marked(text: string, query: string): (string | HTMLElement)[] {
  return splitMatches(text, query).map((part, index) => (index % 2 === 1 ? create("mark", "", part) : part));
}
