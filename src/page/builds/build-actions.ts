import { byId, setText } from "../dom.ts";
import { isActive } from "./status.ts";
import type { Build } from "../model.ts";

/**
 * How long a button takes no press after it appeared, in milliseconds. The other one was in its place until then, and
 * that is what a second click, or one that comes just too late, is meant for.
 */
const SETTLE_TIME = 500;

/** What the buttons ask for. Neither promise rejects. */
export interface BuildActionHandlers {
  /** Asks the server to end the build; resolves with whether it will. */
  readonly cancel: (build: Build) => Promise<boolean>;
  /** Asks the server to build the same again. */
  readonly rerun: (build: Build) => Promise<unknown>;
}

/** The buttons for the build on the page: one that ends it, and when it has ended one that builds the same again. */
export class BuildActions {
  readonly #cancel = byId("cancel-button", HTMLButtonElement);
  readonly #rerun = byId("rerun-button", HTMLButtonElement);
  readonly #fallback = byId("raw-log", HTMLAnchorElement);
  #build: Build | undefined;
  #isCancelling = false;
  #isAsking = false;
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(handlers: BuildActionHandlers) {
    this.#onPress(this.#cancel, (build) => this.#pressCancel(build, handlers));
    this.#onPress(this.#rerun, (build) => this.#pressRerun(build, handlers));
  }

  /** Shows what can be done about a build; `undefined`: nothing is known of it yet. */
  show(build: Build | undefined): void {
    if (build?.id !== this.#build?.id) this.#isCancelling = false;
    this.#build = build;
    const isEndable = build !== undefined && isActive(build);
    this.#toggle(this.#cancel, isEndable);
    this.#toggle(this.#rerun, build !== undefined && !isEndable);
    setText(this.#cancel, this.#isCancelling ? "Kill now" : "Cancel");
    this.#cancel.title = this.#isCancelling ? "The build was asked to end; this ends it at once" : "";
  }

  #onPress(button: HTMLButtonElement, press: (build: Build) => Promise<void>): void {
    button.addEventListener("click", () => {
      if (this.#build !== undefined && !button.hasAttribute("aria-disabled")) void press(this.#build);
    });
  }

  async #pressCancel(build: Build, { cancel }: BuildActionHandlers): Promise<void> {
    this.#isCancelling = true;
    this.show(build);
    const isAccepted = await cancel(build);
    if (this.#build?.id === build.id) this.#isCancelling = isAccepted;
    this.show(this.#build);
  }

  async #pressRerun(build: Build, { rerun }: BuildActionHandlers): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    await rerun(build);
    this.#isAsking = false;
  }

  #toggle(button: HTMLButtonElement, isShown: boolean): void {
    if (button.hidden === !isShown) return;
    // Who pressed it by keyboard must not have to start from the top of the page, nor press the other by accident.
    if (!isShown && document.activeElement === button) this.#fallback.focus({ preventScroll: true });
    button.hidden = !isShown;
    if (!isShown) return;
    clearTimeout(this.#settling);
    button.setAttribute("aria-disabled", "true");
    this.#settling = setTimeout(() => button.removeAttribute("aria-disabled"), SETTLE_TIME);
  }
}
