import { byId, setText } from "../dom.ts";
import { rawLogPath } from "../server/api.ts";
import { earlierText } from "./log-words.ts";

/** The note above the first row: how many lines are before it, and a link to the raw log. */
export class EarlierLines {
  readonly #note = byId("earlier", HTMLElement);
  readonly #text = byId("earlier-text", HTMLElement);
  readonly #link = byId("earlier-link", HTMLAnchorElement);

  /** Links to the log of this build. */
  open(buildId: string): void {
    this.#link.href = rawLogPath(buildId);
  }

  /**
   * @param count - The number of lines before the first row; 0 hides the note.
   * @param lostThrough - The last line that the server is known to have dropped.
   */
  show(count: number, lostThrough: number): void {
    const lost = Math.min(count, lostThrough);
    this.#note.hidden = count === 0;
    this.#link.hidden = lost === count;
    setText(this.#text, earlierText(count, lost));
  }
}
