import { byId, setText } from "../dom.ts";
import type { BuildInputs, InstallMode } from "../model.ts";

/** What can be chosen for a build beside its project. It is folded away: the server's own choice is nearly always right. */
export class BuildOptions {
  /** The name of the script. */
  readonly script: HTMLInputElement = byId("script", HTMLInputElement);
  readonly #install = byId("install", HTMLSelectElement);
  readonly #button = byId("options-button", HTMLButtonElement);
  readonly #box = byId("options", HTMLElement);

  constructor() {
    this.#button.addEventListener("click", () => this.#fold(!this.#box.hidden));
    for (const field of [this.script, this.#install]) field.addEventListener("input", () => this.#showCount());
    // Some browsers fill in what was there before a reload.
    this.#showCount();
  }

  /** What was chosen otherwise than the server would by itself. */
  get inputs(): Partial<BuildInputs> {
    const script = this.script.value.trim();
    const install = this.#install.value as InstallMode;
    return { ...(script === "" ? {} : { script }), ...(install === "auto" ? {} : { install }) };
  }

  /** Shows the fields. */
  unfold(): void {
    this.#fold(false);
  }

  #fold(hidden: boolean): void {
    this.#box.hidden = hidden;
    this.#button.setAttribute("aria-expanded", String(!hidden));
  }

  /** What is folded away must not be forgotten. */
  #showCount(): void {
    const count = Object.keys(this.inputs).length;
    setText(this.#button, count === 0 ? "Options" : `Options (${count})`);
  }
}
