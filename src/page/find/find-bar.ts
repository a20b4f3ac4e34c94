import { byId, setText } from "../dom.ts";
import { recall, remember } from "../preferences.ts";
import type { LineQuery } from "../model.ts";

/** The actions of the bar. */
export interface FindBarHandlers {
  /** The person entered another query; `undefined`: the field is empty. */
  readonly search: (query: LineQuery | undefined) => void;
  readonly next: () => void;
  readonly previous: () => void;
  readonly close: () => void;
}

/** How long the person must pause before a search starts, in milliseconds. */
const PAUSE = 150;

/** The bar above the log with the field for a search. */
export class FindBar {
  readonly #handlers: FindBarHandlers;
  readonly #bar = byId("find", HTMLElement);
  readonly #field = byId("find-text", HTMLInputElement);
  readonly #count = byId("find-count", HTMLElement);
  readonly #note = byId("find-note", HTMLElement);
  readonly #case = toggle("find-case");
  readonly #regex = toggle("find-regex");
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = "";
  /** The element that had the focus before the bar. */
  #origin: HTMLElement | undefined;

  constructor(handlers: FindBarHandlers) {
    this.#handlers = handlers;
    this.#field.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#search(), PAUSE);
    });
    for (const button of [this.#case, this.#regex]) button.onChange = () => this.#search();
    this.#bar.addEventListener("keydown", (event) => this.#press(event));
    byId("find-next", HTMLButtonElement).addEventListener("click", () => this.#move(false));
    byId("find-previous", HTMLButtonElement).addEventListener("click", () => this.#move(true));
    byId("find-close", HTMLButtonElement).addEventListener("click", handlers.close);
  }

  /** Whether the bar is visible. */
  get isOpen(): boolean {
    return !this.#bar.hidden;
  }

  /** The query in the field; `undefined` if the field is empty. */
  get query(): LineQuery | undefined {
    const text = this.#field.value;
    return text === "" ? undefined : { text, isRegex: this.#regex.isOn, isCaseSensitive: this.#case.isOn };
  }

  /** Shows the bar, with the focus in its field. */
  open(): void {
    const focused = document.activeElement;
    if (!this.#bar.contains(focused)) this.#origin = focused instanceof HTMLElement ? focused : undefined;
    const wasOpen = this.isOpen;
    this.#bar.hidden = false;
    this.#field.focus();
    this.#field.select();
    if (wasOpen) return;
    this.#asked = "";
    this.#search();
  }

  /** Hides the bar. Returns the element that had the focus before, unless the person has moved the focus elsewhere. */
  close(): HTMLElement | undefined {
    clearTimeout(this.#timer);
    const hadFocus = this.#bar.contains(document.activeElement);
    this.#bar.hidden = true;
    return hadFocus ? this.#origin : undefined;
  }

  /**
   * Shows the state of the search.
   *
   * @param note - A sentence for the person; empty for none.
   */
  show(count: string, note: string, isInvalid: boolean): void {
    setText(this.#count, count);
    setText(this.#note, note);
    this.#note.hidden = note === "";
    this.#field.setAttribute("aria-invalid", String(isInvalid));
  }

  #press(event: KeyboardEvent): void {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") this.#handlers.close();
    else if (event.key === "Enter" && event.target === this.#field) this.#move(event.shiftKey);
    else return;
    event.preventDefault();
  }

  #move(isBack: boolean): void {
    // Enter may follow the last letter faster than the pause.
    if (this.#search()) return;
    if (isBack) this.#handlers.previous();
    else this.#handlers.next();
  }

  /** Starts a search for another query than before. Returns whether it did. */
  #search(): boolean {
    clearTimeout(this.#timer);
    const { query } = this;
    const key = query === undefined ? "" : JSON.stringify(query);
    if (key === this.#asked) return false;
    this.#asked = key;
    this.#handlers.search(query);
    return true;
  }
}

/** A button that is pressed or not, as in the last visit. */
interface Toggle {
  readonly isOn: boolean;
  onChange: () => void;
}

function toggle(id: string): Toggle {
  const button = byId(id, HTMLButtonElement);
  const show = (isOn: boolean): void => button.setAttribute("aria-pressed", String(isOn));
  const state = {
    onChange: (): void => undefined,
    get isOn(): boolean {
      return button.getAttribute("aria-pressed") === "true";
    },
  };
  show(recall(id) === "true");
  button.addEventListener("click", () => {
    show(!state.isOn);
    remember(id, String(state.isOn));
    state.onChange();
  });
  return state;
}
