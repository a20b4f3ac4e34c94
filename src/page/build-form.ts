import type { Api } from "./api.ts";
import { ApiError } from "./api.ts";
import { byId, create, setText } from "./dom.ts";
import type { Build } from "./model.ts";
import { recall, remember } from "./preferences.ts";

/** The field for a project's path and the Build button. */
export class BuildForm {
  readonly #api: Api;
  readonly #field = byId("project-path", HTMLInputElement);
  readonly #button = byId("build-button", HTMLButtonElement);
  readonly #error = byId("form-error", HTMLElement);
  #sending = false;

  /** @param onBuild gets the build, and whether it was running already. */
  constructor(api: Api, onBuild: (build: Build, joined: boolean) => void) {
    this.#api = api;
    this.#field.value = recall("path") ?? "";
    this.#field.addEventListener("input", () => this.#complain(""));
    byId("build-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send(onBuild);
    });
  }

  /** Offers the server's projects in the field, and the first of them in an empty one. */
  async loadProjects(): Promise<void> {
    try {
      const projects = await this.#api.listProjects();
      const options = projects.map(({ path, name }) => {
        const option = create("option", "", name);
        option.value = path;
        return option;
      });
      byId("projects", HTMLDataListElement).replaceChildren(...options);
      // Not under the hands of somebody who is about to type there.
      const isUntouched = this.#field.value === "" && document.activeElement !== this.#field;
      if (isUntouched) this.#field.value = projects[0]?.path ?? "";
    } catch {
      // The offers are a convenience; the field works without them.
    }
  }

  async #send(onBuild: (build: Build, joined: boolean) => void): Promise<void> {
    if (this.#sending) return;
    const path = this.#field.value.trim();
    const hadFocus = document.activeElement === this.#button;
    this.#setSending(true);
    this.#complain("");
    try {
      const { build } = await this.#api.startBuild(path);
      remember("path", path);
      onBuild(build, false);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 409 && error.build !== undefined) {
        remember("path", path);
        onBuild(error.build, true);
      } else {
        this.#complain(error.message);
        this.#field.focus();
      }
    } finally {
      this.#setSending(false);
      // A disabled button loses the focus; whoever pressed it by keyboard finds it again.
      if (hadFocus && document.activeElement === document.body) this.#button.focus();
    }
  }

  #setSending(sending: boolean): void {
    this.#sending = sending;
    this.#button.disabled = sending;
    this.#field.readOnly = sending;
  }

  #complain(message: string): void {
    setText(this.#error, message);
    if (message === "") this.#field.removeAttribute("aria-invalid");
    else this.#field.setAttribute("aria-invalid", "true");
  }
}
