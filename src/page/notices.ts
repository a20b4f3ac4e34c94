import { byId, setText } from "./dom.ts";

/** Messages for the person: announced to screen readers, and shown when the person can act on them. */
export class Notices {
  readonly #announcer = byId("announcer", HTMLElement);
  readonly #box = byId("notice", HTMLElement);
  readonly #text = byId("notice-text", HTMLElement);
  readonly #button = byId("notice-action", HTMLButtonElement);
  #action: (() => void) | undefined;

  constructor() {
    byId("notice-close", HTMLButtonElement).addEventListener("click", () => this.clear());
    this.#button.addEventListener("click", () => {
      const action = this.#action;
      this.clear();
      action?.();
    });
  }

  /** Announces a text to screen readers without showing it, because the page shows it elsewhere. */
  announce(text: string): void {
    setText(this.#announcer, text);
  }

  /** Shows a text until it is dismissed or another build is opened; with an action, also the button "Show it". */
  show(text: string, action?: () => void): void {
    setText(this.#text, text);
    this.#action = action;
    this.#button.hidden = action === undefined;
    this.#box.hidden = false;
    this.announce(text);
  }

  /** Hides the notice. */
  clear(): void {
    this.#box.hidden = true;
    this.#action = undefined;
  }
}
