import { byId, setText } from "./dom.ts";
import { formatDuration } from "./time.ts";
import type { StreamState } from "./server/live-stream.ts";

const words: Readonly<Record<StreamState["type"], string>> = {
  idle: "Paused",
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  waiting: "Disconnected",
};

const reasons = {
  lost: "Connection lost",
  full: "The server is full or away",
};

/** A shorter wait than this, in milliseconds, is not worth a banner that comes and goes. */
const BANNER_FROM = 2000;

/** The state of the connection: a word and a dot always, a banner with a countdown when there is time to read it. */
export class ConnectionView {
  readonly #state = byId("connection", HTMLElement);
  readonly #text = byId("connection-text", HTMLElement);
  readonly #banner = byId("banner", HTMLElement);
  readonly #bannerText = byId("banner-text", HTMLElement);
  readonly #announce: (text: string) => void;
  #wait: Extract<StreamState, { type: "waiting" }> | undefined;

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
    const before = this.#wait;
    this.#state.dataset["state"] = state.type;
    setText(this.#text, words[state.type]);
    if (state.type === "waiting" && state.until - Date.now() >= BANNER_FROM) {
      this.#wait = state;
      if (before?.reason !== state.reason) this.#announce(reasons[state.reason]);
    } else if (state.type === "live" || state.type === "idle") {
      this.#wait = undefined;
      if (before !== undefined && state.type === "live") this.#announce("Connected again");
    }
    // While an attempt is under way the banner stays: it would only flicker.
    this.#banner.hidden = this.#wait === undefined;
    this.tick();
  }

  /** Lets the countdown go on. */
  tick(): void {
    if (this.#wait === undefined) return;
    const seconds = Math.ceil((this.#wait.until - Date.now()) / 1000);
    const attempt = seconds > 0 ? `Trying again in ${formatDuration(1000 * seconds)}.` : "Trying again now.";
    setText(this.#bannerText, `${reasons[this.#wait.reason]}. ${attempt}`);
  }
}
