import { TailcastError } from "../error.ts";
import { readBody } from "./read-body.ts";
import { readRetryAfter } from "./reconnect-delay.ts";
import type { FetchedResponse } from "./follow-options.ts";
import type { FollowSettings } from "./follow-settings.ts";
import type { BodyReader } from "./read-body.ts";

/** How late a timer may be, in milliseconds, in a process that was not blocked. */
const MAX_LATENESS = 20;

/** The longest second wait for a byte, in milliseconds. */
const MAX_SECOND_WAIT = 1000;

/** The result of a request. */
export type Answer = "stream" | "no-content" | { readonly error: TailcastError; readonly retryAfter: number };

/** One connection of a client: a request, and the bytes of its response. */
export class Connection {
  readonly #settings: FollowSettings;
  readonly #controller = new AbortController();
  #body: BodyReader | undefined;
  /** Rejects the pending {@link open} or {@link read}. */
  #rejectPending: ((reason: unknown) => void) | undefined;

  constructor(settings: FollowSettings) {
    this.#settings = settings;
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
    const { status, headers } = response;
    const type = headers.get("content-type");
    if (status === 200 && (this.#settings.anyContentType || isEventStream(type))) return "stream";
    this.close(undefined);
    if (status === 204) return "no-content";
    const reason =
      status === 200
        ? `the Content-Type is ${type ?? "missing"}, not text/event-stream`
        : `the server answers with status ${status}, not 200`;
    const message = `Cannot follow ${this.#settings.url}: ${reason}`;
    const error = new TailcastError("STREAM_REFUSED", message, { status });
    if (!this.#settings.retryStatuses.includes(status)) throw error;
    return { error, retryAfter: readRetryAfter(headers.get("retry-after"), Date.now()) };
  }

  /** Reads the next bytes; `undefined` at the end of the stream. @throws The error of the network. */
  async read(): Promise<Uint8Array | undefined> {
    return this.#body === undefined ? undefined : this.#inTime(this.#body.read());
  }

  /** Closes the connection at once. A pending or later {@link open} or {@link read} rejects with the reason. */
  close(reason: unknown): void {
    this.#rejectPending?.(reason);
    this.#controller.abort(reason);
    // A fetch implementation may ignore the signal.
    this.#body?.cancel();
  }

  async #fetch(lastEventId: string): Promise<FetchedResponse> {
    const { signal } = this.#controller;
    const response = await this.#request(lastEventId);
    if (response.body !== null) this.#body = readBody(response.body);
    // The connection may have been closed before the response arrived.
    if (signal.aborted) this.#body?.cancel();
    return response;
  }

  async #request(lastEventId: string): Promise<FetchedResponse> {
    const { url, method, fetch } = this.#settings;
    const headers = await this.#settings.headers();
    if (isSendable(lastEventId)) headers.set("last-event-id", toHeader(lastEventId));
    const body = await this.#settings.body();
    const { signal } = this.#controller;
    signal.throwIfAborted();
    const init = { method, headers, signal, redirect: "follow", cache: "no-store" };
    if (body === undefined) return fetch(url, init);
    // The Fetch standard requires this for a body that is a stream.
    const isStream = typeof body === "object" && ("getReader" in body || Symbol.asyncIterator in body);
    return fetch(url, { ...init, body, ...(isStream ? { duplex: "half" } : {}) });
  }

  /** Waits for the server, at most for the time that it may be silent. */
  async #inTime<Value>(answer: Promise<Value>): Promise<Value> {
    const { silence, url } = this.#settings;
    const stopWaiting = runAfter(silence, () => {
      this.close(new TailcastError("STREAM_SILENT", `The stream ${url} has sent no byte for ${silence} ms`));
    });
    try {
      // A race with one promise for the whole connection would keep each result in memory until that promise settles.
      return await new Promise((resolve, reject) => {
        const { signal } = this.#controller;
        if (signal.aborted) reject(signal.reason as Error);
        this.#rejectPending = reject;
        answer.then(resolve, reject);
      });
    } finally {
      this.#rejectPending = undefined;
      stopWaiting();
    }
  }
}

/**
 * Calls `action` after a time in milliseconds during which this process could run. A blocked or suspended process has
 * not read the bytes that arrived meanwhile: after a late timer, the time starts again, up to {@link MAX_SECOND_WAIT}.
 *
 * @returns A function that cancels the call.
 */
function runAfter(time: number, action: () => void): () => void {
  if (time === Infinity) return () => undefined;
  const due = performance.now() + time;
  const run = (): void => {
    if (performance.now() - due <= MAX_LATENESS) action();
    else timer = setTimeout(action, Math.min(time, MAX_SECOND_WAIT));
  };
  let timer = setTimeout(run, time);
  return () => clearTimeout(timer);
}

/** Whether a `Content-Type` is that of an event stream, with any parameters (HTML 9.2.3, "text/event-stream"). */
function isEventStream(contentType: string | null): boolean {
  return contentType?.split(";")[0]?.trim().toLowerCase() === "text/event-stream";
}

/** Whether an id can be the value of a header: control characters cannot (RFC 9110, 5.5). An empty id is not sent. */
function isSendable(lastEventId: string): boolean {
  return lastEventId !== "" && !/[\0-\x08\x0a-\x1f\x7f]/.test(lastEventId);
}

/** Returns the value of a header whose bytes are UTF-8 (HTML 9.2.3): one character of Latin-1 for each byte. */
function toHeader(lastEventId: string): string {
  return Array.from(new TextEncoder().encode(lastEventId), (byte) => String.fromCharCode(byte)).join("");
}
