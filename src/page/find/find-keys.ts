import type { LogFind } from "./log-find.ts";

/** An action of the page by the key that starts it. */
export type KeyActions = Readonly<Record<string, () => void>>;

/** Returns the actions by key: `E` is `e` with Shift. */
export function findKeyActions(find: LogFind): KeyActions {
  return {
    "/": () => find.open(),
    n: () => find.isOpen && find.next(),
    N: () => find.isOpen && find.previous(),
    e: () => find.jumpToError(false),
    E: () => find.jumpToError(true),
  };
}

/**
 * Lets the keys act on the log: those of {@link findKeyActions}, Ctrl+F or Cmd+F, and Escape. A second Ctrl+F, and one
 * after Escape, opens the search of the browser.
 *
 * @param isAvailable - Whether the page shows a log.
 */
export function listenToFindKeys(find: LogFind, isAvailable: () => boolean): void {
  const actions = findKeyActions(find);
  let isForBrowser = false;
  let wasOpen = false;
  document.addEventListener("keydown", () => (wasOpen = find.isOpen), { capture: true });
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (["Control", "Meta", "Shift", "Alt"].includes(key)) return;
    const wasForBrowser = isForBrowser;
    isForBrowser = false;
    if (event.defaultPrevented) {
      isForBrowser = key === "Escape" && wasOpen && !find.isOpen;
      return;
    }
    if (event.isComposing || event.altKey || !isAvailable()) return;
    if (document.querySelector("dialog[open]") !== null) return;
    if (isField(target)) return;
    if (key === "Escape" && find.isOpen) {
      event.preventDefault();
      isForBrowser = true;
      find.close();
    } else if (event.ctrlKey || event.metaKey) {
      if (key.toLowerCase() !== "f" || event.shiftKey || wasForBrowser || find.isOpen) return;
      event.preventDefault();
      find.open();
    } else {
      const action = actions[key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    }
  });
  document.addEventListener("pointerdown", () => (isForBrowser = false));
}

/** Whether keys write into an element. */
function isField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}
