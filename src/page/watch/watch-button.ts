import { byId } from "../dom.ts";
import { announcement } from "../builds/outlook.ts";
import { isActive } from "../builds/status.ts";
import { recall, remember } from "../preferences.ts";
import { words } from "../words/words.ts";
import { WatchedBuilds } from "./watched-builds.ts";
import type { Build } from "../model.ts";

/** The actions of the page that the button needs. */
export interface WatchHandlers {
  /** Opens a build. */
  readonly open: (id: string) => void;
  /** Shows a message, with an action if there is one. */
  readonly notify: (text: string, action?: () => void) => void;
}

/** The button "Notify me", and the notification at the end of each watched build. */
export class WatchButton {
  readonly #button = byId("watch-button", HTMLButtonElement);
  readonly #handlers: WatchHandlers;
  readonly #watched = new WatchedBuilds({
    read: () => recall("watched"),
    write: (ids) => remember("watched", ids),
  });
  #build: Build | undefined;

  constructor(handlers: WatchHandlers) {
    this.#handlers = handlers;
    this.#button.addEventListener("click", () => void this.#press());
  }

  /** Whether the person waits for the end of a build. */
  get isWaiting(): boolean {
    return !this.#watched.isEmpty;
  }

  /** Offers to watch a build that has not ended; `undefined`: the page shows no build. */
  show(build: Build | undefined): void {
    this.#build = build;
    this.#button.hidden = build === undefined || !isActive(build);
    const isWatched = build !== undefined && this.#watched.has(build.id);
    this.#button.setAttribute("aria-pressed", String(isWatched));
  }

  /**
   * Notifies the person of watched builds that have ended.
   *
   * @param builds - All known builds, from whichever stream or list they came.
   * @param shownId - The build on the page.
   */
  note(builds: readonly Build[], shownId: string | undefined): void {
    for (const build of this.#watched.takeEnded(builds)) {
      const text = announcement(build);
      const isShown = build.id === shownId;
      if (!isShown) this.#handlers.notify(text, () => this.#handlers.open(build.id));
      if (isNotifiable() && Notification.permission === "granted") this.#notify(build, text);
    }
  }

  async #press(): Promise<void> {
    const build = this.#build;
    if (build === undefined) return;
    this.#watched.set(build.id, !this.#watched.has(build.id));
    this.show(this.#build);
    if (!this.#watched.has(build.id)) return;
    if (!isNotifiable()) this.#handlers.notify(words().notifiedHere);
    else if ((await Notification.requestPermission()) === "denied") this.#handlers.notify(words().notificationsBlocked);
  }

  #notify({ id, projectName }: Build, body: string): void {
    // Tabs that notify of the same build replace each other's notification.
    const notification = new Notification(projectName, { body, tag: id, icon: "/page/icon.svg" });
    notification.addEventListener("click", () => {
      window.focus();
      notification.close();
      this.#handlers.open(id);
    });
  }
}

/** Whether the browser has notifications: it offers them only over HTTPS and on this machine. */
function isNotifiable(): boolean {
  return "Notification" in window;
}
