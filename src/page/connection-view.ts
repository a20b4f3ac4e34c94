import { byId, setText } from "./dom.ts";
import { words } from "./words/words.ts";
import type { StreamState } from "./server/live-stream.ts";
import type { Words } from "./words/english.ts";

/** A shorter interruption than this, in milliseconds, shows no banner, because the banner would only flash. */
const BANNER_FROM = 2000;

/**
 * The state of the connection: always a word and a dot. A banner says what to do: during a longer interruption, with a
 * countdown, and while other tabs use all connections.
 */
export class ConnectionView {
  readonly #state = byId("connection", HTMLElement);
  readonly #text = byId("connection-text", HTMLElement);
  readonly #banner = byId("banner", HTMLElement);
  readonly #bannerText = byId("banner-text", HTMLElement);
  readonly #retry = byId("retry-button", HTMLButtonElement);
  readonly #announce: (text: string) => void;
  #shown: StreamState = { type: "connecting" };
  /** The start of the interruption, in milliseconds since 1970. */
  #lostAt: number | undefined;
  /** The reason why the server refuses this browser. */
  #refusal: string | undefined;
  #isFull = false;
  #isEnded = false;
  #announced = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param retryNow - Ends the wait.
   * @param announce - Announces a change of state to screen readers.
   */
  constructor(retryNow: () => void, announce: (text: string) => void) {
    this.#announce = announce;
    this.#retry.addEventListener("click", retryNow);
  }

  /** Notes whether the build on the page has ended, so that a connection only brings news of other builds. */
  showEnd(isEnded: boolean): void {
    this.#isEnded = isEnded;
    this.tick();
  }

  /** Shows a state. */
  show(state: StreamState): void {
    this.#shown = state;
    if (state.type === "reconnecting" || state.type === "waiting") this.#lostAt ??= Date.now();
    else if (state.type !== "connecting") this.#lostAt = undefined;
    if (state.type === "waiting") {
      this.#isFull = state.reason === "full";
      // A long pause is no flash.
      if (state.until - Date.now() >= BANNER_FROM) this.#lostAt = 0;
    } else if (state.type === "live" || state.type === "polling") {
      this.#isFull = false;
      this.#refusal = undefined;
    }
    clearTimeout(this.#timer);
    if (this.#lostAt !== undefined) this.#timer = setTimeout(() => this.tick(), BANNER_FROM);
    this.tick();
  }

  /** Shows why the server refuses this browser, until it connects again. */
  refuse(reason: string): void {
    this.#refusal = reason.replace(/\.$/, "");
    this.tick();
  }

  /** Updates the banner with its countdown. */
  tick(): void {
    const name = this.#name;
    this.#state.dataset["state"] = name;
    setText(this.#text, words().connection[name]);
    const isPolling = this.#shown.type === "polling";
    const isLost = this.#lostAt !== undefined && Date.now() - this.#lostAt >= BANNER_FROM;
    this.#banner.hidden = !isPolling && !isLost;
    this.#retry.hidden = isPolling;
    if (isPolling) this.#show(words().otherTabsConnected, words().otherTabsConnected);
    else if (isLost) this.#show(this.#lossText(), this.#reason);
    else if (this.#announced !== "" && this.#shown.type === "live") {
      this.#announce(words().reconnected);
      this.#announced = "";
    }
  }

  get #name(): keyof Words["connection"] {
    const { type } = this.#shown;
    if (type === "live" && this.#isEnded) return "ended";
    if (type !== "waiting") return type;
    if (this.#refusal !== undefined) return "refused";
    return this.#isFull ? "full" : type;
  }

  get #reason(): string {
    if (this.#refusal !== undefined) return words().refused(this.#refusal);
    return this.#isFull ? words().serverFull : words().connectionLost;
  }

  #lossText(): string {
    const { duration, retryingIn, retryingNow } = words();
    const seconds = this.#shown.type === "waiting" ? Math.ceil((this.#shown.until - Date.now()) / 1000) : 0;
    return seconds > 0 ? retryingIn(this.#reason, duration(1000 * seconds)) : retryingNow(this.#reason);
  }

  /** Shows a text, and announces it without the countdown. */
  #show(text: string, announcement: string): void {
    setText(this.#bannerText, text);
    if (this.#announced === announcement) return;
    this.#announced = announcement;
    this.#announce(announcement);
  }
}
