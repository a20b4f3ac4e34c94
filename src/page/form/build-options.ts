import { byId, setText } from "../dom.ts";
import { words } from "../words/words.ts";
import { readVariableLines } from "./variable-lines.ts";
import type { BuildChoices, InstallMode } from "../model.ts";

/** The options of a build. They are folded away, because the server's defaults are nearly always right. */
export class BuildOptions {
  /** The name of the script. */
  readonly script: HTMLInputElement = byId("script", HTMLInputElement);
  /** The variables, one on each line. */
  readonly variables: HTMLTextAreaElement = byId("variables", HTMLTextAreaElement);
  readonly #install = byId("install", HTMLSelectElement);
  readonly #color = byId("color", HTMLSelectElement);
  readonly #button = byId("options-button", HTMLButtonElement);
  readonly #box = byId("options", HTMLElement);

  constructor() {
    this.#button.addEventListener("click", () => this.#fold(!this.#box.hidden));
    for (const field of [this.script, this.#install, this.variables, this.#color]) {
      field.addEventListener("input", () => this.#showCount());
    }
    // Some browsers restore the values after a reload.
    this.#showCount();
  }

  /** The options that differ from the server's defaults. */
  get inputs(): BuildChoices {
    const script = this.script.value.trim();
    const install = this.#install.value as InstallMode;
    const env = readVariableLines(this.variables.value);
    const color = this.#color.value;
    return {
      ...(script !== "" && { script }),
      ...(install !== "auto" && { install }),
      ...(typeof env !== "string" && Object.keys(env).length > 0 && { env }),
      ...(color !== "" && { color: color === "true" }),
    };
  }

  /** A sentence about the first line of the variables that cannot be read; `undefined` without one. */
  get problem(): string | undefined {
    const env = readVariableLines(this.variables.value);
    return typeof env === "string" ? env : undefined;
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
    setText(this.#button, count === 0 ? words().options : words().optionsChosen(count));
  }
}
