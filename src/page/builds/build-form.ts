import { byId, create, setText } from "../dom.ts";
import { recall, remember } from "../preferences.ts";
import { ApiError } from "../server/api.ts";
import { BuildOptions } from "./build-options.ts";
import type { BuildInputs } from "../model.ts";
import type { Api } from "../server/api.ts";

/** The field for a project's path, the options and the Build button. */
export class BuildForm {
  readonly #api: Api;
  readonly #field = byId("project-path", HTMLInputElement);
  readonly #button = byId("build-button", HTMLButtonElement);
  readonly #error = byId("form-error", HTMLElement);
  readonly #options = new BuildOptions();
  #sending = false;

  /** @param build - Asks for a build of the project at this path; rejects with an {@link ApiError}. */
  constructor(api: Api, build: (path: string, inputs: Partial<BuildInputs>) => Promise<void>) {
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
      // A person who is about to type there must not be disturbed.
      const isUntouched = this.#field.value === "" && document.activeElement !== this.#field;
      if (isUntouched) this.#field.value = projects[0]?.path ?? "";
    } catch {
      // The suggestions are a convenience; the field works without them.
    }
  }

  async #send(build: (path: string, inputs: Partial<BuildInputs>) => Promise<void>): Promise<void> {
    if (this.#sending) return;
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
      const isScript = error.code === "NO_SCRIPT" && inputs.script !== undefined;
      if (isScript) this.#options.unfold();
      this.#complain(error.message, isScript ? this.#options.script : this.#field);
    } finally {
      this.#setSending(false);
      // A disabled button loses the focus; keyboard users get it back.
      if (hadFocus && document.activeElement === document.body) this.#button.focus();
    }
  }

  #setSending(sending: boolean): void {
    this.#sending = sending;
    this.#button.disabled = sending;
    this.#field.readOnly = sending;
  }

  #complain(message: string, field: HTMLInputElement): void {
    setText(this.#error, message);
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }

  #withdraw(): void {
    setText(this.#error, "");
    for (const field of [this.#field, this.#options.script]) field.removeAttribute("aria-invalid");
  }
}
