import { byId, setText } from "./dom.ts";
import { words } from "./words/words.ts";
import type { SessionState } from "./model.ts";

/** The rights of the person. The page offers only the allowed actions. */
export class Permissions {
  #mayBuild = true;

  /** @param signOut - Called when the person signs out. */
  constructor(signOut: () => void) {
    byId("sign-out-button", HTMLButtonElement).addEventListener("click", signOut);
  }

  /** Whether the person may start and cancel builds. */
  get mayBuild(): boolean {
    return this.#mayBuild;
  }

  /** Offers what a session allows. */
  show({ role, readOnly, expiresAt }: SessionState): void {
    this.#mayBuild = role === "builder" && !readOnly;
    document.body.classList.toggle("viewing", !this.#mayBuild);
    const note = byId("view-only", HTMLElement);
    note.hidden = this.#mayBuild;
    setText(note, readOnly ? words().readOnly : words().viewer);
    byId("sign-out-button", HTMLButtonElement).hidden = expiresAt === null;
  }
}
