/**
 * Returns the element of the document with this id.
 *
 * @throws Error if there is no such element, or it is of another kind: the page and its code do not match.
 */
export function byId<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id);
  if (!(element instanceof kind))
    throw new Error(`Cannot start the page: the document has no ${kind.name} with the id ${id}`);
  return element;
}

/**
 * Creates an element with a class and text. All text on this page goes through text nodes, so a log cannot become
 * markup.
 */
export function create<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = "",
  text = "",
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  if (text !== "") element.textContent = text;
  return element;
}

/**
 * Sets an element's text. Equal text does not touch the document: a clock ticks every second, mostly to the same text.
 */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Lets a link act on the page. With a modifier key the browser opens it elsewhere. */
export function onPlainClick(link: HTMLAnchorElement, act: () => void): void {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    act();
  });
}

/** Creates a status icon from the symbols of index.html. The icon is decoration: a word next to it names the status. */
export function createIcon(name: string): SVGSVGElement {
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  icon.setAttribute("class", `icon icon-${name}`);
  icon.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${name}`);
  icon.append(use);
  return icon;
}
