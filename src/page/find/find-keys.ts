import { keyActions } from "../keyboard/key-actions.ts";
import type { LogFind } from "./log-find.ts";

/** The elements that need Escape and Ctrl+F themselves. */
const FIELDS = "input, textarea, select, [contenteditable], dialog";

/**
 * Lets keys find places in the log: those of the table of keys, Ctrl+F or Cmd+F, and Escape. A second Ctrl+F, and one
 * after Escape, opens the search of the browser.
 *
 * @param isShown - Whether the page shows a log.
 */
export function setFindKeys(find: LogFind, isShown: () => boolean): void {
  const onLog = (act: () => void) => (): void => {
    if (isShown()) act();
  };
  keyActions.find = onLog(() => find.open());
  keyActions.nextHit = onLog(() => find.next());
  keyActions.previousHit = onLog(() => find.previous());
  keyActions.mark = onLog(() => find.markCurrent());
  keyActions.nextError = onLog(() => find.jumpToError(false));
  keyActions.previousError = onLog(() => find.jumpToError(true));

  let isForBrowser = false;
  let wasOpen = false;
  document.addEventListener("keydown", () => (wasOpen = find.isOpen), { capture: true });
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (["Control", "Meta", "Shift", "Alt"].includes(key)) return;
    const wasForBrowser = isForBrowser;
    // The bar handles Escape itself while it has the focus.
    isForBrowser = key === "Escape" && wasOpen && !find.isOpen;
    if (event.defaultPrevented || event.isComposing || event.altKey || event.shiftKey || !isShown()) return;
    const isInField = target instanceof Element && target.closest(FIELDS) !== null;
    if (isInField || document.querySelector("dialog[open]") !== null) return;
    if (key === "Escape" && find.isOpen) {
      event.preventDefault();
      isForBrowser = true;
      find.close();
    } else if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "f" && !wasForBrowser && !find.isOpen) {
      event.preventDefault();
      find.open();
    }
  });
  document.addEventListener("pointerdown", () => (isForBrowser = false));
}
