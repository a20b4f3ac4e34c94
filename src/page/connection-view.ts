import { byId, setText } from "./dom.ts";
import type { StreamState } from "./streams.ts";

const words: Readonly<Record<StreamState["type"], string>> = {
  idle: "Paused",
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  waiting: "Disconnected",
};

/** A shorter wait than this, in milliseconds, is not worth a banner that comes and goes. */
const bannerFrom = 2000;

/** The state of the connection: a word and a dot always, a banner with a countdown when there is time to read it. */
export class ConnectionView {
  readonly #state = byId("connection", HTMLElement);
  readonly #text = byId("connection-text", HTMLElement);
  readonly #banner = byId("banner", HTMLElement);
  readonly #bannerText = byId("banner-text", HTMLElement);
  readonly #announce: (text: string) => void;
  #until: number | undefined;

  /**
   * @param retryNow ends the wait.
   * @param announce says a change of state to those who do not see it.
   */
  constructor(retryNow: () => void, announce: (text: string) => void) {
    this.#announce = announce;
    byId("retry-button", HTMLButtonElement).addEventListener("click", retryNow);
  }

  /** Shows a state. */
  show(state: StreamState): void {
    const wasWaiting = this.#until !== undefined;
    const waits = state.type === "waiting" && state.until - Date.now() >= bannerFrom;
    this.#state.dataset["state"] = state.type;
    setText(this.#text, words[state.type]);
    if (waits) {
      this.#until = state.until;
      if (!wasWaiting) this.#announce("Connection lost");
    } else if (state.type === "live" || state.type === "idle") {
      this.#until = undefined;
      if (wasWaiting && state.type === "live") this.#announce("Connected again");
    }
    // While an attempt is under way the banner stays: it would only flicker.
    this.#banner.hidden = this.#until === undefined;
    this.tick();
  }

  /** Lets the countdown go on. */
  tick(): void {
    if (this.#until === undefined) return;
    const seconds = Math.ceil((this.#until - Date.now()) / 1000);
    setText(this.#bannerText, `Connection lost. ${seconds > 0 ? `Trying again in ${seconds}s.` : "Trying again now."}`);
  }
}
