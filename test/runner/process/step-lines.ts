import { EventEmitter, once } from "node:events";
import type { OutputLine } from "../../../dist/runner/output/step-output.js";

export const FOR_EVER = 2 ** 31 - 1;
export const ESCAPED =
  "system: processes were left running outside the process group of the command; they are ended now";
export const KEPT_OPEN =
  "system: the command has ended, but a background process keeps its output open; the rest is cut off";

/** Collects lines as `stream: text`, and lets a test wait for one. */
export class Output {
  readonly lines: string[] = [];
  readonly #news = new EventEmitter();

  readonly onLines = (lines: readonly OutputLine[]): void => {
    for (const { stream, text, isOpen } of lines) {
      this.lines.push(`${stream}: ${text}${isOpen === true ? " (open)" : ""}`);
    }
    this.#news.emit("lines");
  };

  async until(line: string): Promise<void> {
    while (!this.lines.includes(line)) await once(this.#news, "lines");
  }
}
