import { KeyHelp } from "./key-help.ts";
import { keyActions } from "./key-actions.ts";
import { actionOf, moveInList } from "./key-table.ts";

/** The lists in which arrow keys move the focus between links and buttons. */
const LISTS = "#builds-list, #cards, #recent-list, #steps";

/** The elements that need the keys themselves. */
const FIELDS = "input, textarea, select, [contenteditable], dialog";

/** Runs the actions of keys on the page, and moves the focus in its lists. */
export class Keyboard {
  readonly #help = new KeyHelp();

  constructor() {
    keyActions.help = () => this.showHelp();
    document.addEventListener("keydown", (event) => {
      if (event.defaultPrevented) return;
      const target = event.target instanceof Element ? event.target : document.body;
      const isInField = target.closest(FIELDS) !== null;
      const action = actionOf(event, isInField);
      const run = action === undefined ? undefined : keyActions[action];
      if (run !== undefined) {
        // Otherwise a field that receives the focus would also receive the character.
        event.preventDefault();
        run();
      } else if (!isInField && !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey) {
        moveFocus(event, target);
      }
    });
  }

  /** Shows the keys. */
  showHelp(): void {
    this.#help.open();
  }
}

function moveFocus(event: KeyboardEvent, target: Element): void {
  const list = target.closest(LISTS);
  if (list === null) return;
  const items = [...list.querySelectorAll<HTMLElement>("a[href], button")].filter((item) => item.checkVisibility());
  const index = items.findIndex((item) => item === target);
  const next = index === -1 ? undefined : moveInList(event.key, index, items.length);
  if (next === undefined) return;
  event.preventDefault();
  items[next]?.focus();
}
