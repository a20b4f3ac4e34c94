import { byId, create, setText } from "../dom.ts";
import { recall, remember } from "../preferences.ts";
import { ApiError } from "../server/api.ts";
import { BuildOptions } from "./build-options.ts";
import type { BuildChoices } from "../model.ts";
import type { Api } from "../server/api.ts";

/** The field for a project's path, the options and the Build button. */
export class BuildForm {
  readonly #api: Api;
  readonly #field = byId("project-path", HTMLInputElement);
  readonly #button = byId("build-button", HTMLButtonElement);
  readonly #error = byId("form-error", HTMLElement);
  readonly #options = new BuildOptions();
  #sending = false;

  /** @param build - Requests a build of the project at this path; rejects with an {@link ApiError}. */
  constructor(api: Api, build: (path: string, inputs: BuildChoices) => Promise<void>) {
    this.#api = api;
    this.#field.value = recall("path") ?? "";
    const form = byId("build-form", HTMLFormElement);
    form.addEventListener("input", () => this.#withdraw());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send(build);
    });
  }

  /** Offers the server's projects in the field, and fills an empty field with the first of them. */
  async loadProjects(): Promise<void> {
    try {
      const projects = await this.#api.listProjects();
      const options = projects.map(({ path, name }) => {
        const option = create("option", "", name);
        option.value = path;
        return option;
      });
      byId("projects", HTMLDataListElement).replaceChildren(...options);
      // Changing the field would disturb a person who is about to type in it.
      const isUntouched = this.#field.value === "" && document.activeElement !== this.#field;
      if (isUntouched) this.#field.value = projects[0]?.path ?? "";
    } catch {
      // The suggestions are a convenience; the field works without them.
    }
  }

  async #send(build: (path: string, inputs: BuildChoices) => Promise<void>): Promise<void> {
    if (this.#sending) return;
    const { problem } = this.#options;
    if (problem !== undefined) {
      this.#options.unfold();
      this.#complain(problem, this.#options.variables);
      return;
    }
    const path = this.#field.value.trim();
    const hadFocus = document.activeElement === this.#button;
    this.#setSending(true);
    this.#withdraw();
    const { inputs } = this.#options;
    try {
      await build(path, inputs);
      remember("path", path);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const field = this.#faultyField(error.code, inputs);
      if (field !== this.#field) this.#options.unfold();
      this.#complain(error.message, field);
    } finally {
      this.#setSending(false);
      // A disabled button loses the focus; keyboard users get it back.
      if (hadFocus && document.activeElement === document.body) this.#button.focus();
    }
  }

  #faultyField(code: string | undefined, { script, env }: BuildChoices): HTMLInputElement | HTMLTextAreaElement {
    if (code === "NO_SCRIPT" && script !== undefined) return this.#options.script;
    return code === "INVALID_VARIABLES" && env !== undefined ? this.#options.variables : this.#field;
  }

  #setSending(sending: boolean): void {
    this.#sending = sending;
    this.#button.disabled = sending;
    this.#field.readOnly = sending;
  }

  #complain(message: string, field: HTMLInputElement | HTMLTextAreaElement): void {
    setText(this.#error, message);
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }

  #withdraw(): void {
    setText(this.#error, "");
    const { script, variables } = this.#options;
    for (const field of [this.#field, script, variables]) field.removeAttribute("aria-invalid");
  }
}
