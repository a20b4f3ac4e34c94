import { byId, create, setText } from "../dom.ts";
import { recall, remember } from "../preferences.ts";
import { words } from "../words/words.ts";
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
  readonly #field = createField(words().findInLog);
  readonly #case = new Toggle("case", words().matchCase);
  readonly #regex = new Toggle("regex", words().regularExpression);
  readonly #count = create("span", "find-count");
  readonly #note = create("p", "find-note");
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
    const { findInLog, previousHit, nextHit, closeFind } = words();
    const previous = createButton("up", previousHit, () => this.#move(true));
    const next = createButton("down", nextHit, () => this.#move(false));
    const close = createButton("cross", closeFind, handlers.close);
    this.#note.id = "find-note";
    this.#count.id = "find-count";
    this.#field.setAttribute("aria-describedby", "find-count find-note");
    this.#bar.setAttribute("aria-label", findInLog);
    const { element: caseButton } = this.#case;
    this.#bar.append(this.#field, caseButton, this.#regex.element, this.#count, previous, next, close, this.#note);
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
    if (!wasOpen) this.resume();
  }

  /** Shows the bar and searches for its query again, while the focus stays where it is. */
  resume(): void {
    this.#bar.hidden = false;
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
class Toggle {
  readonly element: HTMLButtonElement;
  onChange: () => void = () => undefined;

  constructor(name: string, label: string) {
    const key = `find-${name}`;
    this.element = createButton(name, label, () => {
      this.#show(!this.isOn);
      remember(key, String(this.isOn));
      this.onChange();
    });
    this.#show(recall(key) === "true");
  }

  get isOn(): boolean {
    return this.element.getAttribute("aria-pressed") === "true";
  }

  #show(isOn: boolean): void {
    this.element.setAttribute("aria-pressed", String(isOn));
  }
}

/** A button whose sign is in the style sheet. */
function createButton(name: string, label: string, act: () => void): HTMLButtonElement {
  const button = create("button", name);
  button.type = "button";
  button.title = label;
  button.setAttribute("aria-label", label);
  button.addEventListener("click", act);
  return button;
}

function createField(label: string): HTMLInputElement {
  const field = create("input");
  field.id = "find-text";
  field.placeholder = label;
  field.setAttribute("aria-label", label);
  field.maxLength = 1000;
  field.autocomplete = "off";
  field.autocapitalize = "none";
  field.spellcheck = false;
  field.enterKeyHint = "search";
  return field;
}
