import { create } from "../dom.ts";

/** Copies a text; resolves with whether the browser allowed it. It must be called soon after a press of the person. */
export async function copyText(text: string): Promise<boolean> {
  // Browsers have no clipboard interface on pages without encryption, other than those of this machine.
  const { clipboard } = navigator as { clipboard?: Clipboard };
  try {
    if (clipboard === undefined) return copyBySelection(text);
    await clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const { activeElement } = document;
  const field = create("textarea", "visually-hidden");
  field.value = text;
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (activeElement instanceof HTMLElement) activeElement.focus({ preventScroll: true });
  return isCopied;
}
