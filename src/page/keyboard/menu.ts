/**
 * Closes a menu on Escape, which gives the focus back to its button, and when the focus or the pointer goes elsewhere.
 *
 * @returns Closes the menu, as Escape does.
 */
export function connectMenu(menu: HTMLDetailsElement): () => void {
  const close = (): void => {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  };
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.preventDefault();
    close();
  });
  for (const type of ["click", "focusin"]) {
    document.addEventListener(type, ({ target }) => {
      if (target instanceof Node && !menu.contains(target)) menu.open = false;
    });
  }
  return close;
}
