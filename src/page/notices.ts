import { byId, setText } from "./dom.ts";

/** Words to the person: said to those who listen, and shown when there is something to do about them. */
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

  /** Says something without showing it: what it says can be seen elsewhere. */
  announce(text: string): void {
    setText(this.#announcer, text);
  }

  /** Shows something until it is dismissed or another build is opened; with an action, the button "Show it". */
  show(text: string, action?: () => void): void {
    setText(this.#text, text);
    this.#action = action;
    this.#button.hidden = action === undefined;
    this.#box.hidden = false;
    this.announce(text);
  }

  /** Takes the notice away. */
  clear(): void {
    this.#box.hidden = true;
    this.#action = undefined;
  }
}
