import { byId, setText } from "../dom.ts";
import { ApiError } from "../server/api.ts";
import { BuildOptions } from "./build-options.ts";
import { PathField } from "./path-field.ts";
import type { BuildChoices, Project } from "../model.ts";

/** The field for a project's path, the options and the Build button. */
export class BuildForm {
  readonly #field = new PathField();
  readonly #button = byId("build-button", HTMLButtonElement);
  readonly #error = byId("form-error", HTMLElement);
  readonly #options = new BuildOptions();
  #sending = false;

  /** @param build - Requests a build of the project at this path; rejects with an {@link ApiError}. */
  constructor(build: (path: string, inputs: BuildChoices) => Promise<void>) {
    const form = byId("build-form", HTMLFormElement);
    form.addEventListener("input", () => this.#withdraw());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send(build);
    });
  }

  /** Whether the person types in one of the fields, so that nothing else may take the page. */
  get isTyping(): boolean {
    const { activeElement } = document;
    return this.#field.isTyping || activeElement === this.#options.script || activeElement === this.#options.variables;
  }

  /** Offers these projects in the field. */
  offer(projects: readonly Project[]): void {
    this.#field.offer(projects);
  }

  /** Enters a path and shows the options for it. */
  choose(path: string): void {
    this.#field.value = path;
    this.#withdraw();
    this.#options.unfold();
    this.#options.script.focus();
  }

  async #send(build: (path: string, inputs: BuildChoices) => Promise<void>): Promise<void> {
    if (this.#sending) return;
    this.#field.close();
    const { problem } = this.#options;
    if (problem !== undefined) {
      this.#options.unfold();
      this.#complain(problem, this.#options.variables);
      return;
    }
    const path = this.#field.value;
    const hadFocus = document.activeElement === this.#button;
    this.#setSending(true);
    this.#withdraw();
    const { inputs } = this.#options;
    try {
      await build(path, inputs);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const field = this.#faultyField(error.code, inputs);
      if (field !== this.#field.input) this.#options.unfold();
      this.#complain(error.message, field);
    } finally {
      this.#setSending(false);
      // A disabled button loses the focus; keyboard users get it back.
      if (hadFocus && document.activeElement === document.body) this.#button.focus();
    }
  }

  #faultyField(code: string | undefined, { script, env }: BuildChoices): HTMLInputElement | HTMLTextAreaElement {
    if (code === "NO_SCRIPT" && script !== undefined) return this.#options.script;
    return code === "INVALID_VARIABLES" && env !== undefined ? this.#options.variables : this.#field.input;
  }

  #setSending(sending: boolean): void {
    this.#sending = sending;
    this.#button.disabled = sending;
    this.#field.input.readOnly = sending;
  }

  #complain(message: string, field: HTMLInputElement | HTMLTextAreaElement): void {
    setText(this.#error, message);
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }

  #withdraw(): void {
    setText(this.#error, "");
    const { script, variables } = this.#options;
    for (const field of [this.#field.input, script, variables]) field.removeAttribute("aria-invalid");
  }
}
