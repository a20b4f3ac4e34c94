import { byId, create } from "../dom.ts";
import { words } from "../words/words.ts";
import { keyActions } from "./key-actions.ts";
import { KEYS } from "./key-table.ts";

/** The dialog with the keys of the page. */
export class KeyHelp {
  readonly #dialog = byId("keys", HTMLDialogElement);
  readonly #list = byId("keys-list", HTMLElement);

  constructor() {
    this.#dialog.addEventListener("keydown", (event) => {
      if (event.key === "?") this.#dialog.close();
    });
    byId("keys-close", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    // A click beside the content closes it.
    this.#dialog.addEventListener("click", ({ target }) => {
      if (target === this.#dialog) this.#dialog.close();
    });
  }

  /** Shows the keys whose actions the page has. */
  open(): void {
    if (this.#dialog.open) return;
    const rows = KEYS.filter(({ action }) => keyActions[action] !== undefined).map(({ key, text }) =>
      createRow([key], words()[text]),
    );
    this.#list.replaceChildren(...rows, createRow(["↑", "↓"], words().keyArrows));
    this.#dialog.showModal();
  }
}

/** A row: the text first, so that a screen reader names the action and then its keys. */
function createRow(keys: readonly string[], text: string): HTMLLIElement {
  const row = create("li", "keys-row");
  row.append(create("span", "keys-text", text), " ", ...keys.map((key) => create("kbd", "", key)));
  return row;
}
