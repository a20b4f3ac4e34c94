import { byId, setText } from "./dom.ts";
import { words } from "./words/words.ts";
import type { StreamState } from "./server/live-stream.ts";

type Waiting = Extract<StreamState, { type: "waiting" }>;

/** A shorter wait than this, in milliseconds, shows no banner, because the banner would only flash. */
const BANNER_FROM = 2000;

/**
 * The state of the connection: always a word and a dot; during a longer wait a banner with a countdown, and a banner
 * while other tabs use all connections.
 */
export class ConnectionView {
  readonly #state = byId("connection", HTMLElement);
  readonly #text = byId("connection-text", HTMLElement);
  readonly #banner = byId("banner", HTMLElement);
  readonly #bannerText = byId("banner-text", HTMLElement);
  readonly #retry = byId("retry-button", HTMLButtonElement);
  readonly #announce: (text: string) => void;
  #wait: Waiting | undefined;

  /**
   * @param retryNow - Ends the wait.
   * @param announce - Announces a change of state to screen readers.
   */
  constructor(retryNow: () => void, announce: (text: string) => void) {
    this.#announce = announce;
    this.#retry.addEventListener("click", retryNow);
  }

  /** Shows a state. */
  show(state: StreamState): void {
    const before = this.#wait;
    this.#state.dataset["state"] = state.type;
    setText(this.#text, words().connection[state.type]);
    if (state.type === "waiting" && state.until - Date.now() >= BANNER_FROM) {
      this.#wait = state;
      if (before?.reason !== state.reason) this.#announce(reasonText(state));
    } else if (state.type === "live" || state.type === "idle" || state.type === "polling") {
      this.#wait = undefined;
      if (before !== undefined && state.type === "live") this.#announce(words().reconnected);
    }
    // The banner stays during an attempt; hiding it would make it flicker.
    this.#banner.hidden = this.#wait === undefined && state.type !== "polling";
    this.#retry.hidden = state.type === "polling";
    if (state.type === "polling") setText(this.#bannerText, words().otherTabsConnected);
    this.tick();
  }

  /** Updates the countdown. */
  tick(): void {
    if (this.#wait === undefined) return;
    const seconds = Math.ceil((this.#wait.until - Date.now()) / 1000);
    const reason = reasonText(this.#wait);
    const { duration, retryingIn, retryingNow } = words();
    setText(this.#bannerText, seconds > 0 ? retryingIn(reason, duration(1000 * seconds)) : retryingNow(reason));
  }
}

function reasonText({ reason }: Waiting): string {
  return reason === "full" ? words().serverFull : words().connectionLost;
}
