import { KeyHelp } from "./key-help.ts";
import { keyActions } from "./key-actions.ts";
import { actionOf, moveInList } from "./key-table.ts";

/** The lists in which arrow keys move the focus between their items. */
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
  const items = [...list.children];
  const next = moveInList(event.key, items.findIndex((item) => item.contains(target)), items.length);
  if (next === undefined) return;
  const controls = [...(items[next]?.querySelectorAll<HTMLElement>("a[href], button") ?? [])];
  const visible = controls.filter((control) => control.checkVisibility());
  // The same control as before, for example the next button that builds again, and not the other one beside it.
  const same = visible.find(({ classList }) => classList[0] === target.classList[0]);
  event.preventDefault();
  (same ?? visible[0])?.focus();
}
