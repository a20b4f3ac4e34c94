import { TailcastError } from "../error.ts";
import { iterateChunks } from "../protocol/decode-stream.ts";
import { readRetryAfter } from "./reconnect-delay.ts";
import type { FetchedResponse } from "./follow-options.ts";
import type { FollowSettings } from "./follow-settings.ts";

/** The result of a request. */
export type Answer = "stream" | "no-content" | { readonly error: TailcastError; readonly retryAfter: number };

/** One connection of a client: a request, and the bytes of its response. */
export class Connection {
  readonly #settings: FollowSettings;
  readonly #controller = new AbortController();
  readonly #aborted: Promise<never>;
  #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array> | undefined;

  constructor(settings: FollowSettings) {
    this.#settings = settings;
    const { signal } = this.#controller;
    // A fetch implementation may ignore the signal.
    this.#aborted = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    this.#aborted.catch(() => undefined);
  }

  /**
   * Sends the request. An object is the answer of a server that does not send an event stream but that the options
   * allow to ask again.
   *
   * @throws {TailcastError} `STREAM_REFUSED` when the answer ends the stream for good.
   * @throws The error of the network, or the reason of {@link close}.
   */
  async open(lastEventId: string): Promise<Answer> {
    const response = await this.#inTime(this.#fetch(lastEventId));
    const { status, headers, body } = response;
    const type = headers.get("content-type");
    if (status === 200 && (this.#settings.anyContentType || isEventStream(type)) && body !== null) {
      this.#chunks = iterateChunks(body);
      return "stream";
    }
    this.close(undefined);
    if (status === 204) return "no-content";
    const reason = status === 200 ? `its Content-Type is ${type ?? "missing"}` : `it answered ${status}`;
    const message = `Cannot follow ${this.#settings.url}: ${reason}, not 200 with text/event-stream`;
    const error = new TailcastError("STREAM_REFUSED", message, { status });
    if (!this.#settings.retryStatuses.includes(status)) throw error;
    return { error, retryAfter: readRetryAfter(headers.get("retry-after"), Date.now()) };
  }

  /** Reads the next bytes; `undefined` at the end of the stream. @throws The error of the network. */
  async read(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#inTime(Promise.resolve(this.#chunks?.next() ?? { done: true, value: null }));
    return done === true ? undefined : (value as Uint8Array);
  }

  /** Closes the connection at once. A pending {@link open} or {@link read} rejects with the reason. */
  close(reason: unknown): void {
    this.#controller.abort(reason);
    // The source may be a stream that does not know the signal.
    void Promise.resolve(this.#chunks?.return?.()).catch(() => undefined);
  }

  async #fetch(lastEventId: string): Promise<FetchedResponse> {
    const { url, method, fetch } = this.#settings;
    const headers = await this.#settings.headers();
    if (lastEventId !== "") headers.set("last-event-id", toHeader(lastEventId));
    const body = await this.#settings.body();
    const { signal } = this.#controller;
    const init = { method, headers, signal, redirect: "follow", cache: "no-store" };
    if (body === undefined) return fetch(url, init);
    // The Fetch standard requires this for a body that is a stream.
    const isStream = typeof body === "object" && ("getReader" in body || Symbol.asyncIterator in body);
    return fetch(url, { ...init, body, ...(isStream ? { duplex: "half" } : {}) });
  }

  /** Waits for the server, at most for the time that it may be silent. */
  async #inTime<Value>(answer: Promise<Value>): Promise<Value> {
    const { silence } = this.#settings;
    const tooLong = (): void => {
      const message = `The stream ${this.#settings.url} has sent no byte for ${silence} ms`;
      this.close(new TailcastError("STREAM_SILENT", message));
    };
    const timer = silence === Infinity ? undefined : setTimeout(tooLong, silence);
    try {
      return await Promise.race([answer, this.#aborted]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Whether a `Content-Type` is that of an event stream, with any parameters (HTML 9.2.3, "text/event-stream"). */
function isEventStream(contentType: string | null): boolean {
  return contentType?.split(";")[0]?.trim().toLowerCase() === "text/event-stream";
}

/** Returns the value of a header whose bytes are UTF-8 (HTML 9.2.3): one character of Latin-1 for each byte. */
function toHeader(lastEventId: string): string {
  return String.fromCharCode(...new TextEncoder().encode(lastEventId));
}
