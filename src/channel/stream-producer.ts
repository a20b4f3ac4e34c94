import { TailcastError } from "../error.ts";
import { failStream } from "./event-stream.ts";
import { sendSource } from "./stream-source.ts";
import type { EventStream } from "./event-stream.ts";
import type { StreamSource } from "./stream-source.ts";

/**
 * A function that produces the events of a stream. It returns a source, as an async generator function does, or sends
 * events itself and returns when it has finished. The stream then ends.
 */
export type StreamProducer = (stream: EventStream) => StreamSource | void | Promise<StreamSource | void>;

/** The methods of a per-request stream. POST is included, because a prompt for a model is too long for a URL. */
export const streamMethods: readonly string[] = ["GET", "HEAD", "POST"];

/**
 * Sends the events of a source or a function, then ends the stream. Resolves when the stream is over. If the client has
 * left, it does not wait for a function that is still running.
 *
 * Rejects when the source or the function fails. An error after the client has left, or of a send to a closed stream,
 * is expected and ignored.
 */
export async function deliver(stream: EventStream, source: StreamSource | StreamProducer): Promise<void> {
  const produced = produce(stream, source);
  const over = stream.closed.then(() => (hasLeft(stream) ? undefined : produced));
  try {
    await Promise.race([produced, over]);
  } catch (error) {
    // Other code of the application may also have closed the stream, for example at shutdown.
    const isOver = hasLeft(stream) || (error instanceof TailcastError && error.code === "CHANNEL_CLOSED");
    if (!isOver) {
      failStream(stream, error);
      throw error;
    }
  }
  await stream.close();
}

async function produce(stream: EventStream, source: StreamSource | StreamProducer): Promise<void> {
  const made = typeof source === "function" ? await source(stream) : source;
  if (made !== undefined) await sendSource(made, (event) => stream.send(event), stream.signal);
}

function hasLeft({ signal }: EventStream): boolean {
  return signal.aborted && signal.reason instanceof TailcastError && signal.reason.code === "CLIENT_LEFT";
}
