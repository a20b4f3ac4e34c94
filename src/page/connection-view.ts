import { formatDuration } from "../terminal/duration.ts";
import { byId, setText } from "./dom.ts";
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
  full: "The server has too many clients or is unavailable",
};

/** A shorter wait than this, in milliseconds, shows no banner, because the banner would only flash. */
const BANNER_FROM = 2000;

/** The state of the connection: always a word and a dot, and during a longer wait a banner with a countdown. */
export class ConnectionView {
  readonly #state = byId("connection", HTMLElement);
  readonly #text = byId("connection-text", HTMLElement);
  readonly #banner = byId("banner", HTMLElement);
  readonly #bannerText = byId("banner-text", HTMLElement);
  readonly #announce: (text: string) => void;
  #wait: Extract<StreamState, { type: "waiting" }> | undefined;

  /**
   * @param retryNow - Ends the wait.
   * @param announce - Announces a change of state to screen readers.
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
      if (before !== undefined && state.type === "live") this.#announce("Reconnected");
    }
    // The banner stays during an attempt; hiding it would make it flicker.
    this.#banner.hidden = this.#wait === undefined;
    this.tick();
  }

  /** Updates the countdown. */
  tick(): void {
    if (this.#wait === undefined) return;
    const seconds = Math.ceil((this.#wait.until - Date.now()) / 1000);
    const attempt = seconds > 0 ? `Retrying in ${formatDuration(1000 * seconds)}.` : "Retrying now.";
    setText(this.#bannerText, `${reasons[this.#wait.reason]}. ${attempt}`);
  }
}
