import { byId, setText } from "../dom.ts";
import { words } from "../words/words.ts";
import { isActive } from "./status.ts";
import type { Build } from "../model.ts";

/**
 * How long a button ignores clicks after it appeared, in milliseconds. Before that, the other button was in its place,
 * so a second click or a slightly late one is meant for that button.
 */
const SETTLE_TIME = 500;

/** The actions of the buttons. Neither promise rejects. */
export interface BuildActionHandlers {
  /** Requests the build's cancellation; resolves with whether the server accepted. */
  readonly cancel: (build: Build) => Promise<boolean>;
  /** Requests another run of the same build. */
  readonly rerun: (build: Build) => Promise<unknown>;
}

/** The buttons for the build on the page: one cancels it, and after its end another runs it again. */
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

  /** Shows the buttons that a build allows; `undefined` while nothing is known about it. */
  show(build: Build | undefined): void {
    if (build?.id !== this.#build?.id) this.#isCancelling = false;
    this.#build = build;
    const isEndable = build !== undefined && isActive(build);
    this.#toggle(this.#cancel, isEndable);
    this.#toggle(this.#rerun, build !== undefined && !isEndable);
    setText(this.#cancel, this.#isCancelling ? words().killNow : words().cancel);
    this.#cancel.title = this.#isCancelling ? words().killNowHint : "";
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
    // A keyboard user must neither start from the top of the page again nor press the other button by accident.
    if (!isShown && document.activeElement === button) this.#fallback.focus({ preventScroll: true });
    button.hidden = !isShown;
    if (!isShown) return;
    clearTimeout(this.#settling);
    button.setAttribute("aria-disabled", "true");
    this.#settling = setTimeout(() => button.removeAttribute("aria-disabled"), SETTLE_TIME);
  }
}
