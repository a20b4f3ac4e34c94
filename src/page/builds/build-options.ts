import { byId, setText } from "../dom.ts";
import type { BuildInputs, InstallMode } from "../model.ts";

/** The options of a build. They are folded away, because the server's defaults are nearly always right. */
export class BuildOptions {
  /** The name of the script. */
  readonly script: HTMLInputElement = byId("script", HTMLInputElement);
  readonly #install = byId("install", HTMLSelectElement);
  readonly #button = byId("options-button", HTMLButtonElement);
  readonly #box = byId("options", HTMLElement);

  constructor() {
    this.#button.addEventListener("click", () => this.#fold(!this.#box.hidden));
    for (const field of [this.script, this.#install]) field.addEventListener("input", () => this.#showCount());
    // Some browsers restore the values after a reload.
    this.#showCount();
  }

  /** The options that differ from the server's defaults. */
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

  /** Shows the number of chosen options, because the fields may be folded away. */
  #showCount(): void {
    const count = Object.keys(this.inputs).length;
    setText(this.#button, count === 0 ? "Options" : `Options (${count})`);
  }
}
