import type { EventSourceLike, StreamMessage } from "../../../dist/page/server/live-stream.js";

/** A source whose events the test chooses. */
export class FakeSource implements EventSourceLike {
  readonly url: string;
  readyState = 0;
  readonly #listeners = new Map<string, (event: StreamMessage) => void>();

  constructor(url: string) {
    this.url = url;
  }

  addEventListener(type: string, listener: (event: StreamMessage) => void): void {
    this.#listeners.set(type, listener);
  }

  close(): void {
    this.readyState = 2;
  }

  /** Delivers an event. */
  fire(type: string, data: unknown = null, lastEventId = ""): void {
    this.#listeners.get(type)?.({ data: JSON.stringify(data), lastEventId });
  }

  /** Delivers the lines of build `b` with these numbers, which are also the numbers of their ids. */
  lines(...numbers: readonly number[]): void {
    for (const number of numbers) this.fire("line", number, `b-${number}`);
  }

  open(): void {
    this.readyState = 1;
    this.fire("open");
  }

  /** Fails. 0: the browser reconnects. 2: the server has answered with a status other than 200. */
  fail(readyState: 0 | 2): void {
    this.readyState = readyState;
    this.fire("error");
  }
}
