import { byId } from "../dom.ts";
import { connectMenu } from "../keyboard/menu.ts";
import { TIME_MODES } from "../line/line-time.ts";
import { recall, remember } from "../preferences.ts";
import { rawLogPath } from "../server/api.ts";
import type { Build } from "../model.ts";
import type { LogView } from "./log-view.ts";

/** The buttons above the log: how it looks, where to go in it, and its files. */
export class LogTools {
  readonly #log: LogView;
  readonly #plain = byId("download-plain", HTMLAnchorElement);
  readonly #coloured = byId("download-coloured", HTMLAnchorElement);

  constructor(log: LogView) {
    this.#log = log;
    this.#connectWrap();
    this.#connectTimes();
    this.#connectFullScreen();
    byId("top-button", HTMLButtonElement).addEventListener("click", () => log.goToTop());
    byId("end-button", HTMLButtonElement).addEventListener("click", () => log.goToEnd());
    const menu = byId("download", HTMLDetailsElement);
    const close = connectMenu(menu);
    for (const link of [this.#plain, this.#coloured]) link.addEventListener("click", close);
  }

  /** Links to the log of this build. */
  show({ id, projectName }: Build): void {
    const name = `${projectName}-${id}`;
    this.#plain.href = rawLogPath(id);
    this.#plain.download = `${name}.log`;
    this.#coloured.href = `${rawLogPath(id)}?ansi`;
    this.#coloured.download = `${name}.ansi`;
  }

  #connectWrap(): void {
    const button = byId("wrap-button", HTMLButtonElement);
    const show = (isWrapped: boolean): void => {
      button.setAttribute("aria-pressed", String(isWrapped));
      this.#log.wrap(isWrapped);
    };
    let isWrapped = recall("wrap") !== "false";
    show(isWrapped);
    button.addEventListener("click", () => {
      isWrapped = !isWrapped;
      show(isWrapped);
      remember("wrap", String(isWrapped));
    });
  }

  #connectTimes(): void {
    const choice = byId("times", HTMLSelectElement);
    const mode = TIME_MODES.find((known) => known === recall("times-mode")) ?? "off";
    choice.value = mode;
    this.#log.showTimes(mode);
    choice.addEventListener("change", () => {
      const chosen = TIME_MODES.find((known) => known === choice.value) ?? "off";
      this.#log.showTimes(chosen);
      remember("times-mode", chosen);
    });
  }

  #connectFullScreen(): void {
    const button = byId("full-screen-button", HTMLButtonElement);
    const build = byId("build", HTMLElement);
    // Some phones have no full screen.
    button.hidden = !document.fullscreenEnabled;
    button.addEventListener("click", () => {
      const change = document.fullscreenElement === null ? build.requestFullscreen() : document.exitFullscreen();
      // The browser may refuse; then the page stays as it is.
      change.catch(() => undefined);
    });
    document.addEventListener("fullscreenchange", () => {
      button.setAttribute("aria-pressed", String(document.fullscreenElement === build));
    });
  }
}
