import { openEventStream } from "../../dist/channel/open-event-stream.js";
import { TestServer } from "./http.js";
import type { EventStreamOptions } from "../../dist/channel/event-stream-options.js";
import type { EventStream } from "../../dist/channel/event-stream.js";
import type { StreamProducer } from "../../dist/channel/stream-producer.js";
import type { StreamSource } from "../../dist/channel/stream-source.js";
import type { Lifetime } from "./lifetime.js";

/** Values that give no events, although a caller without types may pass them as a source. */
export const NO_SOURCES = ["hello", 5, null, {}, Buffer.from("a")] as unknown as readonly StreamSource[];

/** The error for each of them. */
export const SOURCE_REFUSAL = {
  code: "INVALID_OPTION",
  message: /^Cannot use "source": it must be an iterable, .* of events, not (?:bytes; decode|.+; for one event, pass) /,
};

/** A server that answers each request with a stream and passes the stream to `use`. */
export async function serveStreams(
  t: Lifetime,
  use: (stream: EventStream) => void,
  options?: EventStreamOptions,
): Promise<number> {
  const server = await TestServer.start((request, response) => {
    const stream = openEventStream(request, response, options);
    if (stream !== undefined) use(stream);
  });
  t.after(() => server.close());
  return server.port;
}

/** The next stream that a server opens, and the port to open it on. */
export async function oneStream(
  t: Lifetime,
  options?: EventStreamOptions,
): Promise<{ port: number; stream: Promise<EventStream> }> {
  let opened: (stream: EventStream) => void = () => undefined;
  const stream = new Promise<EventStream>((resolve) => (opened = resolve));
  return { port: await serveStreams(t, (next) => opened(next), options), stream };
}

/** A generator that records whether it was returned, and a source that never gives anything after its first event. */
export class SilentSource {
  /** Resolves when the source was stopped. */
  readonly stopped: Promise<void>;
  #stop: () => void = () => undefined;

  constructor() {
    this.stopped = new Promise((resolve) => (this.#stop = resolve));
  }

  /** As an iterator whose `return()` never settles. */
  iterable(): AsyncIterable<string> {
    let isFirst = true;
    const never = new Promise<never>(() => undefined);
    const iterator: AsyncIterator<string> = {
      next: () => {
        if (!isFirst) return never;
        isFirst = false;
        return Promise.resolve({ value: "first", done: false });
      },
      return: () => {
        this.#stop();
        return never;
      },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }

  /** As a `ReadableStream`. */
  readable(): ReadableStream<string> {
    return new ReadableStream({
      start: (controller) => controller.enqueue("first"),
      cancel: () => this.#stop(),
    });
  }
}

/** Sources that send two events, functions that make such sources, and functions that send both. */
export function sourcesOf(first: string, second: string): (StreamSource | StreamProducer)[] {
  async function* tokens(): AsyncGenerator<string> {
    yield first;
    yield second;
  }
  return [
    [first, second],
    tokens(),
    new ReadableStream({
      start(controller): void {
        for (const token of [first, second]) controller.enqueue(token);
        controller.close();
      },
    }),
    tokens,
    async () => tokens(),
    (stream) => {
      void stream.send(first);
      void stream.send(second);
    },
    async (stream) => {
      await stream.sendAll([first]);
      await stream.send(second);
      await stream.close();
    },
  ];
}
