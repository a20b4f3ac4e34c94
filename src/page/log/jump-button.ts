import { byId, setText } from "../dom.ts";
import { jumpText } from "./log-words.ts";

/** The button that scrolls to the end of the log, and says how many lines have arrived there. */
export class JumpButton {
  readonly #button = byId("jump-button", HTMLButtonElement);
  /** The number of lines that arrived while the person read above the end. */
  unread = 0;

  /** @param jump - Called when the person presses the button. */
  constructor(jump: () => void) {
    this.#button.addEventListener("click", jump);
  }

  /**
   * @param isFollowing - Whether the log follows its end: then the button is hidden, and every line counts as read.
   * @param isActive - Whether more lines may arrive.
   */
  show(isFollowing: boolean, isActive: boolean): void {
    if (isFollowing) this.unread = 0;
    this.#button.hidden = isFollowing || (this.unread === 0 && !isActive);
    setText(this.#button, jumpText(this.unread));
  }
}
